import type { HoldOp, Part } from './op.ts'

/**
 * What a team's members and secrets have spent of its money in the calendar month of `month`, running requests counted
 * at what they hold. A request belongs to the month in which its hold was taken, whenever it ends.
 */
export type Spending = {
  month: number
  /** The wallet's share of what Token Plan Keys spent. */
  overflowNanos: number
  /** By member, of Token Plan Keys: credits and wallet. */
  readonly members: Map<number, number>
  /** By secret, of keys of both kinds. */
  readonly secrets: Map<number, number>
}

export function noSpending(month: number): Spending {
  return { month, overflowNanos: 0, members: new Map(), secrets: new Map() }
}

type Month = { readonly number: number; readonly startsAt: number; readonly endsAt: number }
/** Every decision about money asks four times, nearly always about the same month: a Date for each was most of its cost. */
let lastAsked: Month = { number: 0, startsAt: 0, endsAt: 0 }

/** 202611 for November 2026, of UTC: a number that sorts and fits in a row. */
export function monthOf(at: number): number {
  if (at < lastAsked.startsAt || at >= lastAsked.endsAt) lastAsked = readMonth(at)
  return lastAsked.number
}

function readMonth(at: number): Month {
  const date = new Date(at)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  return {
    number: year * 100 + month + 1,
    startsAt: Date.UTC(year, month),
    endsAt: Date.UTC(year, month + 1),
  }
}

/** The first instant of the next month. */
export function monthEndsAt(at: number): number {
  const date = new Date(at)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
}

/** Turns the page when a new month has begun. Called with a time that never falls. */
export function turnTo(spending: Spending, month: number): void {
  if (month <= spending.month) return
  spending.month = month
  spending.overflowNanos = 0
  spending.members.clear()
  spending.secrets.clear()
}

/** What of a cap is spent, in the month of `now`. */
export type CapUse = { readonly limitNanos: number; readonly spentNanos: number; readonly resetsAt: number }

/** null without a cap. A month that is over is not counted any more. */
export function capUse(
  spending: Spending,
  limitNanos: number | null | undefined,
  spentNanos: number | undefined,
  now: number,
): CapUse | null {
  if (limitNanos === null || limitNanos === undefined) return null
  const isCurrent = spending.month === monthOf(now)
  return { limitNanos, spentNanos: isCurrent ? (spentNanos ?? 0) : 0, resetsAt: monthEndsAt(now) }
}

export type Spender = Pick<HoldOp, 'at' | 'member' | 'secret' | 'keyKind'>

/** Adds what is held, or with `sign` −1 takes back what was not spent. Of an earlier month nothing is counted any more. */
export function spend(
  spending: Spending,
  by: Spender,
  parts: readonly Pick<Part, 'pool' | 'nanos'>[],
  sign: 1 | -1,
): void {
  if (parts.length === 0) return
  const month = monthOf(by.at)
  turnTo(spending, month)
  if (month !== spending.month) return
  for (const part of parts) {
    const nanos = sign * part.nanos
    add(spending.secrets, by.secret, nanos)
    if (by.keyKind === 'api') continue
    add(spending.members, by.member, nanos)
    if (part.pool === 'wallet') spending.overflowNanos += nanos
  }
}

function add(to: Map<number, number>, key: number, nanos: number): void {
  const sum = (to.get(key) ?? 0) + nanos
  if (sum === 0) to.delete(key)
  else to.set(key, sum)
}
