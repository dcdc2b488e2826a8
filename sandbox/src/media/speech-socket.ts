import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { baseResp } from '../dialects/native.ts'
import { mintId } from '../ids.ts'
import { type JsonObject, parseObject } from '../json.ts'
import { MediaFault } from '../lab/fault.ts'
import { makeInPieces } from '../lab/pieces.ts'
import { pause } from '../pace.ts'
import { SUCCESS } from './answer.ts'
import type { Desk } from './desk.ts'
import { charactersOf } from './fields.ts'
import { extraInfo, hexOf } from './speech.ts'
import { readScript, readSettings, type Settings } from './speech-request.ts'

const PATH = '/ws/v1/t2a_v2'
const MAX_MESSAGE_BYTES = 1024 * 1024
const MAX_CHARACTERS = 10_000
/** Texts that wait on one socket. */
const MAX_WAITING = 256
export const SOCKET_IDLE_MS = 120_000

const CODE = { idle: 2201, illegal: 2202, empty: 2203, tooLong: 2204, tooMany: 2205 }

export interface SpeechSockets {
  /** Takes the connection over, or refuses it. */
  open(req: IncomingMessage, socket: Duplex, head: Buffer): void
  close(): void
}

export interface Door {
  readonly desk: Desk
  /** What is wrong with the key of this request, if anything. */
  keyFault(req: IncomingMessage): MediaFault | undefined
  readonly idleMs: number
}

/** `/ws/v1/t2a_v2` */
export function createSpeechSockets(door: Door): SpeechSockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES })
  return {
    open(req, socket, head) {
      if (req.url?.split('?')[0] !== PATH) {
        socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n')
        return
      }
      server.handleUpgrade(req, socket, head, (client) => converse(client, door, door.keyFault(req)))
    },
    close() {
      for (const client of server.clients) client.terminate()
    },
  }
}

/** One connection. What it says goes out in the order in which it was asked for. */
interface Session {
  readonly client: WebSocket
  readonly desk: Desk
  readonly id: string
  readonly gone: AbortSignal
  settings: Settings | undefined
  waiting: number
  finishing: boolean
}

function converse(client: WebSocket, door: Door, fault: MediaFault | undefined): void {
  const left = new AbortController()
  client.on('close', () => left.abort())
  // A client that breaks the protocol is closed by the library, and `close` follows.
  client.on('error', () => left.abort())
  const session: Session = {
    client,
    desk: door.desk,
    id: mintId(),
    gone: left.signal,
    settings: undefined,
    waiting: 0,
    finishing: false,
  }
  if (fault !== undefined) {
    dismiss(session, fault)
    return
  }
  say(session, 'connected_success')
  const rested = watchSilence(session, door.idleMs)
  let turn = Promise.resolve()
  client.on('message', (data) => {
    rested()
    const work = hear(session, data)
    if (work !== undefined) turn = turn.then(work).then(rested)
  })
}

/** Gives what is to be called at every sign of life. While the socket has something to say, nobody is silent. */
function watchSilence(session: Session, idleMs: number): () => void {
  const end = () => {
    if (session.waiting > 0) rested()
    else dismiss(session, new MediaFault(CODE.idle, IDLE))
  }
  let timer = setTimeout(end, idleMs)
  const rested = () => {
    clearTimeout(timer)
    if (!session.gone.aborted) timer = setTimeout(end, idleMs)
  }
  session.gone.addEventListener('abort', () => clearTimeout(timer))
  return rested
}

const IDLE = 'timeout, the connection is closed after 120 s without a message'

/** Answers what is to be done when everything before is done; undefined where the message was answered at once. */
function hear(session: Session, data: RawData): (() => Promise<void>) | undefined {
  const message = parseObject(String(data)) ?? {}
  try {
    if (message.event === 'task_start') return start(session, message)
    if (message.event === 'task_continue') return proceed(session, message)
    if (message.event === 'task_finish') return finish(session)
    throw illegal('event must be task_start, task_continue or task_finish')
  } catch (error) {
    fail(session, error)
    return undefined
  }
}

function start(session: Session, message: JsonObject): undefined {
  if (session.settings !== undefined) throw illegal('the task has started already')
  session.settings = readSettings(message, session.desk.voices, { channels: 1, rateField: 'sample_rate' })
  say(session, 'task_started')
}

function proceed(session: Session, message: JsonObject): () => Promise<void> {
  const { settings } = session
  if (settings === undefined || session.finishing) throw illegal('no task is on')
  const { text } = message
  if (typeof text !== 'string' || text.trim() === '') {
    throw new MediaFault(CODE.empty, 'the text is empty and skipped')
  }
  if (text.length > MAX_CHARACTERS && charactersOf(text) > MAX_CHARACTERS) {
    throw new MediaFault(CODE.tooLong, `the text has more than ${MAX_CHARACTERS} characters and is skipped`)
  }
  if (session.waiting >= MAX_WAITING) {
    throw new MediaFault(CODE.tooMany, `request limit, ${MAX_WAITING} texts are waiting`)
  }
  session.waiting += 1
  return async () => {
    try {
      await speak(session, settings, text)
    } catch (error) {
      fail(session, error)
    } finally {
      session.waiting -= 1
    }
  }
}

function finish(session: Session): () => Promise<void> {
  if (session.settings === undefined || session.finishing) throw illegal('no task is on')
  session.finishing = true
  return async () => {
    say(session, 'task_finished')
    session.client.close(1000)
  }
}

async function speak(session: Session, settings: Settings, text: string): Promise<void> {
  const { gone, client, desk } = session
  const { written, spoken, markers } = readScript(text, MAX_CHARACTERS)
  if (markers.delayMs > 0 && !(await pause(markers.delayMs, gone))) return
  // The client waits until it leaves, and what it asks for after this with it.
  if (markers.hang) return new Promise((resolve) => gone.addEventListener('abort', () => resolve()))
  if (markers.error !== undefined) {
    return tell(session, 'task_failed', { base_resp: baseResp(markers.error.status, markers.error.message) })
  }
  const making = makeInPieces(desk.lab, 'speech', { ...settings, text: spoken }, { gone })
  let bytes = 0
  for await (const { audio } of making.pieces) {
    bytes += audio.length
    // One after the other, so that a slow reader does not fill the memory.
    await tell(session, 'task_continued', { data: { audio: hexOf(audio) }, is_final: false })
    if (markers.cutBytes !== undefined && bytes >= markers.cutBytes) return client.terminate()
  }
  const info = extraInfo(written, settings, bytes, await making.product)
  await tell(session, 'task_continued', { data: { audio: '' }, extra_info: info, is_final: true })
}

function illegal(message: string): MediaFault {
  return new MediaFault(CODE.illegal, `illegal event, ${message}`)
}

/** The task goes on: what was wrong is skipped. */
function fail(session: Session, error: unknown): void {
  if (session.gone.aborted) return
  const { code, message } = error instanceof MediaFault ? error : new MediaFault(1000, String(error))
  tell(session, 'task_failed', { base_resp: { status_code: code, status_msg: message } })
}

function dismiss(session: Session, fault: MediaFault): void {
  fail(session, fault)
  session.client.close(1000)
}

function say(session: Session, event: string): void {
  tell(session, event, {})
}

/** Settles when it is written, also where nobody is there any more to read it. */
function tell({ client, id }: Session, event: string, more: JsonObject): Promise<void> {
  const text = JSON.stringify({ session_id: id, event, trace_id: mintId(), base_resp: SUCCESS, ...more })
  return new Promise((resolve) => client.send(text, () => resolve()))
}
