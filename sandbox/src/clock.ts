export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

/** Milliseconds that only go forward, for pacing. */
export function elapsedMs(): number {
  return performance.now()
}
