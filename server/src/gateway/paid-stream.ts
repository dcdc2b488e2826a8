import type { NoMoney } from '../book/refusal.ts'
import type { Fault } from '../faults.ts'
import { countTokens } from '../modalities/slices.ts'
import type { StreamEvent } from '../modalities/stream-event.ts'
import { type AnswerMeter, type AnswerReport, meterPaidStream } from '../modalities/text-answer.ts'
import type { Exchange, Failure, Head, Sink } from '../upstreams/send.ts'
import type { Allowance, Enlarged } from './allowance.ts'
import { type Call, isGone } from './call.ts'
import type { EarlyEnd } from './dialects/early-end.ts'
import { toldFault } from './told-fault.ts'
import { WholeEvents } from './whole-events.ts'

/** What a stream does when its next bytes are not paid for. */
export type PaidSink = Sink & {
  /** Money is used up: what was passed on is ended by `last`. With nothing passed on yet it is refused. */
  onUnpaid(last: EarlyEnd, refusal: Fault): void
  /** Our own failure. */
  onOurFailure(fault: Fault): void
}

export type PaidBy = {
  readonly allowance: Allowance
  readonly earlyEnd: EarlyEnd
  readonly refusalFor: (why: NoMoney | 'revoked') => Fault
}

/** A longer event is an engine that has lost itself; the last one of a response repeats the whole answer. */
const LONGEST_EVENT_BYTES = 4 * 1024 * 1024
const LINE_END = Buffer.from('\n')

/** An event on its way to the caller, and what is known of the stream once it has passed. */
type Waiting = {
  readonly bytes: Buffer
  readonly tokens: number
  /** It brings output; others say how it is, and are never held back for good. */
  readonly hasOutput: boolean
  readonly report: AnswerReport
  readonly seen: readonly StreamEvent[]
}

/**
 * Stands between an engine and its caller where money pays a stream. Whole events pass when their output is paid for; what
 * is not waits, and the engine with it, until the next slices are durable. Half an event is of no use to anybody, and
 * holding it back means that an end of ours always stands on a boundary.
 */
export class PaidStream implements Sink {
  readonly #call: Call
  readonly #paidBy: PaidBy
  readonly #sink: () => PaidSink
  readonly #events = new WholeEvents()
  readonly #meter: AnswerMeter
  #seen: StreamEvent[] = []
  #outputEvents = 0
  /** Of everything that was received. */
  #tokens = 0
  /** The same at the last event with output: what a report at the end adds needs no slice ahead. */
  #outputTokens = 0
  #metered: AnswerReport
  #passed: AnswerReport
  #queue: Waiting[] = []
  #exchange: Exchange | undefined
  #isStream = false
  #callerIsSlow = false
  /** The sink reads on without a caller, for the engine's report; nothing more is held for that. */
  #hasLeft = false
  /** An ask was refused: from now on only for what the next event needs, and not ahead of it. */
  #isWary = false
  #whenPassed: (() => void) | undefined
  #over = false

  constructor(call: Call, paidBy: PaidBy, sink: () => PaidSink) {
    this.#call = call
    this.#paidBy = paidBy
    this.#sink = sink
    this.#meter = meterPaidStream(call.dialect, (event) => this.#seen.push(event))
    this.#metered = this.#meter.report()
    this.#passed = this.#metered
  }

