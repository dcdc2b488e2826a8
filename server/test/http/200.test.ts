import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { dialects } from '../../src/modalities/dialect.ts'
import { booksAreRight, lastRecord, openWorld, truthOf, UPSTREAM_KEY } from '../harness.ts'
import { asking, PATHS, streamedAnswer, USAGE, wholeAnswer } from '../samples.ts'
import { assertIds, assertLogsAreClean } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

for (const dialect of dialects) {
  for (const stream of [false, true]) {
    const kind = `${dialect}, ${stream ? 'stream' : 'whole'}`

    test(`${kind}: paid by the plan, one unit, the engine's bytes`, async () => {
      const team = await world.team({ plan: 'big', credits: 1e9, wallet: 1e9 })
      const before = await truthOf(world, team)
      const body = JSON.stringify(asking(dialect, { stream }), null, 1)
      const answer = await world.call(PATHS[dialect], { key: team.planKey, body })

      assert.equal(answer.status, 200, answer.text)
      assert.equal(answer.text, stream ? streamedAnswer(dialect).join('') : wholeAnswer(dialect))
      assert.ok(answer.whole)
      assert.match(
        String(answer.headers['content-type']),
        stream ? /^text\/event-stream/ : /^application\/json/,
      )
      assertIds(answer)
      assert.equal(answer.headers['tokenplan-pool'], 'plan')
      assert.equal(answer.headers['tokenplan-units'], '1')
      assert.equal(answer.headers['tokenplan-remaining'], '1999')
      assert.equal(answer.headers['tokenplan-reset'], '0')
      assert.deepEqual(await truthOf(world, team), { ...before, usedUnits: 1 })
      const { units, nanos, estimated } = await lastRecord(world, team)
      assert.deepEqual([units, nanos, estimated], [1, 0, 0])
      await booksAreRight(world)
      // Byte for byte: a body that the plan pays is not touched.
      assert.equal(world.upstream.last().body.toString(), body)
    })
  }

  test(`${dialect}: what is reported is on record, though the plan pays`, async () => {
    const team = await world.team()
    await world.call(PATHS[dialect], { key: team.planKey, body: asking(dialect) })
    const { input_tokens, output_tokens } = await lastRecord(world, team)
    assert.deepEqual([input_tokens, output_tokens], [USAGE.input, USAGE.output])
  })

  test(`${dialect}: the engine gets the operator's key and nothing of the caller's`, async () => {
    const team = await world.team()
    const headers = {
      cookie: 'session=1',
      'x-api-key': team.planKey,
      'user-agent': 'caller/1',
      'x-forwarded-for': '10.1.2.3',
      'openai-organization': 'org-1',
      host: 'elsewhere.example',
      'anthropic-beta': 'tools-2026',
    }
    const answer = await world.call(`${PATHS[dialect]}?beta=true`, { headers, body: asking(dialect) })
    assert.equal(answer.status, 200, answer.text)
    const { headers: sent, path, method } = world.upstream.last()
    assert.deepEqual([method, path], ['POST', PATHS[dialect]])
    assert.equal(sent.authorization, `Bearer ${UPSTREAM_KEY}`)
    assert.equal(sent.host, new URL(world.upstream.url).host)
    assert.ok(!JSON.stringify(sent).includes(team.planKey))
    for (const name of ['cookie', 'x-api-key', 'x-forwarded-for', 'openai-organization']) {
      assert.equal(sent[name], undefined, name)
    }
    assert.notEqual(sent['user-agent'], 'caller/1')
    assert.equal(sent['anthropic-beta'], dialect === 'anthropic' ? 'tools-2026' : undefined)
  })

  test(`${dialect}: headers of the engine stay behind`, async () => {
    const team = await world.team()
    const headers = {
      'x-ratelimit-remaining': '3',
      'set-cookie': 'a=b',
      server: 'gpu',
      'x-request-id': 'theirs',
    }
    world.upstream.next({ headers, body: wholeAnswer(dialect) })
    const answer = await world.call(PATHS[dialect], { key: team.planKey, body: asking(dialect) })
    assert.equal(answer.status, 200)
    for (const name of ['x-ratelimit-remaining', 'set-cookie', 'server'])
      assert.equal(answer.headers[name], undefined)
    assertIds(answer)
  })

  test(`${dialect}: unknown fields pass, null stands for absent`, async () => {
    const team = await world.team()
    const odd = {
      future_field: { deep: [1, { model: 'other' }] },
      seed: 1,
      stop: ['x'],
      presence_penalty: 2,
      top_k: 5,
      stream: null,
      temperature: null,
      top_p: null,
      tools: null,
      metadata: null,
      tool_choice: null,
      max_tokens: null,
      max_completion_tokens: null,
      max_output_tokens: null,
      stream_options: null,
      system: null,
      instructions: null,
      thinking: null,
      reasoning: null,
      text: null,
      n: null,
      reasoning_split: null,
    }
    const body = JSON.stringify(asking(dialect, odd))
    const answer = await world.call(PATHS[dialect], { key: team.planKey, body })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(world.upstream.last().body.toString(), body)
  })

  const aliases = [
    ['claude-sonnet-4-5', 'MiniMax-M2.7'],
    ['minimax-m2.1', 'MiniMax-M2.1'],
    ['MiniMax-M3', 'MiniMax-M2.7'],
  ] as const
  for (const [asked, sent] of aliases) {
    test(`${dialect}: ${asked} reaches the engine as ${sent}, all other bytes as they were`, async () => {
      const team = await world.team()
      // Escapes and odd spaces: only the name's own bytes may change.
      const text = JSON.stringify(asking(dialect, { model: asked, note: 'Üñí 😀 \u2028' }), null, 3)
      const answer = await world.call(PATHS[dialect], { key: team.planKey, body: text })
      assert.equal(answer.status, 200, answer.text)
      assert.equal(world.upstream.last().body.toString(), text.replace(`"${asked}"`, `"${sent}"`))
    })
  }
}

