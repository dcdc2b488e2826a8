import type { HoldOp } from '../book/op.ts'
import { Fault, faults } from '../faults.ts'
import type { Caller } from '../keys/keyring.ts'
import { type JsonObject, type MediaRequest, objectIn, textIn } from '../modalities/media-request.ts'
import { type Exchange, type Failure, type Head, type Sink, send } from '../upstreams/send.ts'
import type { Call } from './call.ts'
import { speechJob } from './makings.ts'
import { endingOf, type Held, holdFor, type MediaJob, made, nothingMade, requestOf } from './media-job.ts'
import type { World } from './serve.ts'
import { EngineRefusal, failureFault, refusalFault } from './upstream-refusal.ts'

export type Spoken = {
  readonly world: World
  readonly caller: Caller
  readonly call: Pick<Call, 'id' | 'dialect'>
  readonly request: MediaRequest
  /** Told when it is paid for and an engine is about to be asked. */
  readonly held?: (held: Held) => void
  /** False asks for a pause until `resume`. */
  readonly hear: (piece: JsonObject) => boolean
}

/** A piece of sound on one line; a longer one is an engine that has lost itself. */
const LONGEST_LINE_BYTES = 32 * 1024 * 1024
const NEWLINE = 0x0a
const PIECES_ALONE = { stream_options: { exclude_aggregated_audio: true } }

/** One text, spoken by an engine that streams server-sent events, and its hold. */
export class Utterance {
  readonly #spoken: Spoken
  #exchange: Exchange | undefined
  #leave: (() => void) | undefined
  #began = false
  #left = false
  #cut = false

  constructor(spoken: Spoken) {
    this.#spoken = spoken
  }

  /** Resolves when the last piece was heard and its price is on disk. Throws what `refuse` says; then it cost nothing. */
  async spoken(): Promise<void> {
    const { world, caller, call, request } = this.#spoken
    const from = { call, world, caller, body: request.body }
    const job = await speechJob(from, request, '/v1/t2a_v2')
    try {
      const held = await holdFor(job, world)
      this.#spoken.held?.(held)
      await endingOf(held.op, world, async () => this.#settle(held.op, job, await this.#exchangeFor(job)))
    } finally {
      job.done?.()
    }
  }

  /** The listener has gone, or the task was ended. */
  leave(): void {
    this.#left = true
    this.#exchange?.abort()
    this.#leave?.()
  }

  cut(): void {
    this.#cut = true
    this.leave()
  }

  resume(): void {
    this.#exchange?.resume()
  }

  async #settle(hold: HoldOp, job: MediaJob, heard: Heard): Promise<void> {
    const { world, hear } = this.#spoken
    if (heard.kind === 'whole') {
      await world.book.end(hold, made(job, hold, job.request.units), job.onMade)
      hear({ ...heard.last, is_final: true })
      return
    }
    // Who leaves after sound has come has it; what broke off for another reason is no sound.
    const paid = heard.kind === 'left' && this.#began && !this.#cut
    const outcome = paid
      ? made(job, hold, job.request.units, 'client-left-after')
      : nothingMade(this.#unmade(heard.kind === 'left' && !this.#cut))
    await world.book.end(hold, outcome, paid ? job.onMade : [])
    if (heard.kind === 'failed') throw heard.fault
  }

  #unmade(isLeft: boolean): Parameters<typeof nothingMade>[0] {
    if (isLeft) return 'client-left-before'
    return this.#began ? 'cut-after' : 'failed'
  }

  #exchangeFor(job: MediaJob): Promise<Heard> {
    if (this.#left) return Promise.resolve({ kind: 'left' })
    return new Promise((resolve) => {
      const hear = (piece: JsonObject) => {
        this.#began = true
        return this.#spoken.hear({ ...piece, is_final: false })
      }
      const listener = new Listener(hear, resolve)
      this.#exchange = send(job.targets, requestOf(job, PIECES_ALONE), listener)
      listener.exchange = this.#exchange
      // An exchange that is told to stop says nothing more.
      this.#leave = () => resolve({ kind: 'left' })
    })
  }
}

type Heard =
  | { readonly kind: 'whole'; readonly last: JsonObject }
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly fault: Fault }

/** Reads the events of an engine's stream. The last one is kept back until it is paid for. */
class Listener implements Sink {
  exchange: Exchange | undefined
  readonly #hear: (piece: JsonObject) => boolean
  readonly #resolve: (heard: Heard) => void
  #head: Head | undefined
  #rest: Buffer[] = []
  #restBytes = 0
  #last: JsonObject | undefined
  #hasSound = false
  #fault: Fault | undefined

  constructor(hear: (piece: JsonObject) => boolean, resolve: (heard: Heard) => void) {
    this.#hear = hear
    this.#resolve = resolve
  }

  onHead(head: Head): void {
    this.#head = head
  }

  onChunk(chunk: Buffer): boolean {
    let goesOn = true
    let start = 0
    for (;;) {
      const newline = chunk.indexOf(NEWLINE, start)
      if (newline < 0) break
      const line = Buffer.concat([...this.#rest, chunk.subarray(start, newline)]).toString()
      this.#rest = []
      this.#restBytes = 0
      goesOn = this.#read(line) && goesOn
      start = newline + 1
    }
    this.#rest.push(chunk.subarray(start))
    this.#restBytes += chunk.length - start
    if (this.#restBytes > LONGEST_LINE_BYTES) {
      this.exchange?.abort()
      this.#rest = []
      this.onFail('broken')
    }
    return goesOn
  }

  onEnd(): void {
    // A refusal is plain JSON, on one line without an end.
    if (this.#restBytes > 0) this.#read(Buffer.concat(this.#rest).toString())
    const refused = this.#fault ?? this.#refusal()
    if (refused) this.#resolve({ kind: 'failed', fault: refused })
    else if (this.#last && this.#hasSound) this.#resolve({ kind: 'whole', last: this.#last })
    else this.onFail('broken')
  }

  /** A status says no as well, whatever is in the body. */
  #refusal(): Fault | undefined {
    const head = this.#head
    if (!head || head.status < 300) return undefined
    return refusalFault(head, 0) ?? new Fault('param_invalid', 'the engine refused the request')
  }

  onFail(failure: Failure): void {
    this.#resolve({ kind: 'failed', fault: failureFault(failure) })
  }

  #read(line: string): boolean {
    const event = eventIn(line)
    if (!event || !this.#head) return true
    const base = event.base_resp as { status_code?: unknown; status_msg?: unknown } | undefined
    const code = Number(base?.status_code ?? 0) || 0
    if (code !== 0 || this.#head.status >= 300) {
      const says = typeof base?.status_msg === 'string' ? base.status_msg.slice(0, 300) : ''
      this.#fault ??=
        refusalFault(this.#head, code) ?? new EngineRefusal(code || faults.param_invalid.code, says)
      return true
    }
    const data = objectIn(event, 'data')
    const isSound = textIn(data, 'audio') !== null
    this.#hasSound ||= isSound
    if (data.status === 2) {
      this.#last = event
      return true
    }
    // A piece without sound is none: who leaves after it has heard nothing.
    return isSound ? this.#hear(event) : true
  }
}

function eventIn(line: string): JsonObject | undefined {
  const text = line.startsWith('data:') ? line.slice(5) : line
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    return JSON.parse(text) as JsonObject
  } catch {
    // Half an event, which an engine that broke off leaves.
    return undefined
  }
}
