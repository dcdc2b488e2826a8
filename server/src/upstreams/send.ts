import type { Dispatcher } from 'undici'
import type { Deadline } from './deadlines.ts'
import type { Upstream } from './upstream.ts'
import type { Target } from './upstreams.ts'

export type UpstreamRequest = {
  readonly method: 'POST' | 'GET'
  /** The body for an upstream: chunks, passed on as they are. A fresh list for every attempt. */
  readonly bodyFor: (target: Target) => readonly Buffer[]
  /** Of the body; JSON unless it says otherwise. */
  readonly contentType?: string
  /** Headers of the dialect that the caller sent and the upstream may need, flat. */
  readonly headers: readonly string[]
  /** The body is sent and the answer has begun: it is needed no more, however long the answer streams. */
  readonly release: () => void
}

export type Head = {
  readonly status: number
  readonly contentType: string
  readonly contentLength: number | null
  readonly retryAfter: string | null
  readonly upstream: Upstream
}

/** Why nothing (more) comes. */
export type Failure = 'unreachable' | 'slow' | 'broken'

/** Called in order: head, chunks, then either end or fail, once. */
export type Sink = {
  onHead(head: Head): void
  /** False asks for a pause until `resume` is called. */
  onChunk(chunk: Buffer): boolean
  onEnd(): void
  onFail(failure: Failure): void
}

export type Exchange = { abort(): void; resume(): void }

/** Statuses after which another attempt may do better: the engine did not begin the work. */
const RETRYABLE = new Set([502, 503, 504])

/**
 * Sends to the first target; before the first byte of an answer a failed attempt is made again, there `retries` times and
 * then at the next target. Whatever is tried, one answer reaches the sink, so one attempt is billable.
 */
export function send(targets: readonly Target[], request: UpstreamRequest, sink: Sink): Exchange {
  let running: Attempt | undefined
  let aborted = false
  let turn = 0
  let triesThere = 0
  /** False where nothing is left to try. */
  const next = (): boolean => {
    const target = targets[turn]
    if (!target || aborted) return false
    if (triesThere++ >= target.upstream.retries) {
      turn++
      triesThere = 0
    }
    running = new Attempt(target, request, sink, next)
    return true
  }
  next()
  return {
    abort() {
      aborted = true
      running?.abort()
    },
    resume: () => running?.resume(),
  }
}

/** A body with edits in it goes out in one write up to this size; copying more would cost more than the writes. */
const ONE_PIECE_BYTES = 16_384

function joined(chunks: readonly Buffer[]): Buffer | undefined {
  return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
}

class Attempt implements Dispatcher.DispatchHandler {
  readonly #target: Target
  readonly #sink: Sink
  readonly #again: () => boolean
  #abort: ((reason?: Error) => void) | undefined
  #resume: (() => void) | undefined
  readonly #deadline: Deadline
  #state: 'waiting' | 'answering' | 'over' = 'waiting'
  #timedOut = false
  #chunks: Buffer[] = []
  #sent = false
  readonly #release: () => void

  constructor(target: Target, request: UpstreamRequest, sink: Sink, again: () => boolean) {
    this.#target = target
    this.#sink = sink
    this.#again = again
    this.#release = request.release
    const { upstream, path } = target
    this.#deadline = upstream.deadlines.add(() => {
      this.#timedOut = true
      this.#abort?.(new Error('total time-out'))
    })
    const chunks = request.bodyFor(target)
    let length = 0
    for (const chunk of chunks) length += chunk.length
    const whole = length <= ONE_PIECE_BYTES ? joined(chunks) : undefined
    // A list of its own, so that it can be emptied under undici, which keeps a request's body until its answer ends.
    if (!whole) this.#chunks = [...chunks]
    upstream.pool.dispatch(
      {
        method: request.method,
        path,
        headers: headersFor(request, upstream, length),
        // undici takes any iterable of chunks; its types name only streams and buffers.
        body: request.method === 'GET' ? null : (whole ?? (this.#chunks as unknown as Buffer)),
      },
      this,
    )
  }

  abort(): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#cancelDeadline()
    this.#abort?.(new Error('the client has gone'))
  }

  resume(): void {
    this.#resume?.()
  }

  #cancelDeadline(): void {
    this.#target.upstream.deadlines.remove(this.#deadline)
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort
    // Aborted while it still waited for a connection.
    if (this.#state === 'over') abort(new Error('the client has gone'))
  }

  onRequestSent(): void {
    this.#sent = true
    this.#dropBody()
  }

  #dropBody(): void {
    if (!this.#sent || this.#state !== 'answering') return
    this.#chunks.length = 0
    this.#release()
  }

  onHeaders(status: number, rawHeaders: Buffer[], resume: () => void): boolean {
    if (status < 200 || this.#state === 'over') return true
    if (RETRYABLE.has(status) && this.#again()) {
      this.abort()
      return true
    }
    this.#state = 'answering'
    this.#resume = resume
    this.#dropBody()
    this.#sink.onHead(headOf(status, rawHeaders, this.#target.upstream))
    return true
  }

  onData(chunk: Buffer): boolean {
    return this.#state === 'answering' ? this.#sink.onChunk(chunk) : true
  }

  onComplete(): void {
    if (this.#state !== 'answering') return
    this.#state = 'over'
    this.#cancelDeadline()
    this.#sink.onEnd()
  }

  onError(error: Error): void {
    this.#cancelDeadline()
    if (this.#state === 'over') return
    const began = this.#state === 'answering'
    this.#state = 'over'
    const failure = this.#timedOut ? 'slow' : failureOf(error)
    if (!began && failure !== 'slow' && this.#again()) return
    this.#sink.onFail(failure)
  }
}

function headersFor(request: UpstreamRequest, upstream: Upstream, length: number): string[] {
  if (request.method === 'GET') return [...upstream.headers, ...request.headers]
  const headers = [
    'content-type',
    request.contentType ?? 'application/json',
    'content-length',
    String(length),
  ]
  headers.push(...upstream.headers, ...request.headers)
  return headers
}

function failureOf(error: Error): Failure {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'unreachable'
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'slow'
    default:
      return 'broken'
  }
}

const CONTENT_TYPE = Buffer.from('content-type')
const CONTENT_LENGTH = Buffer.from('content-length')
const RETRY_AFTER = Buffer.from('retry-after')
/** Turns a capital letter into a small one; what else it turns into a small one or a hyphen, no header's name has. */
const SMALL = 0x20

/** As bytes, in any case: a text of each name is dearer than all the comparing. */
function isName(name: Buffer, wanted: Buffer): boolean {
  if (name.length !== wanted.length) return false
  for (let index = 0; index < wanted.length; index++)
    if (((name[index] ?? 0) | SMALL) !== wanted[index]) return false
  return true
}

/** Only what the gateway acts on; no other header of an upstream passes. */
function headOf(status: number, raw: readonly Buffer[], upstream: Upstream): Head {
  let contentType = ''
  let contentLength: number | null = null
  let retryAfter: string | null = null
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]
    const value = raw[index + 1]
    if (!name || !value) continue
    if (isName(name, CONTENT_TYPE)) contentType = value.toString('latin1')
    else if (isName(name, CONTENT_LENGTH)) contentLength = Number(value.toString('latin1'))
    else if (isName(name, RETRY_AFTER)) retryAfter = value.toString('latin1')
  }
  return { status, contentType, contentLength, retryAfter, upstream }
}
