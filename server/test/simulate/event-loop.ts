import type { Timers } from '../../src/book/batches.ts'
import type { Random } from './random.ts'

type Task = { readonly act: () => void; readonly due: number }

/**
 * The event loop of a simulated process: its turns, its timers and the answers of its disk come in an order that the seed
 * draws. Between two tasks all promises settle, as they do between two turns of a real one.
 */
export class EventLoop implements Timers {
  #soon: Task[] = []
  #timers: Task[] = []
  readonly #queues: Readonly<Record<'writer' | 'reader', Task[]>> = { writer: [], reader: [] }
  #nowMs = 0
  /** Turns that the disk still takes its time. */
  stalled = 0

  soon(act: () => void): void {
    this.#soon.push({ act, due: 0 })
  }

  later(act: () => void, delayMs: number): () => void {
    const task = { act, due: this.#nowMs + delayMs }
    this.#timers.push(task)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== task)
    }
  }

  /** A worker does one thing after the other, whatever the other worker does. */
  queue(worker: 'writer' | 'reader', act: () => void): void {
    this.#queues[worker].push({ act, due: 0 })
  }

  get isIdle(): boolean {
    const { writer, reader } = this.#queues
    return [this.#soon, this.#timers, writer, reader].every((tasks) => tasks.length === 0)
  }

  /** What the disk was about to do when the process ended. */
  get nextWrite(): (() => void) | undefined {
    return this.#queues.writer[0]?.act
  }

  /** The process is gone, and with it everything it was about to do. */
  end(): void {
    this.#soon = []
    this.#timers = []
    this.#queues.writer.length = 0
    this.#queues.reader.length = 0
    this.stalled = 0
  }

  async turn(random: Random): Promise<void> {
    this.#next(random)?.act()
    await promisesSettled()
  }

  /** Timers only when nothing else is left, or now and then: time goes by while others work. */
  #next(random: Random): Task | undefined {
    if (this.stalled > 0) this.stalled--
    const { writer, reader } = this.#queues
    const queues = [this.#soon, this.stalled > 0 ? [] : writer, reader].filter(({ length }) => length > 0)
    if (queues.length > 0 && !(this.#timers.length > 0 && random.once(20))) return random.of(queues).shift()
    const [first] = this.#timers.sort((a, b) => a.due - b.due)
    if (!first) return undefined
    this.#timers = this.#timers.filter((task) => task !== first)
    this.#nowMs = Math.max(this.#nowMs, first.due)
    return first
  }
}

/** The real event loop comes round only when no promise is left to settle. */
export function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
