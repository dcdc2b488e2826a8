import { type Ending, NO_TOKENS, type Tokens } from '../book/op.ts'
import { Fault, type FaultName } from '../faults.ts'
import type { AnswerMeter, AnswerReport } from '../modalities/text-answer.ts'
import { type Exchange, type Failure, type Head, send, type UpstreamRequest } from '../upstreams/send.ts'
import type { Target } from '../upstreams/upstreams.ts'
import { type Call, idHeaders } from './call.ts'
import type { EarlyEnd } from './dialects/early-end.ts'
import { refusalEvent } from './dialects/refusal-body.ts'
import { type PaidBy, type PaidSink, PaidStream } from './paid-stream.ts'
import { baseCode, failureFault, refusalFault } from './upstream-refusal.ts'

/**
 * How an exchange ended. `finish` sends the last bytes: with money it is called when the settlement is durable, so the
 * client never holds a whole answer that is not in the book.
 */
export type Relayed = {
  readonly ending: Ending
  readonly report: AnswerReport | null
  /** `used` is what is charged; an end of ours says it. */
  finish(used?: Tokens): void
  /** What of ours ended it; the caller has been told. */
  readonly failure?: Fault
}

/** How long an upstream is read on for its usage after the client left (`onClientGone: drain`). */
const DRAIN_MS = 60_000
const LONGEST_ERROR_BODY = 64 * 1024
/** An answer that does not stream is looked at up to here, or to its end, before a byte of it is passed on. */
const FIRST_BYTES = 2048

/** How an answer goes out, and who reads along to know what it cost. */
export type Answering = {
  readonly headers: readonly string[]
  readonly meter: (streaming: boolean) => AnswerMeter
  /** What a stream says that breaks off: what it costs depends on what it is. */
  readonly cut: FaultName
  /** Money that is held slice by slice, for a stream. */
  readonly paidBy?: PaidBy | undefined
}

/** Sends the request on and the answer back. Resolves once; throws a Fault when nothing was said to the client yet. */
export function relay(
  call: Call,
  targets: readonly Target[],
  request: UpstreamRequest,
  answer: Answering,
): Promise<Relayed> {
  return new Promise((resolve, reject) => {
    if (answer.paidBy) {
      const paid: PaidStream = new PaidStream(call, answer.paidBy, () => passage)
      const meter = (streaming: boolean) => (streaming ? paid.passedMeter : answer.meter(false))
      const passage = new Passage(call, { ...answer, meter }, resolve, reject)
      passage.start(paid.over(send(targets, request, paid)))
      return
    }
    const passage = new Passage(call, answer, resolve, reject)
    passage.start(send(targets, request, passage))
  })
}

class Passage implements PaidSink {
  readonly #call: Call
  readonly #answer: Answering
  readonly #resolve: (relayed: Relayed) => void
  readonly #reject: (error: unknown) => void
  #exchange: Exchange | undefined
  #head: Head | undefined
  #meter: AnswerMeter | undefined
  /** Of an answer that came in one piece, read once. */
  #report: AnswerReport | undefined
  #errorBody: Buffer[] | undefined
  /** base_resp's code inside a 200, -1 for another dialect's error. */
  #refusalCode = 0
  #receivedBytes = 0
  #streaming = false
  /** The beginning of an answer, until it is known not to be a refusal. */
  #waiting: Buffer[] = []
  #began = false
  #clientGone = false
  #over = false
  /** The last chunk of an answer of known length: it waits for the settlement. */
  #tail: Buffer | undefined
  #drainTimer: NodeJS.Timeout | undefined

  constructor(
    call: Call,
    answer: Answering,
    resolve: (relayed: Relayed) => void,
    reject: (error: unknown) => void,
  ) {
    this.#call = call
    this.#answer = answer
    this.#resolve = resolve
    this.#reject = reject
  }

