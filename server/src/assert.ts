/** Fails the request, not the process: a broken assumption is ours, so the caller sees a 500 and nothing more. */
export class AssertionFault extends Error {
  override readonly name = 'AssertionFault'
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFault(message)
}

/** Money, units and instants are integers that JavaScript can count exactly (|n| ≤ 2^53 − 1). */
export function assertWhole(value: number, what: string): void {
  if (!Number.isSafeInteger(value)) throw new AssertionFault(`${what} is not a safe integer: ${value}`)
}
