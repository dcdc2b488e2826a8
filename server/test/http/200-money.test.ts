import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { type Dialect, dialects } from '../../src/modalities/dialect.ts'
import { booksAreRight, lastRecord, openWorld, type Truth, truthOf } from '../harness.ts'
import { asking, EVENT_STREAM, PATHS, streamedAnswer, type Usage, wholeAnswer } from '../samples.ts'
import type { Team } from '../teams.ts'
import { assertIds } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

/** The catalogue of the harness gives this model prices that no number of tokens below divides evenly. */
const MODEL = 'MiniMax-M2.5'
const nanosPerMillion = {
  input: 300_000_001n,
  output: 1_200_000_001n,
  cacheRead: 30_000_001n,
  cacheWrite: 375_000_001n,
}

/** Written down once more, in another way than the server's: each line is rounded up by itself. */
function priceOf(usage: Usage): number {
  const lines = (['input', 'output', 'cacheRead', 'cacheWrite'] as const).map(
    (name) => (BigInt(usage[name]) * nanosPerMillion[name] + 999_999n) / 1_000_000n,
  )
  return Number(lines.reduce((sum, line) => sum + line, 0n))
}

const behaviourOf = (dialect: Dialect, stream: boolean, usage: Usage | null) =>
  stream
    ? { headers: EVENT_STREAM, body: streamedAnswer(dialect, usage) }
    : { body: wholeAnswer(dialect, usage) }

type Pool = 'credits' | 'wallet'
const pools: readonly Pool[] = ['credits', 'wallet']
const RICH = 5_000_000_000

/** Credits pay where there is no seat, the wallet pays for an API key; each team has plenty of the other too. */
async function payer(pool: Pool): Promise<{ team: Team; key: string }> {
  const team = await world.team({ plan: pool === 'credits' ? null : 'big', credits: RICH, wallet: RICH })
  return { team, key: pool === 'credits' ? team.planKey : team.apiKey }
}

function charged(before: Truth, pool: Pool, nanos: number): Truth {
  const name = pool === 'credits' ? 'creditNanos' : 'walletNanos'
  return { ...before, [name]: before[name] - nanos }
}

const usages: readonly (readonly [string, Usage])[] = [
  ['a short answer', { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 }],
  ['odd numbers', { input: 37, output: 901, cacheRead: 0, cacheWrite: 0 }],
  ['a cache', { input: 13, output: 77, cacheRead: 4099, cacheWrite: 0 }],
  ['a cache that is written', { input: 13, output: 77, cacheRead: 4099, cacheWrite: 211 }],
  ['no output', { input: 17, output: 0, cacheRead: 0, cacheWrite: 0 }],
]

const limitOf: Readonly<Record<Dialect, string>> = {
  anthropic: 'max_tokens',
  'openai-chat': 'max_completion_tokens',
  native: 'max_completion_tokens',
  'openai-responses': 'max_output_tokens',
}

for (const dialect of dialects) {
  for (const stream of [false, true]) {
    for (const pool of pools) {
      for (const [name, usage] of usages) {
        if (usage.cacheWrite > 0 && dialect !== 'anthropic') continue
        test(`${dialect}, ${stream ? 'stream' : 'whole'}, ${pool}: ${name}, to the nano`, async () => {
          const { team, key } = await payer(pool)
          const before = await truthOf(world, team)
          world.upstream.next(behaviourOf(dialect, stream, usage))
          const answer = await world.call(PATHS[dialect], {
            key,
            body: asking(dialect, { model: MODEL, stream }),
          })
          assert.equal(answer.status, 200, answer.text)
          assertIds(answer)
          assert.equal(answer.headers['tokenplan-pool'], pool)
          const nanos = priceOf(usage)
          // Settled before the last byte: the truth is read without waiting for anything.
          assert.deepEqual(await truthOf(world, team), charged(before, pool, nanos))
          const record = await lastRecord(world, team)
          assert.equal(record.nanos, nanos)
          assert.equal(record.absorbed_nanos, 0)
          assert.equal(record.price_version, 7)
          assert.equal(record.units, 0)
          assert.equal(record.estimated, 0)
          assert.deepEqual(
            [record.input_tokens, record.output_tokens, record.cache_read_tokens, record.cache_write_tokens],
            [usage.input, usage.output, usage.cacheRead, usage.cacheWrite],
          )
          assert.ok((record.held_nanos ?? 0) >= nanos)
          await booksAreRight(world)
        })
      }

      test(`${dialect}, ${stream ? 'stream' : 'whole'}, ${pool}: usage missing is counted and flagged`, async () => {
        const { team, key } = await payer(pool)
        const before = await truthOf(world, team)
        world.upstream.next(behaviourOf(dialect, stream, null))
        const answer = await world.call(PATHS[dialect], {
          key,
          body: asking(dialect, { model: MODEL, stream }),
        })
        assert.equal(answer.status, 200)
        const record = await lastRecord(world, team)
        assert.equal(record.estimated, 1)
        assert.ok((record.input_tokens ?? 0) > 0 && (record.output_tokens ?? 0) > 0, JSON.stringify(record))
        assert.deepEqual(await truthOf(world, team), charged(before, pool, record.nanos ?? 0))
        await booksAreRight(world)
      })

      test(`${dialect}, ${stream ? 'stream' : 'whole'}, ${pool}: use above the hold is the operator's`, async () => {
        const { team, key } = await payer(pool)
        const before = await truthOf(world, team)
        const usage = { input: 50_000, output: 300_000, cacheRead: 7, cacheWrite: 0 }
        world.upstream.next(behaviourOf(dialect, stream, usage))
        const answer = await world.call(PATHS[dialect], {
          key,
          body: asking(dialect, { model: MODEL, stream, [limitOf[dialect]]: 50 }),
        })
        assert.equal(answer.status, 200)
        const { held_nanos, nanos, absorbed_nanos } = await lastRecord(world, team)
        assert.equal(nanos, held_nanos)
        assert.equal((nanos ?? 0) + (absorbed_nanos ?? 0), priceOf(usage))
        assert.deepEqual(await truthOf(world, team), charged(before, pool, nanos ?? 0))
        await booksAreRight(world)
      })
    }
  }
}

