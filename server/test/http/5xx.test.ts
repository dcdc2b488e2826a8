import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, beforeEach, test } from 'node:test'
import { type Dialect, dialects } from '../../src/modalities/dialect.ts'
import { wireTo } from '../calling.ts'
import type { Behaviour } from '../fake-upstream.ts'
import { booksAreRight, nothingCharged, openWorld, soon, truthOf, until } from '../harness.ts'
import { asking, EVENT_STREAM, PATHS, streamedAnswer, USAGE, wholeAnswer } from '../samples.ts'
import { assertLogsAreClean, assertRefused, PLANTED, type Refused } from './refused.ts'

const TIMEOUTS = { firstByteMs: 120, idleMs: 120 }
const world = await openWorld({ timeouts: TIMEOUTS })
after(() => world.close())
beforeEach(() => world.upstream.forget())
const team = await world.team({ plan: 'big', credits: 1e12, wallet: 1e12 })

const planted = JSON.stringify({ error: { message: `bad key at ${PLANTED}`, type: 'x' } })
const failed: Refused = { status: 502, code: 1000, says: /^the engine behind this model failed/ }
const misconfigured: Refused = { status: 502, code: 1000, says: /refused the credentials of this server/ }
const busy: Refused = { status: 529, code: 1039, says: /is overloaded/, retry: 'soon' }
const slow: Refused = { status: 504, code: 1001, says: /did not answer in time/ }

type Case = {
  readonly name: string
  /** What each attempt meets; there is one more attempt than `retries`, where another one may do better. */
  readonly meets: (dialect: Dialect) => readonly Behaviour[]
  readonly refused: Refused
  readonly retryAfter?: string
}

const status = (code: number, headers: Record<string, string> = {}): Behaviour => ({
  status: code,
  body: planted,
  headers,
})
const base = (code: number, before = '', behind = ''): Behaviour => ({
  body: `${before}${JSON.stringify({ choices: null, base_resp: { status_code: code, status_msg: PLANTED } })}${behind}`,
})
const payers = [
  [team.planKey, false],
  [team.apiKey, true],
] as const
const always =
  (...behaviours: readonly Behaviour[]) =>
  () =>
    behaviours

const cases: readonly Case[] = [
  ...[401, 403].map((code) => ({ name: `${code}`, meets: always(status(code)), refused: misconfigured })),
  ...[500, 501, 402, 405, 409, 418, 451, 300, 304].map((code) => ({
    name: `${code}`,
    meets: always(status(code)),
    refused: failed,
  })),
  {
    name: '302 is not followed',
    meets: always(status(302, { location: `http://${PLANTED}/` })),
    refused: failed,
  },
  ...[502, 503, 504].map((code) => ({
    name: `${code} twice`,
    meets: always(status(code), status(code)),
    refused: failed,
  })),
  { name: '429', meets: always(status(429)), refused: busy, retryAfter: '5' },
  { name: '429 for 7 s', meets: always(status(429, { 'retry-after': '7' })), refused: busy, retryAfter: '7' },
  { name: '429 for 0 s', meets: always(status(429, { 'retry-after': '0' })), refused: busy, retryAfter: '0' },
  {
    name: '429 for a day',
    meets: always(status(429, { 'retry-after': '86400' })),
    refused: busy,
    retryAfter: '60',
  },
  {
    name: '429 for 1.2 s',
    meets: always(status(429, { 'retry-after': '1.2' })),
    refused: busy,
    retryAfter: '2',
  },
  ...['Wed, 21 Oct 2099 07:28:00 GMT', '-5', 'soon', '1e999'].map((value) => ({
    name: `429 with retry-after: ${value}`,
    meets: always(status(429, { 'retry-after': value })),
    refused: busy,
    retryAfter: '5',
  })),
  { name: '529', meets: always(status(529, { 'retry-after': '3' })), refused: busy, retryAfter: '3' },
  ...[1004, 1008, 2049, 2056, 2061, 2062].map((code) => ({
    name: `base_resp ${code}, which is about the operator`,
    meets: always(base(code)),
    refused: misconfigured,
  })),
  ...[1008, 2056].map((code) => ({
    name: `base_resp ${code} as the first event of a stream`,
    meets: always({ ...base(code, 'data: ', '\n\n'), headers: EVENT_STREAM }),
    refused: misconfigured,
  })),
  {
    name: 'base_resp 1002 as the first event of a stream',
    meets: always({ ...base(1002, 'data: ', '\n\n'), headers: EVENT_STREAM }),
    refused: busy,
    retryAfter: '5',
  },
  { name: '400 with base_resp 1008', meets: always({ ...base(1008), status: 400 }), refused: misconfigured },
  ...[1002, 1039, 1041].map((code) => ({
    name: `base_resp ${code}`,
    meets: always(base(code)),
    refused: busy,
    retryAfter: '5',
  })),
  {
    name: 'a reset before the first byte, twice',
    meets: always({ instead: 'reset' }, { instead: 'reset' }),
    refused: failed,
  },
  {
    name: 'a head and then a reset',
    meets: always({ body: [], ending: 'reset' }),
    refused: failed,
  },
  {
    name: 'half of a short answer',
    meets: (dialect) => [{ body: wholeAnswer(dialect).slice(0, 90) }],
    refused: failed,
  },
  {
    name: 'half of a short answer and then a reset',
    meets: (dialect) => [{ body: [wholeAnswer(dialect).slice(0, 90)], ending: 'reset' }],
    refused: failed,
  },
  { name: 'an empty answer', meets: always({ body: '' }), refused: failed },
  { name: 'an empty stream', meets: always({ headers: EVENT_STREAM, body: '' }), refused: failed },
]

