import type { SubscriptionState, TeamState } from './state.ts'

/** A subject as this server knows it: the state that its first `version` ops have made. */
export type Subject = {
  readonly id: number
  version: number
  /** The latest time anything happened to it. */
  lastAt: number
  readonly subscription: SubscriptionState | null
  readonly team: TeamState | null
}

/** Subjects kept in memory; the one that was used longest ago goes first. */
const CAPACITY = 50_000

/** What this server knows of subjects that others change as well: never more than what is committed. */
export class Subjects {
  readonly #known = new Map<number, Subject>()

  get(id: number): Subject | undefined {
    const subject = this.#known.get(id)
    if (!subject) return undefined
    // Read last, so that a Map's order is that of use.
    this.#known.delete(id)
    this.#known.set(id, subject)
    return subject
  }

  put(subject: Subject): void {
    this.#known.set(subject.id, subject)
    if (this.#known.size <= CAPACITY) return
    const oldest = this.#known.keys().next().value
    if (oldest !== undefined) this.#known.delete(oldest)
  }

  forget(ids: Iterable<number>): void {
    for (const id of ids) this.#known.delete(id)
  }
}
