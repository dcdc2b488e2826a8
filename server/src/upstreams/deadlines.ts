/**
 * Time-outs that all last equally long, so the one set first is the one due first: a set in that order and one timer for
 * all of them, where a timer each would be a tenth of what a small request costs.
 */
export class Deadlines {
  readonly #lastMs: number
  readonly #now: () => number
  /** Instants in ms of the monotonic clock, earliest first. */
  readonly #due = new Map<() => void, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(lastMs: number, now: () => number = () => performance.now()) {
    this.#lastMs = lastMs
    this.#now = now
  }

  /** `expire` is called once when the time is over, unless it is removed before. The same function is one deadline. */
  add(expire: () => void): void {
    this.#due.set(expire, this.#now() + this.#lastMs)
    this.#timer ??= this.#wakeIn(this.#lastMs)
  }

  remove(expire: () => void): void {
    this.#due.delete(expire)
  }

  #wakeIn(ms: number): NodeJS.Timeout {
    // Whoever waits has a socket open; a timer that finds nothing due must not keep the process.
    return setTimeout(() => this.#expire(), ms).unref()
  }

  #expire(): void {
    this.#timer = undefined
    const now = this.#now()
    for (const [expire, dueAt] of this.#due) {
      if (dueAt > now) {
        this.#timer = this.#wakeIn(Math.ceil(dueAt - now))
        return
      }
      this.#due.delete(expire)
      expire()
    }
  }
}
