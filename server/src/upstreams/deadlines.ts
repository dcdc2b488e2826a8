/** What is called when its time is over, once, unless it is removed before. */
export type Deadline = {
  readonly expire: () => void
  /** Of the monotonic clock, in ms. */
  readonly dueAt: number
  earlier: Deadline | undefined
  later: Deadline | undefined
}

/**
 * Time-outs that all last equally long, so the one set first is the one due first: a list in that order and one timer for
 * all of them. A list whose links are cleared, not a Map or a Set: the tables those leave behind keep what was in them
 * alive until a full collection, which doubled what collecting cost (seen).
 */
export class Deadlines {
  readonly #lastMs: number
  readonly #now: () => number
  #first: Deadline | undefined
  #last: Deadline | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(lastMs: number, now: () => number = () => performance.now()) {
    this.#lastMs = lastMs
    this.#now = now
  }

  add(expire: () => void): Deadline {
    const deadline = { expire, dueAt: this.#now() + this.#lastMs, earlier: this.#last, later: undefined }
    if (this.#last) this.#last.later = deadline
    else this.#first = deadline
    this.#last = deadline
    this.#timer ??= this.#wakeIn(this.#lastMs)
    return deadline
  }

  /** One that is over, or was removed, has no place in the list any more: nothing happens. */
  remove(deadline: Deadline): void {
    const { earlier, later } = deadline
    if (earlier) earlier.later = later
    else if (this.#first === deadline) this.#first = later
    if (later) later.earlier = earlier
    else if (this.#last === deadline) this.#last = earlier
    deadline.earlier = undefined
    deadline.later = undefined
  }

  #wakeIn(ms: number): NodeJS.Timeout {
    // Whoever waits has a socket open; a timer that finds nothing due must not keep the process.
    return setTimeout(() => this.#expire(), ms).unref()
  }

  #expire(): void {
    this.#timer = undefined
    const now = this.#now()
    for (let due = this.#first; due; due = this.#first) {
      if (due.dueAt > now) {
        this.#timer = this.#wakeIn(Math.ceil(due.dueAt - now))
        return
      }
      this.remove(due)
      due.expire()
    }
  }
}
