import { BookDown } from './book-down.ts'

/** A subject in memory. */
export type Resident<state> = {
  /** null where there is no such subject. */
  state: state | null
  /** Requests that wait for it, holds that run: while there are any, it stays. */
  needs: number
  /** The last batch that has an op of its: until that is written, what is on disk is older. */
  batch: number
  /** The round in which it was last asked for. */
  round: number
  loading: Promise<void> | undefined
}

/**
 * Subjects of one kind in memory. What is asked for is loaded, once for all who wait for it, and stays while it is needed:
 * two states of one subject would count apart. The others go when there are more than `capacity`, those that were asked
 * for longest ago first, or when `letIdleGo` finds that nobody has asked for them any more.
 */
export class Residents<state> {
  readonly #load: (id: number) => Promise<state | null>
  readonly #writtenBatch: () => number
  readonly #capacity: number
  readonly #known = new Map<number, Resident<state>>()
  #round = 0
  /** Looked for idle ones when there are more; above the capacity where too many were needed the last time. */
  #most: number

  constructor(
    load: (id: number) => Promise<state | null>,
    writtenBatch: () => number,
    capacity: number = Number.POSITIVE_INFINITY,
  ) {
    this.#load = load
    this.#writtenBatch = writtenBatch
    this.#capacity = capacity
    this.#most = capacity
  }

  get size(): number {
    return this.#known.size
  }

  /** Undefined where it is not in memory. What is found may be gone in the next turn of the event loop. */
  find(id: number): Resident<state> | undefined {
    const found = this.#known.get(id)
    if (!found || found.loading) return undefined
    found.round = this.#round
    return found
  }

  /** In memory until it is released, by taking one from its `needs`. Throws BookDown where it cannot be read. */
  async need(id: number): Promise<Resident<state>> {
    const resident = this.#known.get(id) ?? this.#begin(id)
    resident.round = this.#round
    resident.needs++
    try {
      await resident.loading
      return resident
    } catch (error) {
      resident.needs--
      throw error
    }
  }

  forget(id: number): void {
    this.#known.delete(id)
  }

  /** Lets go of what nobody has asked for since the last call. */
  letIdleGo(): void {
    for (const [id, resident] of this.#known) {
      if (resident.round < this.#round && this.#isIdle(resident)) this.#known.delete(id)
    }
    this.#round++
    this.#most = Math.max(this.#capacity, this.#known.size)
  }

  #begin(id: number): Resident<state> {
    const resident: Resident<state> = { state: null, needs: 0, batch: 0, round: 0, loading: undefined }
    this.#known.set(id, resident)
    resident.loading = this.#read(id, resident)
    return resident
  }

  async #read(id: number, resident: Resident<state>): Promise<void> {
    try {
      resident.state = await this.#load(id)
      resident.loading = undefined
      if (this.#known.size > this.#most) this.#makeRoom()
    } catch (error) {
      this.#known.delete(id)
      throw BookDown.from(error)
    }
  }

  /** A quarter at once, so that finding them costs little for each. */
  #makeRoom(): void {
    const idle = [...this.#known].filter(([, resident]) => this.#isIdle(resident))
    idle.sort(([, a], [, b]) => a.round - b.round)
    const tooMany = this.#known.size - Math.floor(this.#capacity * 0.75)
    for (const [id] of idle.slice(0, tooMany)) this.#known.delete(id)
    this.#round++
    this.#most = Math.max(this.#capacity, Math.floor(this.#known.size * 1.25))
  }

  #isIdle({ needs, batch, loading }: Resident<state>): boolean {
    return needs === 0 && batch <= this.#writtenBatch() && loading === undefined
  }
}
