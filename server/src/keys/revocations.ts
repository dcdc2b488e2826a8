import type { Store } from '../store/store.ts'

/** A secret that was revoked on one server stops on all within a second: half for asking, half for the answer. */
const EVERY_MS = 500
export const STALE_MS = 1_000

const STATE = `select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as now,
  (select value from setting where name = 'keys_version') as keys,
  (select value from setting where name = 'clock_offset_ms') as ahead`

export type Heard = {
  /** The database's clock, with the offset that an operator has given it. */
  readonly planNow: number
  readonly offsetMs: number
}

type Listener = {
  readonly read: Store['read']
  /** Milliseconds that only rise. */
  readonly realNow: () => number
  readonly heard: (state: Heard) => void
  /** What was remembered of keys is out of date. */
  readonly keysChanged: () => void
}

/**
 * Asks a shared database twice a second what other servers have changed: keys, and the clock. Who has not heard for a
 * second does not know whether a key still counts: requests wait for the next answer, and without one nobody is let in.
 */
export class Revocations {
  readonly #listener: Listener
  #heardAt = Number.NEGATIVE_INFINITY
  #version: string | undefined
  #asking: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(listener: Listener) {
    this.#listener = listener
  }

  /** Resolves when the first answer is there. */
  async start(): Promise<void> {
    await this.ask()
    // A question that failed shows in isCurrent, and who is waiting for an answer asks again and is told why.
    this.#timer = setInterval(() => void this.ask().catch(() => undefined), EVERY_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  isCurrent(): boolean {
    return this.#listener.realNow() - this.#heardAt <= STALE_MS
  }

  /** One question at a time, whoever asks: a database that does not answer is not asked ever more. */
  ask(): Promise<void> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #ask(): Promise<void> {
    const askedAt = this.#listener.realNow()
    const [row] = await this.#listener.read(STATE)
    const offsetMs = Number(row?.ahead ?? 0)
    this.#listener.heard({ planNow: Number(row?.now) + offsetMs, offsetMs })
    const version = String(row?.keys)
    if (this.#version !== undefined && this.#version !== version) this.#listener.keysChanged()
    this.#version = version
    // As of when it was asked: what changed while the answer was on its way is not in it.
    this.#heardAt = askedAt
  }
}
