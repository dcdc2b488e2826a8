import assert from 'node:assert/strict'
import { wireTo } from './calling.ts'
import { converse, speaker, text } from './conversation.ts'
import type { Received } from './fake-upstream.ts'
import { type Charged, countHolds, endsAs, keyOf, type Place } from './hang-up.ts'
import { caughtUp, soon, until } from './harness.ts'
import { EVENT_STREAM } from './samples.ts'
import { spoken } from './task-engine.ts'

/** The same for a text over the speech WebSocket. */

const TEXT = 'hello'
const CHARACTER_NANOS = 100_000
const events = spoken(TEXT)
export const SPOKEN = Buffer.from(events.join(''))
/** Each piece is heard when its line is whole; the last event is kept back until it is paid for. */
const pieceEnds = events.slice(0, -1).map((_, index) => events.slice(0, index + 1).join('').length - 1)

function owed(said: number, payer: Place['payer']): Charged {
  const isWhole = said === SPOKEN.length
  if (!isWhole && said < (pieceEnds[0] ?? 0)) return { ending: 'client-left-before', units: 0, nanos: 0 }
  const ending = isWhole ? 'done' : 'client-left-after'
  return payer === 'plan'
    ? { ending, units: TEXT.length, nanos: 0 }
    : { ending, units: 0, nanos: TEXT.length * CHARACTER_NANOS }
}

/** A whole conversation up to its text as bytes: the handshake and, masked with zeros, two frames. */
export function conversationOf(place: Place): { readonly handshake: Buffer; readonly frames: Buffer } {
  const head = [
    'GET /ws/v1/t2a_v2 HTTP/1.1',
    'host: x',
    'connection: upgrade',
    'upgrade: websocket',
    'sec-websocket-version: 13',
    'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
    `authorization: Bearer ${keyOf(place)}`,
  ]
  const start = JSON.stringify({ event: 'task_start', model: 'speech-2.8-hd' })
  const frames = [start, JSON.stringify(text(TEXT))].map(frameOf)
  return { handshake: Buffer.from(`${head.join('\r\n')}\r\n\r\n`), frames: Buffer.concat(frames) }
}

function frameOf(said: string): Buffer {
  const bytes = Buffer.from(said)
  assert.ok(bytes.length < 126, 'a frame with a short length')
  return Buffer.concat([Buffer.from([0x81, 0x80 | bytes.length, 0, 0, 0, 0]), bytes])
}

/** Hangs up after so many bytes of the conversation. */
export async function leaveInConversation(bytes: number, place: Place): Promise<void> {
  const { world } = place
  const before = await countHolds(place)
  const { handshake, frames } = conversationOf(place)
  const wire = wireTo(world.url)
  world.upstream.next({ instead: 'hang' })
  wire.write(handshake.subarray(0, bytes))
  if (bytes > handshake.length) {
    await wire.says('connected_success')
    wire.write(frames.subarray(0, bytes - handshake.length))
  }
  if (bytes === handshake.length + frames.length) {
    await until(() => world.upstream.received.length === 1, 'the engine is asked')
    wire.leave()
    await soon(world.upstream.last().closed, 'the engine is told to stop')
    await endsAs({ ending: 'client-left-before', units: 0, nanos: 0 }, before + 1, place)
  } else {
    await caughtUp(world)
    wire.leave()
    await wire.closed
    await caughtUp(world)
    assert.equal(await countHolds(place), before, `${bytes} bytes of a conversation hold nothing`)
    assert.equal(world.upstream.received.length, 0, 'the engine is not asked')
  }
  world.upstream.forget()
}

/** The engine says so many bytes of a spoken text; its listener hangs up when it has heard what is passed on of them. */
export async function leaveWhileHearing(said: number, place: Place): Promise<void> {
  const { world, payer } = place
  const before = await countHolds(place)
  const isWhole = said === SPOKEN.length
  const state = { isSaid: false }
  world.upstream.next({
    headers: EVENT_STREAM,
    body: async function* (received: Received) {
      yield SPOKEN.subarray(0, said)
      state.isSaid = true
      if (!isWhole) await received.closed
    },
  })
  const conversation = await speaker(world, keyOf(place))
  conversation.say(text(TEXT))
  const pieces = pieceEnds.filter((end) => end <= said).length
  // Before them there are the greeting and the begun task.
  await conversation.hears(2 + pieces + Number(isWhole))
  await until(() => state.isSaid, 'the engine has said it')
  conversation.socket.terminate()
  await soon(world.upstream.last().closed, 'the engine sees the connection go')
  await endsAs(owed(said, payer), before + 1, place)
  world.upstream.forget()
}

/** A conversation in which nothing is said costs nothing. */
export async function leaveSilent(place: Place): Promise<void> {
  const before = await countHolds(place)
  const { socket } = await converse(place.world, keyOf(place))
  socket.terminate()
  await caughtUp(place.world)
  assert.equal(await countHolds(place), before)
}
