import { digest } from '../../ids.ts'

/** Chance that falls the same way for the same names. */
export interface Dice {
  /** At least 0, below 1. */
  roll(): number
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(choices: readonly [T, ...T[]]): T
}

export function openDice(...names: readonly string[]): Dice {
  let state = Number.parseInt(digest(...names).slice(0, 8), 16)
  // Mulberry32, a published generator: 32 bits of state are plenty for a song.
  const roll = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    roll,
    between: (low, high) => low + Math.floor(roll() * (high - low + 1)),
    chance: (probability) => roll() < probability,
    pick: (choices) => choices[Math.floor(roll() * choices.length)] ?? choices[0],
  }
}
