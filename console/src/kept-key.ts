/** The key outlives a reload only where the user asked for it, and never outlives the tab. */

const NAME = 'tokenplan-key'

export function keptKey(): string | null {
  return quietly(() => sessionStorage.getItem(NAME))
}

export function keepKey(key: string): void {
  quietly(() => sessionStorage.setItem(NAME, key))
}

export function forgetKey(): void {
  quietly(() => sessionStorage.removeItem(NAME))
}

/** A browser that forbids storage throws; then nothing is kept, which is the safe side. */
function quietly<T>(act: () => T): T | null {
  try {
    return act()
  } catch {
    return null
  }
}
