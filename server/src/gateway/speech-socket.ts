import type { RawData, WebSocket } from 'ws'
import { Fault, faults, publicSentence } from '../faults.ts'
import { requestIdOf } from '../ids.ts'
import type { Caller } from '../keys/keyring.ts'
import { type JsonObject, without } from '../modalities/media-request.ts'
import {
  readSpeechSocketStart,
  readSpeechSocketText,
  type SpeechSocketStart,
  type SpeechSocketText,
} from '../modalities/speech-request.ts'
import { offerOf } from './media-offer.ts'
import type { World } from './serve.ts'
import type { Report } from './server.ts'
import { toldFault } from './told-fault.ts'
import { EngineRefusal } from './upstream-refusal.ts'
import { Utterance } from './utterance.ts'

/** [api-reference/speech-t2a-websocket]: closed after so long without a message. */
export const SPEECH_IDLE_MS = 120_000
/** Texts that wait while one is spoken; more is a client that does not listen. */
const MOST_WAITING = 100
/** Sound that the other side has not taken yet. */
const MOST_BUFFERED_BYTES = 4 * 1024 * 1024
const PATH = '/ws/v1/t2a_v2'
const codes = { idle: 2201, illegal: 2202, tooMany: 2205 } as const
const closings = { over: 1000, goingAway: 1001 } as const
const fine = { status_code: 0, status_msg: 'success' }

export type Conversing = {
  readonly world: World
  /** Asked anew for every text: a key may be revoked, or its seat be moved, while a conversation goes on. */
  readonly caller: () => Promise<Caller>
  readonly report: Report
  /** Told once, when the socket is closed and no hold of it is open. */
  readonly ended: () => void
}

/**
 * A conversation over /ws/v1/t2a_v2. Each text is held, spoken by an engine over HTTP and settled by itself, so a
 * connection that breaks loses or charges nothing beyond the text it broke in.
 */
export class SpeechSocket {
  readonly #socket: WebSocket
  readonly #conversing: Conversing
  readonly #sessionId: string
  #start: SpeechSocketStart | undefined
  #waiting: SpeechSocketText[] = []
  #running: Utterance | undefined
  #speaking = false
  #finishing = false
  #draining = false
  #over = false
  #isClosed = false
  #idle: NodeJS.Timeout | undefined
  /** Sound has gone out since the timer was set. */
  #flows = false