const limits: readonly (readonly [string, (field: string) => object, (field: string) => object])[] = [
  ['none is put in', () => ({}), (field) => ({ [field]: 8192 })],
  ['null gives way', (field) => ({ [field]: null }), (field) => ({ [field]: 8192 })],
  ['a high one is lowered', (field) => ({ [field]: 204_800 }), (field) => ({ [field]: 8192 })],
  ['the highest that is held stays', (field) => ({ [field]: 8192 }), (field) => ({ [field]: 8192 })],
  ['a low one stays', (field) => ({ [field]: 7 }), (field) => ({ [field]: 7 })],
  ['1e5 is a number too', (field) => ({ [field]: 1e5 }), (field) => ({ [field]: 8192 })],
]
for (const dialect of dialects) {
  for (const [name, given, sent] of limits) {
    test(`${dialect}: output limit, ${name}, where money pays`, async () => {
      const { key } = await payer('credits')
      const request = asking(dialect, given(limitOf[dialect]))
      await world.call(PATHS[dialect], { key, body: request })
      assert.deepEqual(JSON.parse(world.upstream.last().body.toString()), {
        ...request,
        ...sent(limitOf[dialect]),
      })
    })
  }

  test(`${dialect}: the limit of a body that the plan pays is not touched`, async () => {
    const { planKey } = await world.team()
    for (const [, given] of limits) {
      const body = JSON.stringify(asking(dialect, given(limitOf[dialect])))
      await world.call(PATHS[dialect], { key: planKey, body })
      assert.equal(world.upstream.last().body.toString(), body)
    }
  })
}

test('openai-chat: of two limits the lower one holds, and neither goes out above it', async () => {
  const { key } = await payer('wallet')
  const request = asking('openai-chat', { max_tokens: 100_000, max_completion_tokens: 50 })
  await world.call(PATHS['openai-chat'], { key, body: request })
  const sent = JSON.parse(world.upstream.last().body.toString())
  assert.deepEqual([sent.max_tokens, sent.max_completion_tokens], [50, 50])
})

test('lots burn in the order in which they expire, to the nano', async () => {
  const team = await world.team({ plan: null, credits: [1000, 2_000, RICH] })
  const usage = { input: 10, output: 3, cacheRead: 0, cacheWrite: 0 }
  const nanos = priceOf(usage)
  assert.ok(nanos > 3000, 'the charge reaches into the third lot')
  world.upstream.next(behaviourOf('anthropic', true, usage))
  await world.call(PATHS.anthropic, {
    key: team.planKey,
    body: asking('anthropic', { model: MODEL, stream: true }),
  })
  const money = await world.running.book.money(team.team)
  assert.deepEqual(
    money?.lots.map(({ balanceNanos }) => balanceNanos),
    [0, 0, RICH - (nanos - 3000)],
  )
  await booksAreRight(world)
})

