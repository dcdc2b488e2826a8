import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, beforeEach, test } from 'node:test'
import {
  type Conversation,
  converse,
  failsWith,
  finish,
  hesitant,
  soundIn,
  speaker,
  text,
} from '../conversation.ts'
import { booksAreRight, lastRecord, openWorld, until, type World } from '../harness.ts'
import { EVENT_STREAM } from '../samples.ts'
import { eventOf, json, spoken, taskEngine } from '../task-engine.ts'
import { spentOf } from '../task-truth.ts'
import type { Team } from '../teams.ts'

/** Conversations that an engine, a client, the books or a stop end. */
const world = await openWorld()
after(() => world.close())
const engine = taskEngine(world.upstream)
const team = await world.team({ plan: 'max', wallet: 1e9 })

const DAY_MS = 86_400_000
const PATH = '/v1/t2a_v2'

beforeEach(() => {
  world.advance(DAY_MS)
  world.upstream.forget()
  engine.forget()
})

async function usedBy(by: Team, on: World = world): Promise<number> {
  return (await spentOf(on, by)).units['speech-hd']?.[0] ?? 0
}

async function untilClean(by: Team, wanted: number): Promise<void> {
  await until(() => world.running.book.openHolds() === 0, 'no hold is left open')
  assert.equal(await usedBy(by), wanted)
  await booksAreRight(world)
}

test('an engine that fails costs nothing, whatever it has said before', async () => {
  const [first = '', second = ''] = spoken('hello')
  const sensitive = { base_resp: { status_code: 1026, status_msg: 'input sensitive' } }
  for (const [behaviour, code, says] of [
    [{ status: 500, body: '{}' }, 1000, /the engine behind this model failed/],
    [{ status: 502, body: '<html>' }, 1000, /failed/],
    [{ status: 401, body: '<html>' }, 1000, /refused the credentials/],
    [{ status: 429, body: '{}' }, 1039, /overloaded/],
    [{ instead: 'reset' }, 1000, /failed/],
    [{ headers: EVENT_STREAM, body: [first, second], ending: 'reset' }, 1000, /failed/],
    [{ headers: EVENT_STREAM, body: [first, second] }, 1000, /failed/],
    [{ headers: EVENT_STREAM, body: [first, eventOf(sensitive)] }, 1026, /^input sensitive$/],
    [json(sensitive), 1026, /^input sensitive$/],
    [json({ base_resp: { status_code: 1008, status_msg: 'balance' } }), 1000, /refused the credentials/],
    [{ status: 400, body: '{"error":1}' }, 2013, /^the engine refused the request$/],
    [{ body: 'no events' }, 1000, /failed/],
  ] as const) {
    // Where nothing was said the engine is asked again.
    engine.instead(PATH, behaviour, behaviour)
    const conversation = await speaker(world, team.planKey)
    conversation.say(text('hello'))
    await failsWith(conversation, code, says)
    engine.forget()
    await untilClean(team, 0)
  }
})

test('who leaves before sound has come pays nothing', async () => {
  engine.instead(PATH, { instead: 'hang' })
  const conversation = await speaker(world, team.planKey)
  for (const said of ['hello', 'again']) conversation.say(text(said))
  await until(() => engine.askedFor(PATH).length === 1, 'the engine is asked')
  conversation.socket.terminate()
  await until(() => engine.askedFor(PATH)[0]?.aborted === true, 'the engine is told')
  await untilClean(team, 0)
  assert.equal((await lastRecord(world, team)).ending, 3)
  assert.equal(engine.askedFor(PATH).length, 1)
})

test('who leaves after sound has come pays for that text and no other', async () => {
  for (const leave of [
    ({ socket }: Conversation) => socket.terminate(),
    ({ socket }: Conversation) => socket.close(),
    // Out of its turn, so it ends the task.
    ({ say }: Conversation) => say({ event: 'task_start', model: 'speech-2.8-hd' }),
  ]) {
    const before = await usedBy(team)
    world.upstream.forget()
    hesitant(engine, 'hello')
    const conversation = await speaker(world, team.planKey)
    for (const said of ['hello', 'again']) conversation.say(text(said))
    await conversation.hears(3)
    leave(conversation)
    await until(() => engine.askedFor(PATH)[0]?.aborted === true, 'the engine is told')
    await untilClean(team, before + 5)
    assert.equal((await lastRecord(world, team)).ending, 4)
    assert.equal(engine.askedFor(PATH).length, 1)
  }
})