for (const { name, meets, refused, retryAfter } of cases) {
  test(`the engine says ${name}`, async () => {
    const before = await truthOf(world, team)
    for (const dialect of dialects) {
      for (const [key, stream] of payers) {
        world.upstream.forget()
        world.upstream.next(...meets(dialect))
        const answer = await world.call(PATHS[dialect], { key, body: asking(dialect, { stream }) })
        assertRefused(answer, dialect, refused)
        assert.equal(answer.headers['retry-after'], retryAfter)
        assert.ok(!answer.text.includes('sk-planted'), answer.text)
        assert.equal(world.upstream.received.length, meets(dialect).length, 'attempts')
        const [first, second] = world.upstream.received
        if (second) assert.deepEqual(second.body, first?.body, 'both attempts say the same')
      }
    }
    await nothingCharged(world, team, before)
  })
}

const silences: readonly (readonly [Dialect, ...Behaviour[]])[] = [
  ['anthropic', { instead: 'hang' }],
  ['openai-chat', { body: [], ending: 'hang' }],
  ['openai-responses', { status: 400, body: ['{'], ending: 'hang' }],
  ['native', { instead: 'reset' }, { instead: 'hang' }],
]
test('504: an engine that is silent from the start, after its head, in a refusal, after a reset', async () => {
  const before = await truthOf(world, team)
  const answers: Promise<void>[] = []
  for (const [dialect, ...meets] of silences) {
    for (const [key, stream] of payers) {
      world.upstream.forget()
      world.upstream.next(...meets)
      const answered = world.call(PATHS[dialect], { key, body: asking(dialect, { stream }) })
      answers.push(answered.then((answer) => assertRefused(answer, dialect, slow)))
      await until(() => world.upstream.received.length === meets.length, 'all attempts are made')
    }
  }
  await Promise.all(answers)
  await nothingCharged(world, team, before)
})

test('504: an engine that is busy for longer than it may be', async (t) => {
  const patient = await openWorld({ timeouts: { totalMs: 50 } })
  t.after(() => patient.close())
  const caller = await patient.team({ wallet: 1e12 })
  const before = await truthOf(patient, caller)
  for (const dialect of dialects) {
    for (const key of [caller.planKey, caller.apiKey]) {
      patient.upstream.forget()
      patient.upstream.next({ instead: 'hang' })
      const answer = await patient.call(PATHS[dialect], { key, body: asking(dialect) })
      assertRefused(answer, dialect, slow)
      assert.equal(patient.upstream.received.length, 1, 'what took so long once is not tried again')
      await soon(patient.upstream.last().closed, 'the engine sees the connection go')
    }
  }
  await nothingCharged(patient, caller, before)
})