  start(exchange: Exchange): void {
    this.#exchange = exchange
    const { res } = this.#call
    res.on('close', () => this.#onClose())
    if (res.destroyed) this.#onClose()
  }

  onHead(head: Head): void {
    this.#head = head
    if (head.status >= 200 && head.status < 300) {
      this.#streaming = head.contentType.startsWith('text/event-stream')
      this.#meter = this.#answer.meter(this.#streaming)
    } else this.#errorBody = []
  }

  onChunk(chunk: Buffer): boolean {
    this.#receivedBytes += chunk.length
    if (this.#errorBody) {
      if (this.#receivedBytes <= LONGEST_ERROR_BODY) this.#errorBody.push(chunk)
      return true
    }
    this.#meter?.push(chunk)
    this.#report = undefined
    if (this.#clientGone) return true
    const isLast = this.#receivedBytes === this.#head?.contentLength
    if (!this.#began) {
      this.#waiting.push(chunk)
      return isLast || this.#streaming || this.#receivedBytes >= FIRST_BYTES ? this.#first(isLast) : true
    }
    if (isLast) {
      this.#tail = chunk
      return true
    }
    return this.#write(chunk)
  }

  /** The first bytes are here: enough to know whether they say no. */
  #first(isLast: boolean): boolean {
    if (this.#isRefusal()) return true
    if (!this.#streaming && !this.#isAnswer(isLast)) {
      this.#exchange?.abort()
      this.#fail(new Fault('upstream_failed', 'what it sent is no answer'))
      return true
    }
    this.#begin()
    const first = this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting)
    this.#waiting = []
    if (!first) return true
    if (!isLast) return this.#write(first)
    this.#tail = first
    return true
  }

  #write(chunk: Buffer): boolean {
    const { res } = this.#call
    if (res.write(chunk)) return true
    res.once('drain', () => this.#exchange?.resume())
    return false
  }

  onEnd(): void {
    if (!this.#began && this.#waiting.length > 0 && !this.#clientGone) this.#first(true)
    if (this.#errorBody) this.#endRefused(this.#errorBody)
    else if (this.#clientGone) this.#end('client-left-after')
    else if (!this.#began) this.#fail(new Fault('upstream_failed', 'it sent an empty answer'))
    else if (this.#isWhole()) this.#end('done')
    else this.#endCut()
  }

  onFail(failure: Failure): void {
    if (this.#clientGone) this.#end('client-left-after')
    else if (this.#began) this.#endCut()
    else this.#fail(failureFault(failure))
  }

  onUnpaid(last: EarlyEnd, refusal: Fault): void {
    if (this.#over) return
    if (!this.#began) {
      this.#fail(refusal)
      return
    }
    this.#close()
    const { res } = this.#call
    const finish = (used: Tokens = NO_TOKENS) => res.end(last.text(used))
    this.#resolve({ ending: 'money-ended', report: this.#reported(), finish })
  }

  /** Said at once: what books that are down make of the settlement, nobody knows. */
  onOurFailure(fault: Fault): void {
    if (this.#over) return
    if (!this.#began) {
      this.#fail(fault)
      return
    }
    this.#close()
    const { res, dialect, requestId } = this.#call
    // What was delivered is charged, which the word for a refusal denies.
    const told = fault.kind === 'store_down' ? new Fault('answer_stopped') : fault
    told.cause = fault.cause
    res.write(refusalEvent(told, dialect, requestId))
    this.#resolve({ ending: 'cut-after', report: this.#reported(), finish: () => res.end(), failure: told })
  }

  /** MiniMax says no with HTTP 200 and base_resp: nothing was done, and it is told before a byte is passed on. */
  #isRefusal(): boolean {
    this.#refusalCode = this.#reported()?.errorCode ?? 0
    if (this.#refusalCode === 0) return false
    this.#meter = undefined
    this.#report = undefined
    this.#errorBody = this.#waiting
    this.#waiting = []
    return true
  }

  /** A web page, a list, or half of a JSON object that is all there is, is told before a byte is passed on. */
  #isAnswer(isLast: boolean): boolean {
    if (firstByte(this.#waiting) !== OPENING_BRACE) return false
    return !isLast || this.#reported()?.finished === true
  }

  #begin(): void {
    const head = this.#head
    if (this.#began || !head) return
    this.#began = true
    const headers = ['content-type', head.contentType || 'application/json', ...this.#answer.headers]
    if (head.contentLength !== null) headers.push('content-length', String(head.contentLength))
    this.#call.res.writeHead(head.status, headers)
  }

  #reported(): AnswerReport | null {
    this.#report ??= this.#meter?.report()
    return this.#report ?? null
  }

  #isWhole(): boolean {
    const report = this.#reported()
    return report?.finished === true && report.errorCode === 0
  }

  #end(ending: Ending): void {
    this.#close()
    const { res } = this.#call
    const tail = this.#tail
    this.#resolve({ ending, report: this.#reported(), finish: () => finish(res, tail) })
  }

  /** A stream says what happened in its own form; anything else is broken off, so that nobody takes it for whole. */
  #endCut(): void {
    this.#close()
    const { res, dialect, requestId } = this.#call
    const said = this.#reported()?.errorCode !== 0
    const streaming = this.#streaming
    const { cut } = this.#answer
    this.#resolve({
      ending: 'cut-after',
      report: this.#reported(),
      finish: () => {
        if (!streaming) res.destroy()
        else res.end(said ? undefined : `\n\n${refusalEvent(new Fault(cut), dialect, requestId)}`)
      },
    })
  }

  /** The engine answered, with a refusal: the caller's own mistakes pass in its words, all else is ours to say. */
  #endRefused(body: readonly Buffer[]): void {
    const head = this.#head
    if (!head) return
    if (this.#clientGone) {
      this.#end('client-left-before')
      return
    }
    const fault = refusalFault(head, Math.max(this.#refusalCode, 0) || baseCode(body))
    // For the operator's log: who and what, never the engine's words, which may repeat a key or a prompt.
    if (fault) fault.cause = `upstream ${head.upstream.name} answered ${head.status}`
    if (fault) {
      this.#fail(fault)
      return
    }
    this.#close()
    const bytes = Buffer.concat(body)
    const { res } = this.#call
    this.#resolve({
      ending: 'failed',
      report: null,
      finish: () => {
        const length = ['content-length', String(bytes.length)]
        res.writeHead(head.status, [
          'content-type',
          head.contentType || 'application/json',
          ...length,
          ...idHeaders(this.#call),
        ])
        res.end(bytes)
      },
    })
  }

  #fail(fault: Fault): void {
    this.#close()
    this.#reject(fault)
  }

  #close(): void {
    this.#over = true
    clearTimeout(this.#drainTimer)
  }

  #onClose(): void {
    if (this.#over || this.#call.res.writableFinished) return
    this.#clientGone = true
    if (this.#call.gate.cutting) {
      this.#leave(this.#began ? 'cut-after' : 'failed')
      return
    }
    const drains = this.#began && this.#head?.upstream.onClientGone === 'drain'
    if (drains) {
      this.#drainTimer = setTimeout(() => this.#leave('client-left-after'), DRAIN_MS)
      this.#exchange?.resume()
    } else this.#leave(this.#began ? 'client-left-after' : 'client-left-before')
  }

  #leave(ending: Ending): void {
    if (this.#over) return
    this.#exchange?.abort()
    this.#end(ending)
  }
}

/** Up to this size a body goes out in one string with its head: one write to the socket where a Buffer takes a vector. */
const ONE_WRITE_BYTES = 16_384

function finish(res: Call['res'], tail: Buffer | undefined): void {
  if (tail && !res.writableCorked && tail.length <= ONE_WRITE_BYTES)
    res.end(tail.toString('latin1'), 'latin1')
  else res.end(tail)
}

const OPENING_BRACE = 0x7b

/** The first byte that is not white space; a web page or a list is no answer of any dialect. */
function firstByte(chunks: readonly Buffer[]): number | undefined {
  for (const chunk of chunks) {
    for (const byte of chunk) if (byte > 0x20) return byte
  }
  return undefined
}