const keyForms: readonly [string, (key: string) => Record<string, string>][] = [
  ['Authorization: Bearer', (key) => ({ authorization: `Bearer ${key}` })],
  [
    'authorization: bearer, in small letters and with spaces',
    (key) => ({ authorization: `bearer   ${key} ` }),
  ],
  ['Authorization without a scheme', (key) => ({ authorization: key })],
  ['x-api-key', (key) => ({ 'x-api-key': key })],
  ['both, both ours', (key) => ({ authorization: `Bearer ${key}`, 'x-api-key': key })],
  ['x-api-key beside a placeholder', (key) => ({ authorization: 'Bearer placeholder', 'x-api-key': key })],
  [
    'Authorization beside a placeholder',
    (key) => ({ authorization: `Bearer ${key}`, 'x-api-key': 'sk-ant-x' }),
  ],
]
for (const [name, headersOf] of keyForms) {
  for (const dialect of dialects) {
    test(`the key as ${name}: ${dialect}`, async () => {
      const team = await world.team()
      const answer = await world.call(PATHS[dialect], {
        headers: headersOf(team.planKey),
        body: asking(dialect),
      })
      assert.equal(answer.status, 200, answer.text)
      assert.equal(answer.headers['tokenplan-pool'], 'plan')
    })
  }
}

test('of two keys of ours Authorization pays', async () => {
  const [first, second] = [await world.team(), await world.team()]
  const headers = { authorization: `Bearer ${first.planKey}`, 'x-api-key': second.planKey }
  await world.call(PATHS.anthropic, { headers, body: asking('anthropic') })
  assert.equal((await truthOf(world, first)).usedUnits, 1)
  assert.equal((await truthOf(world, second)).usedUnits, 0)
})

const oddPaths = [
  '/v1/chat/completions?api-version=2024-06-01&x=%zz',
  '//v1/chat/completions',
  '/v1//chat///completions?a=//b',
  '/v1/text/chatcompletion_v2?GroupId=123',
]
for (const path of oddPaths) {
  test(`${path} is served`, async () => {
    const team = await world.team()
    const answer = await world.call(path, { key: team.planKey, body: asking('openai-chat') })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(JSON.parse(answer.text).choices[0].finish_reason, 'stop')
  })
}

test('/v1/messages is served as /anthropic/v1/messages is', async () => {
  const team = await world.team()
  const answer = await world.call('/v1/messages', { key: team.planKey, body: asking('anthropic') })
  assert.equal(answer.text, wholeAnswer('anthropic'))
})

test('anthropic-version is passed on, and put in where a caller leaves it out', async () => {
  const team = await world.team()
  const call = (headers: Record<string, string>) =>
    world.call(PATHS.anthropic, { key: team.planKey, headers, body: asking('anthropic') })
  await call({ 'anthropic-version': '2024-01-01' })
  assert.equal(world.upstream.last().headers['anthropic-version'], '2024-01-01')
  await call({})
  assert.equal(world.upstream.last().headers['anthropic-version'], '2023-06-01')
})

test('twenty calls at once are twenty units, each with an id of its own', async () => {
  const team = await world.team()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => {
      const dialect = dialects[index % 4] ?? 'native'
      return world.call(PATHS[dialect], {
        key: team.planKey,
        body: asking(dialect, { stream: index % 3 === 0 }),
      })
    }),
  )
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  assert.equal(new Set(answers.map(({ headers }) => headers['x-request-id'])).size, 20)
  assert.equal((await truthOf(world, team)).usedUnits, 20)
  await booksAreRight(world)
})

test('nothing of all this is in the log', () => {
  assert.deepEqual(world.logs, [])
  assertLogsAreClean(world)
})
