import assert from 'node:assert/strict'
import { type Ending, endings } from '../src/book/op.ts'
import { wireTo } from './calling.ts'
import type { Received } from './fake-upstream.ts'
import { caughtUp, lastRecord, soon, until, type World } from './harness.ts'
import { EVENT_STREAM } from './samples.ts'
import type { Team } from './teams.ts'

/**
 * A client that hangs up after so many bytes of its request, or of the answer, is charged by the table of
 * docs/token-plan/what-is-charged.md. Here is what a small exchange of each kind costs by that table; the loops are in
 * `hang-up-everywhere.ts`.
 */
export type Payer = 'plan' | 'money'
export const payers: readonly Payer[] = ['plan', 'money']

export type Charged = { readonly ending: Ending; readonly units: number; readonly nanos: number }

export type Small = {
  readonly name: string
  readonly path: string
  readonly body: string
  /** What the engine answers. */
  readonly answer: Buffer
  readonly streams: boolean
  /** Bytes of the answer that its caller has when the engine has said so many and is silent. */
  passed(said: number, payer: Payer): number
  /** What is owed when its caller leaves then; at the whole length the engine has ended its answer. */
  owed(said: number, payer: Payer): Charged
}

const NOTHING: Charged = { ending: 'client-left-before', units: 0, nanos: 0 }
const PRICE = { input: 300, output: 1_200 }
const USAGE = { prompt_tokens: 9, completion_tokens: 3 }
const REPORTED = USAGE.prompt_tokens * PRICE.input + USAGE.completion_tokens * PRICE.output
const SAID = ['Good', ' day', ' to you.']
/** An answer in one piece is looked at up to here before a byte of it is passed on. */
const FIRST_BYTES = 2_048
const CHARACTER_NANOS = 100_000

/** The plan pays by the unit, money by what is owed. */
const kept = (ending: Ending, units: number, nanos: number, payer: Payer): Charged =>
  payer === 'plan' ? { ending, units, nanos: 0 } : { ending, units: 0, nanos }

const counted = (body: string, outputBytes: number) =>
  Math.ceil(Buffer.byteLength(body) / 4) * PRICE.input + Math.ceil(outputBytes / 4) * PRICE.output

const messages = [{ role: 'user', content: 'Hello!' }]

function smallJson(name: string, content: string): Small {
  const body = JSON.stringify({ model: 'MiniMax-M2.7', messages })
  const text = JSON.stringify({ choices: [{ message: { role: 'assistant', content } }], usage: USAGE })
  const answer = Buffer.from(text)
  const usageEnds = answer.length - 1
  return {
    name,
    path: '/v1/chat/completions',
    body,
    answer,
    streams: false,
    passed: (said) => (said === answer.length || said >= FIRST_BYTES ? said : 0),
    owed: (said, payer) => {
      if (said === answer.length) return kept('done', 1, REPORTED, payer)
      if (said < FIRST_BYTES) return NOTHING
      return kept('client-left-after', 1, said >= usageEnds ? REPORTED : counted(body, said), payer)
    },
  }
}

function smallStream(): Small {
  const body = JSON.stringify({ model: 'MiniMax-M2.7', stream: true, messages })
  const events = [
    ...SAID.map((content) => ({ choices: [{ index: 0, delta: { content } }] })),
    { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: USAGE },
  ].map((event) => `data: ${JSON.stringify(event)}\n\n`)
  const answer = Buffer.from([...events, 'data: [DONE]\n\n'].join(''))
  const ends = events.map((_, index) => events.slice(0, index + 1).join('').length)
  const whole = (said: number) => ends.filter((end) => end <= said).length
  return {
    name: 'text, server-sent events',
    path: '/v1/chat/completions',
    body,
    answer,
    streams: true,
    // Where money pays, events pass whole.
    passed: (said, payer) =>
      payer === 'plan' || said === answer.length ? said : (ends[whole(said) - 1] ?? 0),
    owed: (said, payer) => {
      if (said === answer.length) return kept('done', 1, REPORTED, payer)
      const passed = whole(said)
      if (payer === 'plan' ? said === 0 : passed === 0) return NOTHING
      const output = SAID.slice(0, passed).join('').length
      const nanos = passed === events.length ? REPORTED : counted(body, output)
      return kept('client-left-after', 1, nanos, payer)
    },
  }
}

const TEXT = 'hello'
const FINE = { status_code: 0, status_msg: 'success' }

function speechStream(): Small {
  const events = [
    { data: { audio: '68656c', status: 1 }, base_resp: FINE },
    { data: { audio: '6c6f', status: 1 }, base_resp: FINE },
    { data: { audio: '', status: 2 }, base_resp: FINE },
  ].map((event) => `data: ${JSON.stringify(event)}\n\n`)
  const answer = Buffer.from(events.join(''))
  const begins = answer.indexOf('68656c') + 1
  return speech('speech, server-sent events', { stream: true }, answer, {
    passed: (said) => said,
    hasBegun: (said) => said >= begins,
  })
}

