import assert from 'node:assert/strict'
import { WebSocket } from 'ws'
import { until, type World } from './harness.ts'
import { EVENT_STREAM } from './samples.ts'
import { spoken, type TaskEngine } from './task-engine.ts'

/** What the server says over /ws/v1/t2a_v2. */
export type Said = {
  readonly event: string
  readonly session_id: string
  readonly trace_id: string
  readonly is_final?: boolean
  readonly data?: { readonly audio?: string; readonly status?: number }
  readonly base_resp: { readonly status_code: number; readonly status_msg: string }
}

/** A client of the speech socket that remembers what it hears. */
export type Conversation = {
  readonly heard: readonly Said[]
  readonly socket: WebSocket
  say(event: object | string | Buffer): void
  /** Resolves with what was said when so much was. */
  hears(count: number): Promise<readonly Said[]>
  /** With the code of the close. */
  closed(): Promise<number>
}

export async function converse(world: World, key: string, headers: object = {}): Promise<Conversation> {
  const url = `${world.url.replace(/^http/, 'ws')}/ws/v1/t2a_v2?GroupId=1`
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${key}`, ...headers } })
  const heard: Said[] = []
  let closedWith: number | undefined
  socket.on('message', (data) => heard.push(JSON.parse(String(data)) as Said))
  socket.on('close', (code) => {
    closedWith = code
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  // A connection that is reset closes too.
  socket.on('error', () => undefined)
  return {
    heard,
    socket,
    say: (event) =>
      socket.send(typeof event === 'string' || Buffer.isBuffer(event) ? event : JSON.stringify(event)),
    hears: async (count) => {
      await until(() => heard.length >= count || closedWith !== undefined, `${count} events are heard`)
      return heard
    },
    closed: async () => {
      await until(() => closedWith !== undefined, 'it is closed')
      return closedWith ?? 0
    },
  }
}

/** With a task begun, in which everything said is about texts. */
export async function speaker(world: World, key: string, more: object = {}): Promise<Conversation> {
  const conversation = await converse(world, key)
  conversation.say({ event: 'task_start', model: 'speech-2.8-hd', ...more })
  await conversation.hears(2)
  return conversation
}

export const text = (said: string) => ({ event: 'task_continue', text: said })
export const finish = { event: 'task_finish' }

export function soundIn(heard: readonly Said[]): Buffer {
  const sound = heard.filter(({ event }) => event === 'task_continued').map(({ data }) => data?.audio ?? '')
  return Buffer.from(sound.join(''), 'hex')
}

/** The last thing said is why it ends. */
export async function failsWith(conversation: Conversation, code: number, says: RegExp): Promise<void> {
  assert.equal(await conversation.closed(), 1000)
  const last = conversation.heard.at(-1)
  assert.deepEqual([last?.event, last?.base_resp.status_code], ['task_failed', code], JSON.stringify(last))
  assert.match(last?.base_resp.status_msg ?? '', says)
}

/** An engine that speaks a first piece and goes on when it is let go. */
export function hesitant(engine: TaskEngine, said = 'hello'): { readonly letGo: () => void } {
  let letGo: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const [first = '', ...rest] = spoken(said)
  engine.instead('/v1/t2a_v2', {
    headers: EVENT_STREAM,
    body: async function* () {
      yield first
      await held
      yield* rest
    },
  })
  return { letGo: () => letGo() }
}
