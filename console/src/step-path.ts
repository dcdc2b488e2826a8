import type { Return } from '../../server/src/book/windows/window.ts'

export const CURVE_WIDTH = 1000
export const CURVE_HEIGHT = 100

/**
 * The release curve as an SVG path: from nothing at `now` up to everything at the last return. A step stands at the
 * instant from which it is true, so the curve never promises more than there will be.
 */
export function stepPath(returns: readonly Return[], now: number): string {
  const last = returns.at(-1)
  if (!last || last.at <= now || last.units <= 0) return `M0 ${CURVE_HEIGHT}`
  const steps = returns.map(({ at, units }) => {
    const x = ((at - now) / (last.at - now)) * CURVE_WIDTH
    const y = CURVE_HEIGHT - (units / last.units) * CURVE_HEIGHT
    return `H${Math.round(x * 10) / 10}V${Math.round(y * 10) / 10}`
  })
  return `M0 ${CURVE_HEIGHT}${steps.join('')}`
}
