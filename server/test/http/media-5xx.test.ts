import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { Behaviour } from '../fake-upstream.ts'
import { lying } from '../forms.ts'
import { booksAreRight, openWorld, soon, until } from '../harness.ts'
import {
  FINE,
  type KindName,
  kindNames,
  kinds,
  madeAnswer,
  someImages,
  soundEvents,
} from '../media-samples.ts'
import { made, mediaTruth, nothingTaken, paidBy } from '../media-truth.ts'
import { EVENT_STREAM } from '../samples.ts'
import { assertLogsAreClean, assertRefused, PLANTED, type Refused } from './refused.ts'

/** What engines do to a request for media: nothing is charged, no hold and no file stays, and nobody hears their words. */
const world = await openWorld({ timeouts: { firstByteMs: 120, idleMs: 120 } })
after(() => world.close())
beforeEach(() => world.upstream.forget())
const team = await world.team({ plan: 'max', credits: 1e12, wallet: 1e12 })
const unseated = await world.team({ plan: null, credits: 1e12 })

const failed: Refused = { status: 502, code: 1000, says: /^the engine behind this model failed/ }
const misconfigured: Refused = { status: 502, code: 1000, says: /refused the credentials of this server/ }
const busy: Refused = { status: 529, code: 1039, says: /is overloaded/, retry: 'soon' }
const slow: Refused = { status: 504, code: 1001, says: /did not answer in time/ }

const planted = JSON.stringify({ error: { message: `bad key at ${PLANTED}` } })
const status = (code: number, headers: Record<string, string> = {}): Behaviour => ({
  status: code,
  body: planted,
  headers,
})
const base = (code: number, more: object = {}): string =>
  JSON.stringify({ data: null, ...more, base_resp: { status_code: code, status_msg: PLANTED } })

type Case = {
  readonly name: string
  /** What each attempt meets; there is one more where another attempt may do better. */
  readonly meets: (kind: KindName) => readonly Behaviour[]
  readonly refused: Refused
}
const always =
  (...behaviours: readonly Behaviour[]) =>
  () =>
    behaviours
const cases: readonly Case[] = [
  ...[401, 403].map((code) => ({ name: `${code}`, meets: always(status(code)), refused: misconfigured })),
  ...[500, 501, 402, 409, 300].map((code) => ({
    name: `${code}`,
    meets: always(status(code)),
    refused: failed,
  })),
  ...[502, 503, 504].map((code) => ({
    name: `${code} twice`,
    meets: always(status(code), status(code)),
    refused: failed,
  })),
  ...[429, 529].map((code) => ({ name: `${code}`, meets: always(status(code)), refused: busy })),
  {
    name: '429 for a day',
    meets: always(status(429, { 'retry-after': '86400' })),
    refused: busy,
  },
  ...[1004, 1008, 2049, 2056, 2061].map((code) => ({
    name: `base_resp ${code}, which is about the operator`,
    meets: always({ body: base(code) }),
    refused: misconfigured,
  })),
  ...[1002, 1039, 1041].map((code) => ({
    name: `base_resp ${code}`,
    meets: always({ body: base(code) }),
    refused: busy,
  })),
  {
    name: 'a reset before the first byte, twice',
    meets: always({ instead: 'reset' }, { instead: 'reset' }),
    refused: failed,
  },
  { name: 'a head and then a reset', meets: always({ body: [], ending: 'reset' }), refused: failed },
  {
    name: 'half a JSON',
    meets: (kind) => [{ body: JSON.stringify(madeAnswer(kind)).slice(0, 40) }],
    refused: failed,
  },
  {
    name: 'half a JSON and then a reset',
    meets: (kind) => [{ body: [JSON.stringify(madeAnswer(kind)).slice(0, 40)], ending: 'reset' }],
    refused: failed,
  },
  {
    name: 'a web page',
    meets: always({ headers: { 'content-type': 'text/html' }, body: `<html>${PLANTED}</html>` }),
    refused: failed,
  },
  { name: 'a list', meets: always({ body: '[1]' }), refused: failed },
  { name: 'nothing', meets: always({ body: '' }), refused: failed },
]