function speechJson(): Small {
  const audio = '68656c6c6f'.repeat(220)
  const answer = Buffer.from(JSON.stringify({ data: { audio, status: 2 }, base_resp: FINE }))
  return speech('speech, JSON', {}, answer, {
    passed: (said) => (said === answer.length || said >= FIRST_BYTES ? said : 0),
    hasBegun: (said) => said >= FIRST_BYTES,
  })
}

type Heard = { readonly passed: (said: number) => number; readonly hasBegun: (said: number) => boolean }

function speech(name: string, more: object, answer: Buffer, { passed, hasBegun }: Heard): Small {
  return {
    name,
    path: '/v1/t2a_v2',
    body: JSON.stringify({ model: 'speech-2.8-hd', text: TEXT, ...more }),
    answer,
    streams: 'stream' in more,
    passed,
    owed: (said, payer) => {
      const nanos = TEXT.length * CHARACTER_NANOS
      if (said === answer.length) return kept('done', TEXT.length, nanos, payer)
      return hasBegun(said) ? kept('client-left-after', TEXT.length, nanos, payer) : NOTHING
    },
  }
}

export const smalls: readonly Small[] = [
  smallJson('text, short JSON', 'Good day to you.'),
  smallJson('text, JSON that is passed on as it comes', 'Good day. '.repeat(210)),
  smallStream(),
  speechStream(),
  speechJson(),
]

/** One request at a time, by a team that pays with all it has. */
export type Place = { readonly world: World; readonly team: Team; readonly payer: Payer }

export const keyOf = ({ team, payer }: Place) => (payer === 'plan' ? team.planKey : team.apiKey)

export function requestOf(small: Small, place: Place): Buffer {
  const head = [
    `POST ${small.path} HTTP/1.1`,
    'host: x',
    `authorization: Bearer ${keyOf(place)}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(small.body)}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${small.body}`)
}

/** Hangs up after so many bytes of the request. Until it is whole there is no hold; then the engine, which is silent, is told. */
export async function leaveInRequest(bytes: number, request: Buffer, place: Place): Promise<void> {
  const { world } = place
  const before = await countHolds(place)
  const wire = wireTo(world.url)
  if (bytes === request.length) {
    world.upstream.next({ instead: 'hang' })
    wire.write(request)
    await until(() => world.upstream.received.length === 1, 'the engine is asked')
    await until(() => world.running.book.openHolds() === 1, 'the request is running')
    wire.leave()
    await soon(world.upstream.last().closed, 'the engine sees the connection go')
    await endsAs(NOTHING, before + 1, place)
  } else {
    wire.write(request.subarray(0, bytes))
    await caughtUp(world)
    wire.leave()
    await wire.closed
    await caughtUp(world)
    assert.equal(await countHolds(place), before, `${bytes} bytes of a request hold nothing`)
    assert.equal(world.upstream.received.length, 0, 'the engine is not asked')
  }
  world.upstream.forget()
}

/** The engine says so many bytes of its answer; when its caller has what is passed on of them, it hangs up. */
export async function leaveInAnswer(said: number, small: Small, place: Place): Promise<void> {
  const { world, payer } = place
  const before = await countHolds(place)
  const isWhole = said === small.answer.length
  const state = { isSaid: false }
  world.upstream.next({
    headers: small.streams ? EVENT_STREAM : { 'content-length': String(small.answer.length) },
    body: async function* (received: Received) {
      yield small.answer.subarray(0, said)
      state.isSaid = true
      if (!isWhole) await received.closed
    },
  })
  const passed = small.passed(said, payer)
  const body = Buffer.from(small.body)
  if (passed > 0) {
    const call = await world.open(small.path, { key: keyOf(place), body })
    await call.reach(passed)
    if (isWhole) await until(() => world.running.book.openHolds() === 0, 'the whole answer is charged')
    call.leave()
  } else {
    const wire = wireTo(world.url)
    wire.write(requestOf(small, place))
    await until(() => state.isSaid, 'the engine has said it')
    wire.leave()
  }
  await soon(world.upstream.last().closed, 'the engine sees the connection go')
  await endsAs(small.owed(said, payer), before + 1, place)
  world.upstream.forget()
}

/** The request has one record, which ended so. */
export async function endsAs(owed: Charged, holds: number, place: Place): Promise<void> {
  const { world, team } = place
  await until(() => world.running.book.openHolds() === 0, 'the hold ends')
  const { ending, units, nanos, absorbed_nanos } = await lastRecord(world, team)
  const name = Object.entries(endings).find(([, number]) => number === ending)?.[0]
  assert.deepEqual({ ending: name, units, nanos, absorbed_nanos }, { ...owed, absorbed_nanos: 0 })
  assert.equal(await countHolds(place), holds, 'one request, one hold')
}

export async function countHolds({ world, team }: Place): Promise<number> {
  await world.running.book.drain()
  const [row] = await world.running.store.read('select count(*) as holds from hold where team = ?', [
    team.team,
  ])
  return Number(row?.holds)
}
