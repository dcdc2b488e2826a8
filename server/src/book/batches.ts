import type { Statement } from '../store/sqlite.ts'
import { BookDown } from './book-down.ts'
import type { Batch, Journal } from './journal-sqlite.ts'
import type { Op } from './op.ts'

/** How long the last settlements of a burst may wait for company before they are written by themselves. */
const TRAILING_MS = 50
/** After a failure, when nobody waits: soon enough to mend by itself, and a full disk is not hammered. */
const RETRY_MS = 1_000
/** How often a drain tries before it gives up; what it leaves is what a crash would leave. */
const DRAIN_FAILURES = 3

/** When things are written; a simulation has a time of its own. */
export type Timers = {
  /** At the end of the running turn of the event loop. */
  soon(act: () => void): void
  /** Answers how to call it off. Keeps no process alive. */
  later(act: () => void, delayMs: number): () => void
}

export const realTimers: Timers = {
  soon: (act) => void setImmediate(act),
  later(act, delayMs) {
    // A process that has nothing else to live for was drained before: what is left then can never be written.
    const timeout = setTimeout(act, delayMs).unref()
    return () => clearTimeout(timeout)
  },
}

type Attached = { readonly op: Op; readonly statements: readonly Statement[] }

/**
 * Group commit without timers: whatever arrives while the disk is busy is the next batch, and an idle disk is given the
 * first batch at the end of the running turn of the event loop. Ops that ride wait for the next batch; only when none
 * comes within TRAILING_MS are they written alone, so that an idle server has nothing unwritten.
 */
export class Batches {
  readonly #journal: Journal
  readonly #timers: Timers
  readonly #onFailure: (ops: readonly Op[]) => Op[]
  #number: number
  #writtenNumber: number
  #ops: Op[] = []
  #statements: Statement[] = []
  /** What must be committed with an op: it shares the op's fate, also when that is written again. */
  #attached: Attached[] = []
  #next = deferred()
  #awaited = false
  #failing = false
  #writing: Promise<boolean> | undefined
  #scheduled = false
  #callOff: (() => void) | undefined

  /** `onFailure` takes back the ops of a batch that was not written and answers those to write again. */
  constructor(
    journal: Journal,
    firstNumber: number,
    onFailure: (ops: readonly Op[]) => Op[],
    timers = realTimers,
  ) {
    this.#journal = journal
    this.#timers = timers
    this.#number = firstNumber
    this.#writtenNumber = firstNumber
    this.#onFailure = onFailure
  }

  /** The last batch could not be written. */
  get isFailing(): boolean {
    return this.#failing
  }

  /** The batch that an op joins now. What is kept of a failed one goes with the one after it. */
  get nextNumber(): number {
    return this.#number + 1
  }

  /** The last one that was written, and with it all before. */
  get writtenNumber(): number {
    return this.#writtenNumber
  }

  /**
   * Resolves when the op is durable; rejects with BookDown when it was not written. All ops of a batch get the same
   * promise: one for each, and another around it, were a measurable part of what a request costs.
   */
  append(op: Op, statements: readonly Statement[] = []): Promise<undefined> {
    this.#ops.push(op)
    if (statements.length > 0) this.#attached.push({ op, statements })
    return this.#written()
  }

  appendAll(ops: readonly Op[], statements: readonly Statement[]): Promise<undefined> {
    this.#ops.push(...ops)
    this.#statements.push(...statements)
    return this.#written()
  }

  #written(): Promise<undefined> {
    this.#awaited = true
    const { promise } = this.#next
    this.#schedule()
    return promise
  }

  /** Goes with the next batch. */
  ride(op: Op): void {
    this.#ops.push(op)
    this.#writeIn(TRAILING_MS)
  }

  /** Resolves when everything handed in so far is written, or was given up after some failures. */
  async drain(): Promise<void> {
    // A batch on its way may fail; what it hands back is tried again here.
    await this.#writing
    for (let failures = 0; failures < DRAIN_FAILURES && !this.#isEmpty(); ) {
      if (!(await this.#write())) failures++
    }
  }

  #isEmpty(): boolean {
    return this.#ops.length === 0 && this.#statements.length === 0
  }

  #schedule(): void {
    if (this.#writing || this.#scheduled) return
    this.#scheduled = true
    this.#timers.soon(() => {
      this.#scheduled = false
      void this.#write()
    })
  }

  #writeIn(delayMs: number): void {
    this.#callOff ??= this.#timers.later(() => {
      this.#callOff = undefined
      this.#schedule()
    }, delayMs)
  }

  /** Writes what there is, or waits for the batch that is being written; false when that failed. */
  #write(): Promise<boolean> {
    if (this.#writing) return this.#writing
    if (this.#isEmpty()) return Promise.resolve(true)
    this.#callOff?.()
    this.#callOff = undefined
    this.#writing = this.#writeBatch().then((written) => {
      this.#writing = undefined
      this.#afterWrite(written)
      return written
    })
    return this.#writing
  }

  async #writeBatch(): Promise<boolean> {
    const ops = this.#ops
    const attached = this.#attached
    const statements = [...this.#statements, ...attached.flatMap((each) => each.statements)]
    const batch: Batch = { number: ++this.#number, ops, statements }
    const done = this.#next
    this.#ops = []
    this.#statements = []
    this.#attached = []
    this.#next = deferred()
    this.#awaited = false
    try {
      await this.#journal.write(batch)
      this.#failing = false
      this.#writtenNumber = batch.number
      done.resolve(undefined)
      return true
    } catch (error) {
      this.#failing = true
      const kept = this.#onFailure(ops)
      this.#ops.unshift(...kept)
      this.#attached.unshift(...attached.filter(({ op }) => kept.includes(op)))
      done.reject(BookDown.from(error))
      return false
    }
  }

  #afterWrite(written: boolean): void {
    // One more turn of the event loop first: what has arrived meanwhile joins, and batches of dozens cost a fraction.
    if (this.#awaited) this.#timers.soon(() => this.#schedule())
    else if (!this.#isEmpty()) this.#writeIn(written ? TRAILING_MS : RETRY_MS)
  }
}

function deferred() {
  const { promise, resolve, reject } = resolvers()
  // A batch of riding ops has nobody who waits; its failure is kept by onFailure.
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

/** Promise.withResolvers, which Node 20 lacks. */
function resolvers() {
  let resolve: (value: undefined) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<undefined>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