for (const { name, meets, refused } of cases) {
  test(`the engine says ${name}`, async () => {
    const [before, unseatedBefore] = [await mediaTruth(world, team), await mediaTruth(world, unseated)]
    for (const kind of kindNames) {
      const streams = kind === 'speech' || kind === 'song' ? [false, true] : [false]
      for (const stream of streams) {
        for (const key of [team.planKey, team.apiKey, unseated.planKey]) {
          world.upstream.forget()
          world.upstream.next(...meets(kind))
          const answer = await made(world, key, kind, { stream })
          assertRefused(answer, 'native', refused)
          assert.ok(!answer.text.includes('sk-planted'), answer.text)
          assert.equal(world.upstream.received.length, meets(kind).length, 'attempts')
          const [first, second] = world.upstream.received
          if (second) assert.deepEqual(second.body, first?.body, 'both attempts say the same')
        }
      }
    }
    await nothingTaken(world, team, before)
    await nothingTaken(world, unseated, unseatedBefore)
  })
}

/** The caller's own doing: what the engine says of it passes, in its words and without a charge. */
const own: readonly (readonly [string, Behaviour])[] = [
  ...[1026, 1027, 1042, 2013, 2037].map((code): readonly [string, Behaviour] => [
    `base_resp ${code}`,
    { body: JSON.stringify({ base_resp: { status_code: code, status_msg: 'sensitive' }, trace_id: 't' }) },
  ]),
  ...[400, 413, 422].map((code): readonly [string, Behaviour] => [
    `${code}`,
    { status: code, body: '{"error":"not so"}' },
  ]),
]
for (const [name, behaviour] of own) {
  test(`the engine says ${name}: its answer passes`, async () => {
    const before = await mediaTruth(world, team)
    for (const kind of kindNames) {
      for (const key of [team.planKey, team.apiKey]) {
        world.upstream.next(behaviour)
        const answer = await made(world, key, kind)
        assert.deepEqual([answer.status, answer.text], [behaviour.status ?? 200, behaviour.body])
        assert.match(String(answer.headers['x-request-id']), /^[0-9a-f]{32}$/)
        assert.deepEqual(paidBy(answer), [undefined, undefined, undefined])
      }
    }
    await nothingTaken(world, team, before)
  })
}

test('a refusal as the first event of a stream passes as well, uncharged', async () => {
  const before = await mediaTruth(world, team)
  for (const kind of ['speech', 'song'] as const) {
    const refusal = `data: ${base(1026)}\n\n`
    world.upstream.next({ headers: EVENT_STREAM, body: refusal })
    const answer = await made(world, team.planKey, kind, { stream: true })
    assert.equal(answer.text, refusal)
    assert.deepEqual(paidBy(answer), [undefined, undefined, undefined])
  }
  await nothingTaken(world, team, before)
})

for (const stream of [false, true]) {
  test(`sound that ends too early, ${stream ? 'streamed' : 'whole'}: nothing is charged, and it does not look whole`, async () => {
    const before = await mediaTruth(world, team)
    const long = JSON.stringify({ data: { audio: 'ab'.repeat(50_000), status: 2 }, base_resp: FINE })
    const [first = '', second = ''] = soundEvents()
    const pieces = stream ? [first, second] : [long.slice(0, 60_000)]
    for (const kind of ['speech', 'song'] as const) {
      for (const key of [team.planKey, team.apiKey]) {
        for (const ending of ['end', 'reset'] as const) {
          const headers = stream ? EVENT_STREAM : {}
          world.upstream.next({ headers, body: pieces, ending })
          const answer = await made(world, key, kind, { stream })
          assert.equal(answer.status, 200)
          assert.ok(answer.text.startsWith(pieces.join('')))
          // A stream says so in its own form.
          if (stream) assert.match(answer.text, /"status_code":1000[^\n]*Nothing was charged[^\n]*\n\n$/)
          assert.equal(answer.whole, stream)
        }
      }
    }
    await nothingTaken(world, team, before)
  })
}

