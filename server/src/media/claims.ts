/**
 * What one running request has for itself until it is over: a voice whose first use it is, a name that it is about to
 * give. A lock of this process alone; what must outlive it stands in a row.
 */
export class Claims<Key extends string | number> {
  readonly #running = new Set<Key>()

  /** False where another has it. */
  claim(key: Key): boolean {
    if (this.#running.has(key)) return false
    this.#running.add(key)
    return true
  }

  has(key: Key): boolean {
    return this.#running.has(key)
  }

  release(keys: readonly Key[]): void {
    for (const key of keys) this.#running.delete(key)
  }
}
