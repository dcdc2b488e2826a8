import { createHash, randomBytes, randomInt } from 'node:crypto'
import { nowSeconds } from './clock.ts'

/** 32 hex digits, as MiniMax writes its ids. */
export function mintId(): string {
  return randomBytes(16).toString('hex')
}

/** Tool ids look like `call_function_3679004591_1`; the calls of one answer share the digits. */
export function mintCallIds(): (n: number) => string {
  const digits = randomInt(1_000_000_000, 10_000_000_000)
  return (n) => `call_function_${digits}_${n}`
}

export function digest(...parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex')
}

/** Numbers of 15 digits, as MiniMax names its files and tasks; they go on where an earlier run cannot have been. */
export function createNumbers(): () => number {
  let last = nowSeconds() * 100_000
  return () => ++last
}