test('a lot that has expired pays no more, the next one does', async () => {
  const team = await world.team({ plan: null, credits: [RICH, RICH] })
  world.advance(30 * 86_400_000)
  const usage = { input: 10, output: 3, cacheRead: 0, cacheWrite: 0 }
  world.upstream.next(behaviourOf('native', false, usage))
  await world.call(PATHS.native, { key: team.planKey, body: asking('native', { model: MODEL }) })
  const money = await world.running.book.money(team.team)
  assert.deepEqual(
    money?.lots.map(({ balanceNanos }) => balanceNanos),
    [RICH, RICH - priceOf(usage)],
  )
})

test('a hold keeps its lot past the lot’s expiry', async () => {
  const team = await world.team({ plan: null, credits: RICH })
  const events = streamedAnswer('anthropic')
  world.upstream.next({
    headers: EVENT_STREAM,
    body: async function* () {
      yield events[0] ?? ''
      world.advance(30 * 86_400_000)
      yield events.slice(1).join('')
    },
  })
  const body = asking('anthropic', { stream: true })
  const answer = await world.call(PATHS.anthropic, { key: team.planKey, body })
  assert.equal(answer.text, events.join(''))
  assert.equal((await truthOf(world, team)).creditNanos, RICH - 1003 * 300 - 77 * 1200)
  await booksAreRight(world)
})

test('a model outside the coverage is paid by an API key', async () => {
  const team = await world.team({ wallet: RICH })
  world.upstream.next(
    behaviourOf('openai-chat', false, { input: 100, output: 10, cacheRead: 0, cacheWrite: 0 }),
  )
  const answer = await world.call(PATHS['openai-chat'], {
    key: team.apiKey,
    body: asking('openai-chat', { model: 'M2-her' }),
  })
  assert.equal(answer.status, 200, answer.text)
  assert.equal((await truthOf(world, team)).walletNanos, RICH - 100 * 300 - 10 * 1200)
})

test('highspeed on a standard plan is paid by credits, the plan keeps its units', async () => {
  const team = await world.team({ plan: 'max', credits: RICH })
  world.upstream.next(
    behaviourOf('anthropic', false, { input: 100, output: 10, cacheRead: 0, cacheWrite: 0 }),
  )
  const body = asking('anthropic', { model: 'MiniMax-M2.7-highspeed' })
  const answer = await world.call(PATHS.anthropic, { key: team.planKey, body })
  assert.equal(answer.headers['tokenplan-pool'], 'credits', answer.text)
  const { usedUnits, creditNanos } = await truthOf(world, team)
  assert.deepEqual([usedUnits, creditNanos], [0, RICH - 100 * 600 - 10 * 2400])
})

test('highspeed on a highspeed plan is one unit', async () => {
  const team = await world.team({ plan: 'fast', credits: RICH })
  const body = asking('anthropic', { model: 'MiniMax-M2.7-highspeed' })
  const answer = await world.call(PATHS.anthropic, { key: team.planKey, body })
  assert.equal(answer.headers['tokenplan-pool'], 'plan')
  assert.deepEqual(await truthOf(world, team), {
    usedUnits: 1,
    heldUnits: 0,
    creditNanos: RICH,
    walletNanos: 0,
    heldNanos: 0,
  })
})

test('credits go on where the window is empty, and the headers say so', async () => {
  const team = await world.team({ plan: 'tiny', credits: RICH, wallet: RICH })
  const call = () => world.call(PATHS.native, { key: team.planKey, body: asking('native') })
  const pools = []
  for (let calls = 0; calls < 5; calls++) pools.push((await call()).headers['tokenplan-pool'])
  assert.deepEqual(pools, ['plan', 'plan', 'plan', 'credits', 'credits'])
  const { headers } = await call()
  assert.equal(headers['tokenplan-remaining'], '0')
  assert.equal(headers['tokenplan-reset'], String(5 * 3600))
  const { usedUnits, walletNanos } = await truthOf(world, team)
  assert.deepEqual([usedUnits, walletNanos], [3, RICH])
})

test('running requests hold what they may use, and no pool is spent twice', async () => {
  // Room for two holds, not for three.
  const team = await world.team({ wallet: 25_000_000 })
  const answers = await Promise.all(
    Array.from({ length: 6 }, () =>
      world.call(PATHS.anthropic, { key: team.apiKey, body: asking('anthropic') }),
    ),
  )
  const served = answers.filter(({ status }) => status === 200).length
  assert.ok(served >= 2, `${served} of 6 were served`)
  assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [200, 402])
  const { walletNanos, heldNanos } = await truthOf(world, team)
  assert.deepEqual([walletNanos, heldNanos], [25_000_000 - served * (1003 * 300 + 77 * 1200), 0])
  await booksAreRight(world)
})
