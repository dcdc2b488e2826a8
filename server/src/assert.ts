/** Fails the request, not the process: a broken assumption is ours, so the caller sees a 500 and nothing more. */
export class AssertionFault extends Error {
  override readonly name = 'AssertionFault'
}

/** Where every request comes by and the message has a number in it, throw it yourself: writing an id costs 0.1 µs. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFault(message)
}

/**
 * Money, units and tokens are integers that JavaScript can count exactly (|n| ≤ 2^53 − 1) and never below zero; anything
 * else could not be journalled and would fail the whole batch it travels in.
 */
export function assertAmount(value: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new AssertionFault(`${what} is not a count: ${value}`)
}