test('an error in the middle of a stream: nothing is charged', async () => {
  const before = await mediaTruth(world, team)
  const [first = ''] = soundEvents()
  const events = [first, `data: ${base(1027, { data: { audio: '', status: 2 } })}\n\n`]
  for (const key of [team.planKey, team.apiKey]) {
    world.upstream.next({ headers: EVENT_STREAM, body: events })
    const answer = await made(world, key, 'speech', { stream: true })
    assert.equal(answer.text, events.join(''), 'the engine has said it itself')
  }
  await nothingTaken(world, team, before)
})

test('sound that is not there although all is well: the engine failed', async () => {
  const before = await mediaTruth(world, team)
  for (const kind of ['speech', 'song'] as const) {
    for (const data of [null, {}, { audio: '' }, { audio: null, status: 2 }]) {
      world.upstream.next({ body: JSON.stringify({ data, base_resp: FINE }) })
      assertRefused(await made(world, team.planKey, kind), 'native', failed)
      // Asked for an address: the answer is looked into, and passed on as what it is.
      world.upstream.next({ body: JSON.stringify({ data, base_resp: FINE }) })
      const answer = await made(world, team.planKey, kind, { output_format: 'url' })
      assert.equal(paidBy(answer)[1], '0', answer.text)
    }
  }
  await nothingTaken(world, team, before)
})

const silences: readonly (readonly [KindName, object, ...Behaviour[]])[] = [
  ['speech', {}, { instead: 'hang' }],
  ['speech', { stream: true }, { body: [], ending: 'hang' }],
  ['images', {}, { body: ['{"id":"x",'], ending: 'hang' }],
  ['song', { output_format: 'url' }, { body: ['{"data":'], ending: 'hang' }],
  ['search', {}, { status: 400, body: ['{'], ending: 'hang' }],
  ['vision', {}, { instead: 'reset' }, { instead: 'hang' }],
]
test('504: an engine that is silent from the start, after its head, in a refusal, after a reset', async () => {
  const before = await mediaTruth(world, team)
  const answers: Promise<void>[] = []
  for (const [kind, more, ...meets] of silences) {
    for (const key of [team.planKey, team.apiKey]) {
      world.upstream.forget()
      world.upstream.next(...meets)
      answers.push(made(world, key, kind, more).then((answer) => assertRefused(answer, 'native', slow)))
      await until(() => world.upstream.received.length === meets.length, 'all attempts are made')
    }
  }
  await Promise.all(answers)
  await nothingTaken(world, team, before)
})

test('504: an engine that works for longer than it may, and is told to stop', async (t) => {
  const patient = await openWorld({ timeouts: { totalMs: 50 } })
  t.after(() => patient.close())
  const caller = await patient.team({ plan: 'max', wallet: 1e12 })
  const before = await mediaTruth(patient, caller)
  for (const kind of kindNames) {
    patient.upstream.forget()
    patient.upstream.next({ instead: 'hang' })
    assertRefused(await made(patient, caller.planKey, kind), 'native', slow)
    assert.equal(patient.upstream.received.length, 1, 'what took so long once is not tried again')
    await soon(patient.upstream.last().closed, 'the engine sees the connection go')
  }
  await nothingTaken(patient, caller, before)
})

const better: readonly (readonly [string, Behaviour])[] = [
  ['a reset', { instead: 'reset' }],
  ['503', status(503)],
]
for (const [name, worse] of better) {
  test(`${name}, then an answer: two attempts, one of them paid`, async () => {
    for (const kind of kindNames) {
      const fresh = await world.team({ plan: 'max' })
      world.upstream.forget()
      world.upstream.next(worse)
      const answer = await made(world, fresh.planKey, kind)
      const { units, resource } = kinds[kind]
      assert.deepEqual(paidBy(answer).slice(0, 2), ['plan', String(units)], answer.text)
      assert.equal(world.upstream.received.filter(({ method }) => method === 'POST').length, 2)
      assert.deepEqual((await mediaTruth(world, fresh)).used, units > 0 ? { [resource]: units } : {})
    }
    await booksAreRight(world)
  })
}

