import type { Statement } from '../store/sqlite.ts'
import type { Batch, Journal } from './journal-sqlite.ts'
import type { Op } from './op.ts'

/** How long the last settlements of a burst may wait for company before they are written by themselves. */
const TRAILING_MS = 50

/**
 * Group commit without timers: whatever arrives while the disk is busy is the next batch, and an idle disk is given the
 * first batch at the end of the running turn of the event loop. Ops that ride wait for the next batch; only when none
 * comes within TRAILING_MS are they written alone, so that an idle server has nothing unwritten.
 */
export class Batches {
  readonly #journal: Journal
  readonly #onFailure: (ops: readonly Op[]) => Op[]
  #number: number
  #ops: Op[] = []
  #statements: Statement[] = []
  #next = deferred()
  #awaited = false
  #writing = false
  #scheduled = false
  #trailing: NodeJS.Timeout | undefined
  #drained: (() => void)[] = []

  /** `onFailure` takes back the ops of a batch that was not written and answers those to write again. */
  constructor(journal: Journal, firstNumber: number, onFailure: (ops: readonly Op[]) => Op[]) {
    this.#journal = journal
    this.#number = firstNumber
    this.#onFailure = onFailure
  }

  /** Resolves when the op is durable; rejects when it was not written. */
  append(op: Op, statements: readonly Statement[] = []): Promise<void> {
    return this.appendAll([op], statements)
  }

  appendAll(ops: readonly Op[], statements: readonly Statement[]): Promise<void> {
    this.#ops.push(...ops)
    this.#statements.push(...statements)
    this.#awaited = true
    const { promise } = this.#next
    this.#schedule()
    return promise
  }

  /** Goes with the next batch. */
  ride(op: Op): void {
    this.#ops.push(op)
    this.#trailing ??= setTimeout(() => {
      this.#trailing = undefined
      this.#schedule()
    }, TRAILING_MS)
  }

  /** Resolves when everything handed in so far is written, or was given up after a failure. */
  drain(): Promise<void> {
    if (!this.#writing && this.#ops.length === 0 && this.#statements.length === 0) return Promise.resolve()
    this.#schedule()
    return new Promise((resolve) => this.#drained.push(resolve))
  }

  #schedule(): void {
    if (this.#writing || this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      void this.#write()
    })
  }

  async #write(): Promise<void> {
    if (this.#writing || (this.#ops.length === 0 && this.#statements.length === 0)) return
    this.#writing = true
    clearTimeout(this.#trailing)
    this.#trailing = undefined
    const batch: Batch = { number: ++this.#number, ops: this.#ops, statements: this.#statements }
    const done = this.#next
    this.#ops = []
    this.#statements = []
    this.#next = deferred()
    this.#awaited = false
    let failed = false
    try {
      await this.#journal.write(batch)
      done.resolve()
    } catch (error) {
      failed = true
      this.#ops.unshift(...this.#onFailure(batch.ops))
      done.reject(error)
    }
    this.#writing = false
    this.#afterWrite(failed)
  }

  /** After a failure only a caller who waits makes us try again, so a full disk is not hammered. */
  #afterWrite(failed: boolean): void {
    if (this.#awaited) {
      // One more turn of the event loop first: what has arrived meanwhile joins, and batches of dozens cost a fraction.
      setImmediate(() => this.#schedule())
      return
    }
    if (this.#ops.length > 0 && !failed) this.#trailing ??= setTimeout(() => this.#schedule(), TRAILING_MS)
    if (failed || this.#ops.length === 0) {
      for (const resolve of this.#drained.splice(0)) resolve()
    } else if (this.#drained.length > 0) this.#schedule()
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
  let resolve: () => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