for (const dialect of dialects) {
  const better: readonly (readonly [string, Behaviour])[] = [
    ['a reset', { instead: 'reset' }],
    ['503', status(503)],
  ]
  for (const [name, worse] of better) {
    test(`${name}, then an answer: two attempts, one unit: ${dialect}`, async () => {
      const before = await truthOf(world, team)
      world.upstream.next(worse)
      const answer = await world.call(PATHS[dialect], { key: team.planKey, body: asking(dialect) })
      assert.equal(answer.text, wholeAnswer(dialect))
      assert.equal(world.upstream.received.length, 2)
      assert.deepEqual(await truthOf(world, team), { ...before, usedUnits: before.usedUnits + 1 })
      await booksAreRight(world)
    })
  }
}

/** A port where somebody listened a moment ago and nobody does now. */
async function deadPort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  return port
}

test('of two engines the second serves where the first does not: one unit', async (t) => {
  const pair = await openWorld({ before: [`http://127.0.0.1:${await deadPort()}`] })
  t.after(() => pair.close())
  const caller = await pair.team({ wallet: 1e12 })
  for (const dialect of dialects) {
    for (const key of [caller.planKey, caller.apiKey]) {
      const answer = await pair.call(PATHS[dialect], { key, body: asking(dialect) })
      assert.equal(answer.text, wholeAnswer(dialect))
    }
  }
  const { usedUnits, walletNanos } = await truthOf(pair, caller)
  assert.deepEqual([usedUnits, walletNanos], [4, 1e12 - 4 * (USAGE.input * 300 + USAGE.output * 1200)])
  assert.equal(pair.upstream.received.length, 8)
  await booksAreRight(pair)
})

test('nobody listens', async (t) => {
  const port = await deadPort()
  const lonely = await openWorld({ upstream: { url: `http://127.0.0.1:${port}` } })
  t.after(() => lonely.close())
  const caller = await lonely.team({ wallet: 1e12 })
  const before = await truthOf(lonely, caller)
  for (const dialect of dialects) {
    for (const key of [caller.planKey, caller.apiKey]) {
      const answer = await lonely.call(PATHS[dialect], { key, body: asking(dialect) })
      assertRefused(answer, dialect, { status: 502, code: 1000, says: /cannot be reached/ })
      assert.ok(!answer.text.includes(String(port)), 'where the engine is, is nobody’s business')
    }
  }
  await nothingCharged(lonely, caller, before)
  assertLogsAreClean(lonely, caller.planKey, caller.apiKey)
})

test('501: a dialect that no engine of the model speaks', async (t) => {
  const narrow = await openWorld({ upstream: { dialects: ['openai-chat'] } })
  t.after(() => narrow.close())
  const caller = await narrow.team({ wallet: 1e12 })
  const before = await truthOf(narrow, caller)
  for (const dialect of dialects.filter((name) => name !== 'openai-chat')) {
    for (const key of [caller.planKey, caller.apiKey]) {
      const answer = await narrow.call(PATHS[dialect], { key, body: asking(dialect) })
      assertRefused(answer, dialect, {
        status: 501,
        code: 2013,
        says: /MiniMax-M2\.7 does not speak .*; it speaks: openai-chat/,
      })
    }
  }
  assert.equal(narrow.upstream.received.length, 0)
  await nothingCharged(narrow, caller, before)
  const answer = await narrow.call(PATHS['openai-chat'], { key: caller.planKey, body: asking('openai-chat') })
  assert.equal(answer.headers['tokenplan-pool'], 'plan')
})

