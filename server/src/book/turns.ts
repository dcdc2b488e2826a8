import { BookDown } from './book-down.ts'
import type { Job } from './jobs.ts'

/** How long what nobody waits for may wait for company. */
const TRAILING_MS = 50
/** After a failure: soon enough to mend by itself, and a database that is starting is not hammered. */
const RETRY_MS = 1_000
/** How often a drain tries before it gives up; what it leaves another server sweeps. */
const DRAIN_FAILURES = 3
/** A transaction holds its locks for as long as it lasts. */
const MOST_JOBS = 500

export type Turn = {
  readonly job: Job
  resolve(answer: unknown): void
  reject(error: unknown): void
  /** Ends are never dropped: a turn that was not written is taken again, though its caller was told. */
  readonly kept: boolean
}

/** How a turn went, in the order of the turns: an answer, or what its own `run` threw. */
export type Outcomes = readonly ({ readonly answer: unknown } | { readonly error: unknown })[]

/**
 * Group commit over a database that is shared: one transaction at a time, and what arrives meanwhile is the next one.
 * `write` answers when it is committed, and throws when nothing of it was.
 */
export class Turns {
  readonly #write: (jobs: readonly Job[]) => Promise<Outcomes>
  readonly #isOfOne: (error: unknown) => boolean
  #waiting: Turn[] = []
  #awaited = false
  #failing = false
  #writing: Promise<boolean> | undefined
  #scheduled = false
  #later: NodeJS.Timeout | undefined

  /** `isOfOne`: whether an error of `write` is the fault of a single job, and not of the database. */
  constructor(write: (jobs: readonly Job[]) => Promise<Outcomes>, isOfOne: (error: unknown) => boolean) {
    this.#write = write
    this.#isOfOne = isOfOne
  }

  /** The database could not be written last time. What one job alone may not write says nothing about it. */
  get isFailing(): boolean {
    return this.#failing
  }

  /** Resolves with the job's answer when it is durable; rejects with BookDown when nothing was written. */
  take<answer>(job: Job<answer>, kept = false): Promise<answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve: (answer) => resolve(answer as answer), reject, kept })
      this.#awaited = true
      this.#schedule()
    })
  }

  /** Goes with the next transaction; `rejected` hears what the job itself throws. */
  ride(job: Job, rejected: (error: unknown) => void): void {
    // What could not be written is kept and written later, as isFailing says: nobody has to hear of it each time.
    const reject = (error: unknown) => {
      if (!(error instanceof BookDown)) rejected(error)
    }
    this.#waiting.push({ job, resolve: () => undefined, reject, kept: true })
    this.#writeIn(TRAILING_MS)
  }

  /** Resolves when everything handed in so far is written, or was given up after some failures. */
  async drain(): Promise<void> {
    await this.#writing
    for (let failures = 0; failures < DRAIN_FAILURES && this.#waiting.length > 0; ) {
      if (!(await this.#turn())) failures++
    }
  }

  #schedule(): void {
    if (this.#writing || this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      void this.#turn()
    })
  }

  #writeIn(delayMs: number): void {
    this.#later ??= setTimeout(() => {
      this.#later = undefined
      this.#schedule()
    }, delayMs).unref()
  }

  #turn(): Promise<boolean> {
    if (this.#writing) return this.#writing
    if (this.#waiting.length === 0) return Promise.resolve(true)
    clearTimeout(this.#later)
    this.#later = undefined
    this.#writing = this.#writeTurns().then((written) => {
      this.#writing = undefined
      if (this.#awaited) setImmediate(() => this.#schedule())
      else if (this.#waiting.length > 0) this.#writeIn(written ? TRAILING_MS : RETRY_MS)
      return written
    })
    return this.#writing
  }

  /** False when something is left that is to be written later. */
  async #writeTurns(): Promise<boolean> {
    const turns = this.#waiting.slice(0, MOST_JOBS)
    this.#waiting = this.#waiting.slice(MOST_JOBS)
    this.#awaited = this.#waiting.length > 0
    try {
      const isAll = await this.#writeAll(turns)
      this.#failing = false
      return isAll
    } catch (error) {
      this.#failing = true
      this.#waiting.unshift(...turns.filter(({ kept }) => kept))
      for (const turn of turns) turn.reject(BookDown.from(error))
      return false
    }
  }

  async #writeAll(turns: readonly Turn[]): Promise<boolean> {
    try {
      const outcomes = await this.#write(turns.map(({ job }) => job))
      for (const [index, turn] of turns.entries()) tell(turn, outcomes[index])
      return true
    } catch (error) {
      if (!this.#isOfOne(error)) throw error
      const [only, ...others] = turns
      if (only && others.length === 0) return this.#setAside(only, error)
      // What one of them brings along cannot be written; the others are not to wait for it.
      let isAll = true
      for (const turn of turns) if (!(await this.#writeAll([turn]))) isAll = false
      return isAll
    }
  }

  #setAside(turn: Turn, error: unknown): boolean {
    if (turn.kept) this.#waiting.push(turn)
    turn.reject(BookDown.from(error))
    return !turn.kept
  }
}

function tell(turn: Turn, outcome: Outcomes[number] | undefined): void {
  if (outcome && 'answer' in outcome) turn.resolve(outcome.answer)
  else turn.reject(outcome?.error)
}