const downloads: readonly (readonly [string, Behaviour])[] = [
  ['answers 404', { status: 404, body: PLANTED }],
  ['answers 500', { status: 500, body: PLANTED }],
  ['answers 403', { status: 403, body: PLANTED }],
  ['resets', { instead: 'reset' }],
  ['breaks off', { headers: { 'content-length': '1000' }, body: ['half of it'], ending: 'reset' }],
  ['leads nowhere', { status: 302, headers: { location: 'ftp://files.example/a' } }],
]
const unfetched: Refused = { ...failed, says: 'what it made cannot be fetched' }
for (const [name, behaviour] of downloads) {
  test(`an address in an answer that ${name}: nothing is charged, no file is left`, async () => {
    const before = await mediaTruth(world, team)
    const files = await lying(world)
    for (const [kind, more] of [
      ['images', {}],
      ['speech', { output_format: 'url' }],
      ['speech', { subtitle_enable: true }],
      ['song', { output_format: 'url' }],
    ] as const) {
      for (const key of [team.planKey, team.apiKey]) {
        const body = JSON.stringify(madeAnswer(kind, more, world.upstream.url))
        world.upstream.next({ body }, behaviour)
        assertRefused(await made(world, key, kind, more), 'native', unfetched)
      }
    }
    await nothingTaken(world, team, before)
    assert.deepEqual(await lying(world), files)
  })
}

test('one of three pictures cannot be fetched: the others go as well', async () => {
  const before = await mediaTruth(world, team)
  const files = await lying(world)
  world.upstream.next({ body: JSON.stringify(someImages(3, 3, { origin: world.upstream.url })) })
  const calling = made(world, team.planKey, 'images', { n: 3 })
  await until(() => world.upstream.received.length === 1, 'the engine is asked')
  world.upstream.next({ status: 404 })
  assertRefused(await calling, 'native', unfetched)
  await nothingTaken(world, team, before)
  assert.deepEqual(await lying(world), files)
})

test('addresses that are none, or of a port where nobody listens', async () => {
  const before = await mediaTruth(world, team)
  for (const url of ['http://127.0.0.1:1/a.png', 'https://127.0.0.1:1/a.png', 'http://[bad', 'http://']) {
    world.upstream.next({ body: JSON.stringify({ data: { image_urls: [url] }, base_resp: FINE }) })
    const answer = await made(world, team.planKey, 'images')
    assertRefused(answer, 'native', failed)
    assert.ok(!answer.text.includes('127.0.0.1:1'))
  }
  await nothingTaken(world, team, before)
})

test('501: an engine that makes text alone', async (t) => {
  const narrow = await openWorld({ upstream: { modalities: ['text', 'speech'] } })
  t.after(() => narrow.close())
  const caller = await narrow.team({ plan: 'max', wallet: 1e12 })
  const before = await mediaTruth(narrow, caller)
  for (const kind of kindNames.filter((each) => each !== 'speech')) {
    const answer = await made(narrow, caller.planKey, kind)
    assertRefused(answer, 'native', { status: 501, code: 2013, says: 'no engine of this server makes' })
  }
  assert.equal(narrow.upstream.received.length, 0)
  await nothingTaken(narrow, caller, before)
  assert.equal(paidBy(await made(narrow, caller.planKey, 'speech'))[0], 'plan')
})

test('503: books that cannot be written take nothing and ask no engine', async () => {
  const before = await mediaTruth(world, team)
  const { store } = world.running
  const { job } = store
  store.job = () => Promise.reject(new Error(`disk full, select * from ${PLANTED}`))
  try {
    for (const kind of kindNames) {
      for (const key of [team.planKey, team.apiKey]) {
        const answer = await made(world, key, kind)
        const says = /books cannot be read or written/
        assertRefused(answer, 'native', { status: 503, code: 1000, says, retry: 'soon' })
      }
    }
  } finally {
    store.job = job
  }
  assert.equal(world.upstream.received.length, 0)
  await nothingTaken(world, team, before)
  assert.equal(paidBy(await made(world, team.planKey, 'search'))[0], 'plan', 'and it serves again')
})

test('the log has every failure with its request id, and neither keys nor prompts', () => {
  assert.ok(world.logs.length > 0)
  for (const line of world.logs) assert.match(line, / \/\S+ [0-9a-f]{32} /)
  assertLogsAreClean(world, team.planKey, team.apiKey)
})