test('503: books that cannot be written take nothing and ask no engine', async () => {
  const before = await truthOf(world, team)
  const { store } = world.running
  const { job } = store
  store.job = () => Promise.reject(new Error(`disk full, select * from ${PLANTED}`))
  try {
    for (const dialect of dialects) {
      for (const key of [team.planKey, team.apiKey]) {
        const answer = await world.call(PATHS[dialect], { key, body: asking(dialect) })
        assertRefused(answer, dialect, {
          status: 503,
          code: 1000,
          says: /books cannot be read or written/,
          retry: 'soon',
        })
      }
    }
    // What costs nothing goes on.
    assert.equal((await world.call('/v1/models', { key: team.planKey })).status, 200)
    assert.equal((await world.call('/v1/token_plan/remains', { key: team.planKey })).status, 200)
  } finally {
    store.job = job
  }
  assert.equal(world.upstream.received.length, 0)
  await nothingCharged(world, team, before)
  const answer = await world.call(PATHS.native, { key: team.planKey, body: asking('native') })
  assert.equal(answer.headers['tokenplan-pool'], 'plan', 'and it serves again')
})

for (const stream of [false, true]) {
  test(`books that fail between hold and settlement: ${stream ? 'stream' : 'whole'}`, async () => {
    const before = await truthOf(world, team)
    const { store } = world.running
    const { job } = store
    world.upstream.next({
      headers: stream ? EVENT_STREAM : {},
      body: async function* () {
        // The hold is written; what follows is not.
        store.job = () => Promise.reject(new Error('disk full'))
        yield* stream ? streamedAnswer('anthropic') : [wholeAnswer('anthropic')]
      },
    })
    const answer = await world
      .call(PATHS.anthropic, { key: team.apiKey, body: asking('anthropic', { stream }) })
      .catch(() => undefined)
    store.job = job
    // Of a stream the events are out, its end is not; of JSON not even all the bytes.
    if (!stream) assert.notEqual(answer?.text, wholeAnswer('anthropic'))
    assert.ok(!answer?.whole || answer.status === 503, 'nobody has a whole answer that is not in the books')
    // The next request finds books that can be written again, and what was owed is written with it.
    const next = await world.call(PATHS.anthropic, { key: team.apiKey, body: asking('anthropic') })
    assert.equal(next.status, 200, next.text)
    const owed = 2 * (USAGE.input * 300 + USAGE.output * 1200)
    assert.deepEqual(await truthOf(world, team), { ...before, walletNanos: before.walletNanos - owed })
    await booksAreRight(world)
  })
}

test('503: a server that stops refuses new requests and ends the running one', async (t) => {
  const stopping = await openWorld()
  t.after(() => stopping.close())
  const caller = await stopping.team({ wallet: 1e12 })
  let letGo: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  stopping.upstream.next({
    headers: EVENT_STREAM,
    body: async function* () {
      yield 'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
      await held
      yield 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    },
  })
  const running = await stopping.open(PATHS['openai-chat'], {
    key: caller.planKey,
    body: asking('openai-chat', { stream: true }),
  })
  await running.reach(1)
  // A request whose first line is here already; new connections find nobody.
  const wire = wireTo(stopping.url)
  wire.write(`GET /v1/models HTTP/1.1\r\nhost: x\r\n`)
  await (await stopping.open('/v1/models', { key: caller.planKey })).read()
  const stopped = stopping.stop()
  wire.write(`x-api-key: ${caller.planKey}\r\n\r\n`)
  const refusal = await wire.says('is stopping')
  assert.match(refusal, /^HTTP\/1\.1 503 /)
  assert.match(refusal, /^retry-after: \d\r$/im)
  await assert.rejects(
    stopping.call('/v1/models', { key: caller.planKey }),
    /ECONNREFUSED|ECONNRESET|socket hang up/,
  )
  letGo()
  const answer = await running.read()
  assert.ok(answer.whole)
  assert.ok(answer.text.endsWith('data: [DONE]\n\n'))
  await stopped
})

test('the log has every failure with its request id, and neither keys nor prompts', async () => {
  assert.ok(world.logs.length > 0)
  for (const line of world.logs) assert.match(line, / \/\S+ [0-9a-f]{32} /)
  assertLogsAreClean(world, team.planKey, team.apiKey)
})