  constructor(socket: WebSocket, conversing: Conversing) {
    this.#socket = socket
    this.#conversing = conversing
    this.#sessionId = requestIdOf(conversing.world.ids.next())
    socket.on('message', (data, isBinary) => this.#hear(data, isBinary))
    socket.on('close', () => this.#leave())
    // A message that is no WebSocket's, or too long; `ws` closes by itself.
    socket.on('error', () => this.#stop())
    this.#say('connected_success')
    this.#wait()
  }

  /** The server stops: the text that is being spoken is the last one. */
  drain(): void {
    this.#draining = true
    if (!this.#speaking) this.#refuse(new Fault('draining'))
  }

  /** The server stops now: what is being spoken costs nothing. */
  cut(): void {
    this.#running?.cut()
    this.#socket.terminate()
  }

  #wait(): void {
    clearTimeout(this.#idle)
    this.#flows = false
    this.#idle = setTimeout(() => this.#lookAround(), this.#conversing.world.speechIdleMs)
    this.#idle.unref()
  }

  /** Who listens has nothing to say, and an engine has time-outs of its own; sound that nobody takes is neither. */
  #lookAround(): void {
    if (!this.#speaking) this.#fail(codes.idle, 'no message for 120 seconds')
    else if (this.#flows || this.#socket.bufferedAmount === 0) this.#wait()
    else this.#socket.terminate()
  }

  #hear(data: RawData, isBinary: boolean): void {
    if (this.#over) return
    this.#wait()
    const event = isBinary ? undefined : objectOf(String(data))
    try {
      if (!event) throw new Fault('body_broken')
      this.#take(event)
    } catch (error) {
      this.#refuse(error)
    }
  }

  #take(event: JsonObject): void {
    const wrong = this.#wrongTurn(event.event)
    if (wrong) this.#fail(wrong.code, wrong.says)
    else if (event.event === 'task_start') {
      const start = readSpeechSocketStart(event)
      // Who names no model of ours is told before the first text.
      offerOf(this.#conversing.world.catalogue, { model: start.model, variant: '' }, 'speech')
      this.#start = start
      this.#say('task_started')
    } else {
      if (event.event === 'task_finish') this.#finishing = true
      else if (this.#start) this.#waiting.push(readSpeechSocketText(event, this.#start))
      this.#next()
    }
  }

  /** The order of a conversation: start, any number of texts, finish. */
  #wrongTurn(event: unknown): { readonly code: number; readonly says: string } | undefined {
    const illegal = (says: string) => ({ code: codes.illegal, says })
    switch (event) {
      case 'task_start':
        return this.#start ? illegal('task_start: the task has begun already') : undefined
      case 'task_continue':
        if (!this.#start || this.#finishing)
          return illegal('task_continue: comes after task_start and before task_finish')
        if (this.#waiting.length < MOST_WAITING) return undefined
        return { code: codes.tooMany, says: `more than ${MOST_WAITING} texts wait to be spoken` }
      case 'task_finish':
        if (this.#start && !this.#finishing) return undefined
        return illegal('task_finish: comes once, after task_start')
      default:
        return illegal('event: must be task_start, task_continue or task_finish')
    }
  }

  /** One text after the other: their order is the order of what is heard. */
  #next(): void {
    while (!this.#speaking && !this.#over) {
      const text = this.#waiting[0]
      if (!text && this.#finishing) this.#end('task_finished')
      else if (this.#draining) this.#refuse(new Fault('draining'))
      else if (!text) return
      else if (text.kind === 'text') void this.#speak(text.request)
      else this.#skip(text.code, text.says)
      this.#waiting.shift()
    }
  }

  #skip(code: number, says: string): void {
    const base_resp = { status_code: code, status_msg: says }
    this.#say('task_continued', { data: { audio: '' }, is_final: true, base_resp })
  }

  /** Never rejects. */
  async #speak(request: (SpeechSocketText & { kind: 'text' })['request']): Promise<void> {
    const { world, caller } = this.#conversing
    this.#speaking = true
    try {
      const id = world.ids.next()
      // Made once: all pieces of a text are one request's.
      const traceId = requestIdOf(id)
      const body = { ...without(this.#start?.body ?? {}, 'event'), text: request.body.text, stream: true }
      const utterance = new Utterance({
        world,
        caller: await caller(),
        call: { id, dialect: 'native' },
        request: { ...request, body },
        hear: (piece) => this.#pass(piece, traceId),
      })
      if (!this.#over) {
        this.#running = utterance
        await utterance.spoken()
      }
    } catch (error) {
      this.#refuse(error)
    }
    this.#running = undefined
    this.#speaking = false
    if (this.#isClosed) this.#conversing.ended()
    if (this.#over) return
    // Listening was no silence.
    this.#wait()
    this.#next()
  }

  #pass(piece: JsonObject, traceId: string): boolean {
    this.#say('task_continued', { ...piece, trace_id: traceId })
    return this.#socket.bufferedAmount < MOST_BUFFERED_BYTES
  }

  #refuse(error: unknown): void {
    const fault = toldFault(error)
    if (faults[fault.kind].status >= 500 && fault.kind !== 'draining')
      this.#conversing.report({ path: PATH, requestId: this.#sessionId }, error)
    if (fault instanceof EngineRefusal) this.#fail(fault.code, fault.detail)
    else this.#fail(faults[fault.kind].code, publicSentence(fault))
  }

  #fail(code: number, says: string): void {
    if (this.#over) return
    this.#end('task_failed', { base_resp: { status_code: code, status_msg: says } })
    this.#running?.leave()
  }

  #say(event: string, more: JsonObject = {}): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return
    const trace_id = this.#sessionId
    const told = { trace_id, base_resp: fine, ...more, session_id: this.#sessionId, event }
    this.#socket.send(JSON.stringify(told), () => {
      this.#flows = true
      this.#running?.resume()
    })
  }

  #end(event: string, more: JsonObject = {}): void {
    this.#over = true
    clearTimeout(this.#idle)
    this.#say(event, more)
    this.#socket.close(this.#draining ? closings.goingAway : closings.over)
  }

  #leave(): void {
    this.#isClosed = true
    this.#stop()
    if (!this.#speaking) this.#conversing.ended()
  }

  #stop(): void {
    this.#over = true
    clearTimeout(this.#idle)
    this.#waiting = []
    this.#running?.leave()
  }
}

function objectOf(text: string): JsonObject | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as JsonObject)
      : undefined
  } catch {
    // Not JSON: refused as such.
    return undefined
  }
}