  /** What the caller was given; it is read here, once. */
  readonly passedMeter: AnswerMeter = { push: () => undefined, report: () => this.#passed }

  /** The engine's exchange as the sink may use it. */
  over(exchange: Exchange): Exchange {
    this.#exchange = exchange
    return {
      abort: () => this.#stop(),
      resume: () => {
        this.#callerIsSlow = false
        this.#hasLeft = isGone(this.#call)
        this.#pass()
        this.#goOn()
      },
    }
  }

  onHead(head: Head): void {
    this.#isStream =
      head.status >= 200 && head.status < 300 && head.contentType.startsWith('text/event-stream')
    // An end of ours may be shorter or longer.
    this.#sink().onHead(this.#isStream ? { ...head, contentLength: null } : head)
  }

  onChunk(chunk: Buffer): boolean {
    if (!this.#isStream) return this.#sink().onChunk(chunk)
    for (const event of this.#events.push(chunk)) this.#queue.push(this.#weigh(event))
    if (this.#events.restBytes <= LONGEST_EVENT_BYTES) this.#pass()
    else {
      this.#exchange?.abort()
      this.onFail('broken')
    }
    return this.#queue.length === 0 && !this.#callerIsSlow
  }

  onEnd(): void {
    const rest = this.#events.rest()
    if (rest.length > 0) this.#queue.push(this.#weigh(rest, true))
    this.#ends(() => this.#sink().onEnd())
  }

  onFail(failure: Failure): void {
    this.#ends(() => this.#sink().onFail(failure))
  }

  #ends(told: () => void): void {
    this.#whenPassed ??= told
    this.#pass()
  }

  #weigh(bytes: Buffer, isRest = false): Waiting {
    const before = this.#metered.deliveredBytes
    this.#meter.push(bytes)
    // The meter reads lines, and at the end of a stream one may lack its own end.
    if (isRest) this.#meter.push(LINE_END)
    const report = this.#meter.report()
    const hasOutput = report.deliveredBytes > before
    if (hasOutput) this.#outputEvents++
    this.#metered = report
    const seen = this.#seen
    this.#seen = []
    this.#tokens = countTokens(report, this.#outputEvents)
    if (hasOutput) this.#outputTokens = this.#tokens
    return { bytes, tokens: this.#tokens, hasOutput, report, seen }
  }

  /** Passes on what is paid for, and sees to it that the rest soon will be. */
  #pass(): void {
    if (this.#over) return
    const { allowance } = this.#paidBy
    const unpaid = this.#queue.findIndex(
      ({ tokens, hasOutput }) => !allowance.covers(tokens) && (hasOutput || !this.#hasLeft),
    )
    this.#handOver(this.#queue.splice(0, unpaid < 0 ? this.#queue.length : unpaid))
    if (this.#over) return
    const [next] = this.#queue
    if (next) {
      if (!allowance.isGrowing) this.#pay(next)
    } else if (this.#whenPassed) {
      this.#over = true
      this.#whenPassed()
    } else if (!this.#isWary && !allowance.isGrowing) this.#payAhead()
  }

  #handOver(events: readonly Waiting[]): void {
    const last = events.at(-1)
    if (!last) return
    for (const { seen } of events) for (const event of seen) this.#paidBy.earlyEnd.see(event)
    this.#passed = last.report
    const bytes = events.length === 1 ? last.bytes : Buffer.concat(events.map((event) => event.bytes))
    if (!this.#sink().onChunk(bytes)) this.#callerIsSlow = true
  }

  /** So early that a stream at its usual pace finds its next slice durable when it gets there. */
  #payAhead(): void {
    const { allowance } = this.#paidBy
    if (this.#metered.finished || this.#hasLeft || !allowance.runsShort(this.#outputTokens)) return
    void allowance.grow(this.#outputTokens).then((enlarged) => this.#enlarged(enlarged, undefined))
  }

  #pay(next: Waiting): void {
    if (this.#hasLeft) {
      this.#stop()
      this.#sink().onEnd()
      return
    }
    const tokens = this.#isWary ? next.tokens : this.#tokens
    void this.#paidBy.allowance
      .grow(tokens)
      .then((enlarged) => this.#enlarged(enlarged, tokens > next.tokens ? undefined : next))
  }

  /** `next` is the event that was asked for and nothing beyond it. */
  #enlarged(enlarged: Enlarged, next: Waiting | undefined): void {
    if (this.#over) return
    this.#isWary = enlarged.kind !== 'held'
    if (enlarged.kind !== 'held' && next) {
      if (next.hasOutput) {
        this.#endUnpaid(enlarged)
        return
      }
      // It says what was used, or that all is said: above the hold that is the operator's.
      this.#handOver(this.#queue.splice(0, 1))
    }
    this.#pass()
    this.#goOn()
  }

  #endUnpaid(enlarged: Exclude<Enlarged, { kind: 'held' }>): void {
    this.#stop()
    if (enlarged.kind === 'failed') this.#sink().onOurFailure(faultIn(enlarged.error))
    else this.#sink().onUnpaid(this.#paidBy.earlyEnd, this.#paidBy.refusalFor(enlarged.why))
  }

  #stop(): void {
    this.#over = true
    this.#queue = []
    this.#exchange?.abort()
  }

  #goOn(): void {
    if (this.#queue.length === 0 && !this.#callerIsSlow) this.#exchange?.resume()
  }
}

function faultIn(error: unknown): Fault {
  const fault = toldFault(error)
  // For the operator alone.
  if (fault !== error) fault.cause = error
  return fault
}
