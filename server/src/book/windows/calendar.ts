import { type Calendar, type Period, sharedPeriodAt } from './periods.ts'
import type { Return, Window } from './window.ts'

const NONE: Period = { startsAt: 0, endsAt: 0 }

/** All units come back when the zone's next day, week or slot begins. */
export class CalendarWindow implements Window {
  readonly #calendar: Calendar
  #period = NONE
  #used = 0

  constructor(calendar: Calendar) {
    this.#calendar = calendar
  }

  usedAt(now: number): number {
    if (now >= this.#period.endsAt) {
      this.#period = sharedPeriodAt(this.#calendar, now)
      this.#used = 0
    }
    return this.#used
  }

  take(at: number, units: number): void {
    this.usedAt(at)
    // On load, units of an earlier period may be read; they count no more.
    if (at >= this.#period.startsAt) this.#used += units
  }

  /** A unit given back after its period has ended is granted for the current one, where `used` may fall below zero (§4.2). */
  giveBack(_at: number, units: number, now: number): void {
    this.usedAt(now)
    if (now >= this.#period.startsAt) this.#used -= units
  }

  freeAt(now: number, units: number, limit: number): number {
    if (this.usedAt(now) + units <= limit) return now
    return units > limit ? Number.POSITIVE_INFINITY : this.#period.endsAt
  }

  fullAt(now: number): number {
    return this.usedAt(now) <= 0 ? now : this.#period.endsAt
  }

  spanAt(now: number): Period {
    this.usedAt(now)
    return this.#period
  }

  countsFrom(now: number): number {
    this.usedAt(now)
    return this.#period.startsAt
  }

  returnsAt(now: number, points: number): Return[] {
    const units = this.usedAt(now)
    return units <= 0 || points < 1 ? [] : [{ at: this.#period.endsAt, units }]
  }
}
