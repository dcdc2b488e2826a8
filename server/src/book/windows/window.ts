import type { Period } from './periods.ts'

/**
 * How units come back. A window is asked with a `now` that never falls (the subject's `lastAt` sees to that), so units
 * that have left it can be forgotten: forgetting is a cache, no answer changes by it.
 */
export type Window = {
  usedAt(now: number): number
  take(at: number, units: number): void
  /** `now` is when they are given back, at most the present. */
  giveBack(at: number, units: number, now: number): void
  /** The earliest instant from which `units` more fit under `limit`; Infinity when they never do. */
  freeAt(now: number, units: number, limit: number): number
  /** The instant at which everything taken so far is back; now when nothing is taken. */
  fullAt(now: number): number
  /** The span shown in `remains`: the oldest unit's time and its return, the calendar's period, the running window. */
  spanAt(now: number): Period
  /** No unit taken before this instant counts at `now` or later: how far back a load reads. */
  countsFrom(now: number): number
  /** What is used now and when it will be back: at most `points` points, none when nothing is used. */
  returnsAt(now: number, points: number): readonly Return[]
}

/** At `at`, `units` of what is used now have come back: those of earlier points are counted in. */
export type Return = { readonly at: number; readonly units: number }