test('books that cannot be written take nothing and ask no engine', async () => {
  const conversation = await speaker(world, team.planKey)
  const { store } = world.running
  const { job } = store
  store.job = () => Promise.reject(new Error('disk full'))
  conversation.say(text('hello'))
  await failsWith(conversation, 1000, /books cannot be read or written/)
  store.job = job
  assert.equal(engine.askedFor(PATH).length, 0)
  await untilClean(team, 0)
})

test('an engine is not read faster than its listener takes it', async () => {
  const MEGABYTE = 1024 * 1024
  let made = 0
  engine.instead(PATH, {
    headers: EVENT_STREAM,
    body: async function* () {
      for (; made < 64; made++)
        yield eventOf({
          data: { audio: '61'.repeat(MEGABYTE / 2), status: 1 },
          base_resp: { status_code: 0 },
        })
      yield eventOf({ data: { audio: '', status: 2 }, base_resp: { status_code: 0 } })
    },
  })
  const conversation = await speaker(world, team.planKey)
  conversation.socket.pause()
  conversation.say(text('hello'))
  // It stands still where everything between engine and listener is full.
  let [last, still] = [0, 0]
  await until(() => {
    still = made > 0 && made === last ? still + 1 : 0
    last = made
    return still > 3_000
  }, 'nothing moves')
  assert.ok(made < 48, `${made} MB were taken from the engine`)
  conversation.socket.resume()
  conversation.say(finish)
  assert.equal(await conversation.closed(), 1000)
  assert.equal(soundIn(conversation.heard).length, 32 * MEGABYTE)
  await untilClean(team, 5)
})

test('a server that stops lets a text be spoken to its end, and nothing more', async (t) => {
  const stopping = await openWorld()
  t.after(() => stopping.close())
  const its = taskEngine(stopping.upstream)
  const caller = await stopping.team({ plan: 'max' })
  let letGo: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  its.instead(PATH, {
    headers: EVENT_STREAM,
    body: async function* () {
      yield* spoken('hello').slice(0, 1)
      await held
      yield* spoken('hello').slice(1)
    },
  })
  const idle = await converse(stopping, caller.planKey)
  const speaking = await speaker(stopping, caller.planKey)
  for (const said of ['hello', 'again']) speaking.say(text(said))
  await speaking.hears(3)
  const stopped = stopping.stop()
  assert.equal(await idle.closed(), 1001)
  assert.match(idle.heard.at(-1)?.base_resp.status_msg ?? '', /this server is stopping/)
  assert.equal(speaking.socket.readyState, speaking.socket.OPEN)
  letGo()
  assert.equal(await speaking.closed(), 1001)
  assert.equal(String(soundIn(speaking.heard)), 'hello')
  await stopped
  await stopping.restart()
  assert.equal(await usedBy(caller, stopping), 5)
  assert.equal(its.askedFor(PATH).length, 1)
  await booksAreRight(stopping)
})

test('what a stop breaks off costs nothing, and no silent client keeps the server', async (t) => {
  const stopping = await openWorld({ paces: { drainMs: 100 } })
  t.after(() => stopping.close())
  const its = taskEngine(stopping.upstream)
  const caller = await stopping.team({ plan: 'max' })
  its.instead(PATH, { headers: EVENT_STREAM, body: spoken('hello').slice(0, 1), ending: 'hang' })
  const speaking = await speaker(stopping, caller.planKey)
  speaking.say(text('hello'))
  await speaking.hears(3)
  const deaf = await converse(stopping, caller.planKey)
  // It answers no close.
  deaf.socket.pause()
  // Refused, it keeps its side open.
  const { hostname, port } = new URL(stopping.url)
  const refused = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  t.after(() => refused.destroy())
  const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13'
  refused.write(`GET /ws/v1/t2a_v2 HTTP/1.1\r\nhost: x\r\n${upgrade}\r\n\r\n`)
  const [refusal] = (await once(refused, 'data')) as [Buffer]
  assert.match(String(refusal), /^HTTP\/1.1 401 /)
  await stopping.stop()
  assert.equal(await speaking.closed(), 1006)
  await stopping.restart()
  assert.equal(await usedBy(caller, stopping), 0)
  assert.equal((await lastRecord(stopping, caller)).ending, 5, 'it was ended before the books were closed')
  await booksAreRight(stopping)
})
