import { createHash } from 'node:crypto'

/** Chance that is none: the same words give the same throws, on every machine. */
export interface Dice {
  /** From 0 up to, not including, 1. */
  next(): number
  between(low: number, high: number): number
  whole(low: number, high: number): number
  pick<const T>(choices: readonly [T, ...T[]]): T
  /** Dice of their own for one part of a picture, so that more throws in one part leave the others alone. */
  fork(name: string): Dice
}

export function dice(...words: readonly string[]): Dice {
  const hash = createHash('sha256').update(words.join('\0'))
  let state = hash.digest().readUInt32LE(0)
  // Mulberry32: 32 bits of state are plenty for where a cloud stands.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    between: (low, high) => low + next() * (high - low),
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
    pick: (choices) => choices[Math.floor(next() * choices.length)] ?? choices[0],
    fork: (name) => dice(...words, name),
  }
}
