import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { type OpenCall, wireTo } from '../calling.ts'
import type { Behaviour, Received } from '../fake-upstream.ts'
import { lying } from '../forms.ts'
import { booksAreRight, lastRecord, openWorld, soon, until, type World } from '../harness.ts'
import {
  askingFor,
  FINE,
  type KindName,
  kindNames,
  kinds,
  madeAnswer,
  soundEvents,
} from '../media-samples.ts'
import { made, mediaTruth, nothingTaken, paidBy } from '../media-truth.ts'
import { EVENT_STREAM } from '../samples.ts'
import type { Team } from '../teams.ts'

/** Callers who hang up: nothing before the answer, all of it once sound has come, and never a hold that stays open. */
const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const RICH = 5_000_000_000

function requestText(kind: KindName, key: string, more: object = {}): string {
  const body = JSON.stringify(askingFor(kind, more))
  const head = [
    `POST ${kinds[kind].path} HTTP/1.1`,
    'host: x',
    `authorization: Bearer ${key}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** Asks, and leaves when the engine has got so many requests. */
async function leaveAt(requests: number, text: string, where: World = world): Promise<void> {
  const wire = wireTo(where.url)
  wire.write(text)
  await until(() => where.upstream.received.length === requests, 'the engine is asked')
  await until(() => where.running.book.openHolds() === 1, 'the request is running')
  wire.leave()
  await until(() => where.running.book.openHolds() === 0, 'the hold is ended')
}

const silences: readonly Behaviour[] = [
  { instead: 'hang' },
  { body: [], ending: 'hang' },
  { body: ['{"data":{"au'], ending: 'hang' },
  { status: 400, body: ['{"er'], ending: 'hang' },
]
for (const kind of kindNames) {
  test(`leaving before the answer: nothing is charged, the engine is told: ${kind}`, async () => {
    const team = await world.team({ plan: 'max', wallet: RICH })
    const before = await mediaTruth(world, team)
    for (const key of [team.planKey, team.apiKey]) {
      for (const behaviour of silences) {
        world.upstream.forget()
        world.upstream.next(behaviour)
        await leaveAt(1, requestText(kind, key))
        await soon(world.upstream.last().closed, 'the engine sees the connection go')
        assert.ok(world.upstream.last().aborted)
        const record = await lastRecord(world, team)
        assert.deepEqual([record.units, record.made_units, record.nanos], [0, 0, 0])
      }
    }
    await nothingTaken(world, team, before)
  })

  test(`leaving in the middle of one’s own request: ${kind}`, async () => {
    const team = await world.team({ plan: 'max', wallet: RICH })
    const before = await mediaTruth(world, team)
    const text = requestText(kind, team.planKey)
    for (let bytes = 1; bytes < text.length; bytes += 23) {
      const wire = wireTo(world.url)
      wire.write(text.slice(0, bytes))
      wire.leave()
      await wire.closed
    }
    await made(world, team.planKey, 'search')
    assert.deepEqual((await mediaTruth(world, team)).used, { search: 1 })
    assert.equal(world.upstream.received.length, 1)
    assert.deepEqual({ ...(await mediaTruth(world, team)), used: {} }, before)
  })
}

const fetched = [
  ['images', {}],
  ['speech', { output_format: 'url' }],
  ['song', { output_format: 'url' }],
] as const
for (const [kind, more] of fetched) {
  test(`leaving while what was made is fetched: nothing is charged, no file is left: ${kind}`, async () => {
    const team = await world.team({ plan: 'max', wallet: RICH })
    const before = await mediaTruth(world, team)
    const files = await lying(world)
    for (const key of [team.planKey, team.apiKey]) {
      for (const download of [
        { instead: 'hang' },
        { headers: { 'content-length': '1000' }, body: ['half of it'], ending: 'hang' },
      ] as const) {
        world.upstream.forget()
        const body = JSON.stringify(madeAnswer(kind, more, world.upstream.url))
        world.upstream.next({ body }, download)
        await leaveAt(2, requestText(kind, key, more))
        await soon(world.upstream.last().closed, 'the file server sees the connection go')
        assert.ok(world.upstream.last().aborted)
      }
    }
    await nothingTaken(world, team, before)
    assert.deepEqual(await lying(world), files)
  })
}

/** Sends these, then nothing more until the gateway hangs up. */
const upTo = (pieces: readonly string[]) =>
  async function* (received: Received) {
    yield* pieces
    await received.closed
  }

const LONG = JSON.stringify({ data: { audio: 'ab'.repeat(100_000), status: 2 }, base_resp: FINE })
const beginnings = [
  ['after the first event of a stream', true, soundEvents().slice(0, 1)],
  ['before the last event of a stream', true, soundEvents().slice(0, 2)],
  ['in the middle of hexadecimal', false, [LONG.slice(0, 90_000)]],
] as const
for (const [name, stream, pieces] of beginnings) {
  for (const pool of ['plan', 'credits', 'wallet'] as const) {
    test(`leaving ${name}: charged whole by ${pool}`, async () => {
      for (const kind of ['speech', 'song'] as const) {
        const plan = pool === 'credits' ? null : 'max'
        const team = await world.team({ plan, credits: RICH, wallet: RICH })
        const before = await mediaTruth(world, team)
        world.upstream.next({ headers: stream ? EVENT_STREAM : {}, body: upTo(pieces) })
        const key = pool === 'wallet' ? team.apiKey : team.planKey
        const call = await world.open(kinds[kind].path, { key, body: askingFor(kind, { stream }) })
        await call.reach(1)
        await leave(call)
        assert.ok(world.upstream.last().aborted, 'the engine is told to stop')
        const { units, nanos, resource } = kinds[kind]
        const paid = {
          plan: { used: { [resource]: units } },
          credits: { lots: [RICH - nanos] },
          wallet: { walletNanos: RICH - nanos },
        }[pool]
        assert.deepEqual(await mediaTruth(world, team), { ...before, ...paid })
        assert.equal((await lastRecord(world, team)).made_units, units)
        await booksAreRight(world)
      }
    })
  }
}

async function leave(call: OpenCall): Promise<void> {
  call.leave()
  await soon(world.upstream.last().closed, 'the engine sees the connection go')
  await until(() => world.running.book.openHolds() === 0, 'the hold ends')
}

test('leaving a divided stream: the plan’s part and the credits’ part, each whole', async () => {
  const team = await world.team({ plan: 'plus', credits: RICH })
  await made(world, team.planKey, 'speech', { text: 'x'.repeat(3_000) })
  world.upstream.next({ headers: EVENT_STREAM, body: upTo(soundEvents().slice(0, 1)) })
  const body = askingFor('speech', { text: 'x'.repeat(1_500), stream: true })
  const call = await world.open(kinds.speech.path, { key: team.planKey, body })
  await call.reach(1)
  await leave(call)
  const { used, lots } = await mediaTruth(world, team)
  assert.deepEqual([used, lots], [{ 'speech-hd': 4_000 }, [RICH - 500 * 100_000]])
  await booksAreRight(world)
})

test('a caller who leaves after the whole answer has paid for a whole answer', async () => {
  const team = await world.team({ plan: 'max' })
  for (const stream of [false, true]) {
    const call = await world.open(kinds.speech.path, {
      key: team.planKey,
      body: askingFor('speech', { stream }),
    })
    const whole = stream ? soundEvents().join('') : JSON.stringify(madeAnswer('speech'))
    await call.reach(whole.length)
    call.leave()
    await until(() => world.running.book.openHolds() === 0, 'no hold stays')
  }
  assert.deepEqual((await mediaTruth(world, team)).used, { 'speech-hd': 2 * kinds.speech.units })
})

test('leaving as soon as the request is out, a hundred times: no hold stays, no unit is lost', async () => {
  const team = await world.team({ plan: 'max', wallet: RICH })
  const before = await mediaTruth(world, team)
  world.upstream.next(...Array.from({ length: 200 }, () => ({ instead: 'hang' as const })))
  for (let round = 0; round < 100; round++) {
    const wire = wireTo(world.url)
    const kind = kindNames[round % kindNames.length] ?? 'search'
    wire.write(requestText(kind, round % 2 === 0 ? team.planKey : team.apiKey))
    // Some leave at once, some while the books are written, some when the engine is asked.
    for (let turns = 0; turns < round % 9; turns++) await new Promise((resolve) => setImmediate(resolve))
    wire.leave()
    await wire.closed
  }
  await until(() => world.running.book.openHolds() === 0, 'no hold stays')
  world.upstream.forget()
  await nothingTaken(world, team, before)
  assert.equal(paidBy(await made(world, team.planKey, 'search'))[0], 'plan')
})

test('leaving while answers come at full speed: each request is whole or not there', async () => {
  const team = await world.team({ plan: 'max', wallet: RICH })
  for (let round = 0; round < 60; round++) {
    const kind = kindNames[round % kindNames.length] ?? 'search'
    const wire = wireTo(world.url)
    wire.write(requestText(kind, round % 16 < 8 ? team.planKey : team.apiKey))
    for (let turns = 0; turns < round; turns++) await new Promise((resolve) => setImmediate(resolve))
    wire.leave()
    await wire.closed
  }
  await until(() => world.running.book.openHolds() === 0, 'no hold stays')
  const { heldUnits, heldNanos, used } = await mediaTruth(world, team)
  assert.deepEqual([heldUnits, heldNanos], [0, 0])
  for (const [resource, units] of Object.entries(used)) {
    const of = kindNames.find((kind) => kinds[kind].resource === resource) ?? 'search'
    assert.equal(units % kinds[of].units, 0, `${units} of ${resource}`)
  }
  await booksAreRight(world)
})

/** A server that stops breaks off what does not end by itself within five seconds. */
test('a server that stops while things are made: nobody pays, and the engine is told', async (t) => {
  const stopping = await openWorld()
  t.after(() => stopping.close())
  const teams = new Map<Team, Awaited<ReturnType<typeof mediaTruth>>>()
  const answers: Promise<unknown>[] = []
  const running: readonly (readonly [KindName, object, Behaviour])[] = [
    ['speech', { stream: true }, { headers: EVENT_STREAM, body: upTo(soundEvents().slice(0, 2)) }],
    ['song', {}, { body: upTo([LONG.slice(0, 90_000)]) }],
    ['speech', {}, { instead: 'hang' }],
    ['images', {}, { instead: 'hang' }],
    ['vision', {}, { body: ['{'], ending: 'hang' }],
  ]
  for (const [kind, more, behaviour] of running) {
    const team = await stopping.team({ plan: 'max', wallet: RICH })
    teams.set(team, await mediaTruth(stopping, team))
    for (const key of [team.planKey, team.apiKey]) {
      const asked = stopping.upstream.received.length + 1
      stopping.upstream.next(behaviour)
      const answer = made(stopping, key, kind, more)
      answers.push(
        answer.then(
          ({ whole }) => assert.equal(whole, false),
          // Broken off before it began.
          () => undefined,
        ),
      )
      await until(() => stopping.upstream.received.length === asked, 'the engine is asked')
    }
  }
  assert.equal(stopping.running.book.openHolds(), 2 * running.length)
  await stopping.stop()
  await Promise.all(answers)
  for (const { aborted } of stopping.upstream.received) assert.ok(aborted)
  await stopping.restart()
  assert.equal(stopping.running.sweptHolds, 0, 'each had its end before the server closed')
  for (const [team, before] of teams) await nothingTaken(stopping, team, before)
})

test('nobody’s leaving is an error of the server: the log is empty', () => {
  assert.deepEqual(world.logs, [])
})
