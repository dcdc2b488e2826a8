import { assert } from '../../assert.ts'
import type { Period } from './periods.ts'
import type { Return, Window } from './window.ts'

/**
 * Begins with the first use after the last one has ended, and lasts `windowMs`: used at 10:00, everything is back at
 * 15:00 and not before the next use the next one begins.
 *
 * It stays begun whatever is given back of it, so that the instant once told to a user holds, and nobody moves it by
 * requests that fail. The one exception: what is given back in the very millisecond of its taking began nothing. That is
 * how the holds of a batch that never reached the disk are undone, and where each window began follows from the rows
 * alone (`reads-anchored.ts`).
 *
 * A unit given back after its window has ended is granted for the one that runs then, where `used` may fall below zero;
 * where none runs there is nothing to give, the next one begins whole.
 */
export class AnchoredWindow implements Window {
  readonly windowMs: number
  /** Of the running window, or of the last one. */
  #startsAt = 0
  #endsAt = 0
  #used = 0
  /** What began the window, or would have without what is undone before it: 16 bytes for each instant of a use. */
  #taken: Dated[] = []
  #granted: Dated[] = []

  constructor(windowMs: number) {
    this.windowMs = windowMs
  }

  /** Also on load: the last window began at this instant, and what was taken before it counts no more. */
  begin(at: number): void {
    this.#startsAt = at
    this.#endsAt = at + this.windowMs
    this.#used = 0
    this.#taken = []
    this.#granted = []
  }

  usedAt(now: number): number {
    if (now >= this.#endsAt) this.#used = 0
    return this.#used
  }

  take(at: number, units: number): void {
    if (at < this.#startsAt || units === 0) return
    if (at >= this.#endsAt) this.begin(at)
    const last = this.#taken.at(-1)
    assert(!last || at >= last.at, 'units are taken in the order of time')
    if (last?.at === at) last.units += units
    else this.#taken.push({ at, units })
    this.#used += units
  }

  giveBack(at: number, units: number, now: number): void {
    // Of its first millisecond nobody could tell from the rows which came first, so nothing is granted in it.
    const runs = now < this.#endsAt && (at >= this.#startsAt || now > this.#startsAt)
    if (!runs) return
    this.#used -= units
    if (at < this.#startsAt) this.#granted.push({ at: now, units })
    else if (at === now) this.#undo(at, units)
  }

  freeAt(now: number, units: number, limit: number): number {
    if (this.usedAt(now) + units <= limit) return now
    return units > limit ? Number.POSITIVE_INFINITY : this.#endsAt
  }

  fullAt(now: number): number {
    return this.usedAt(now) <= 0 ? now : this.#endsAt
  }

  /** Where none has begun, the one that a use would begin now. */
  spanAt(now: number): Period {
    if (now >= this.#endsAt) return { startsAt: now, endsAt: now + this.windowMs }
    return { startsAt: this.#startsAt, endsAt: this.#endsAt }
  }

  countsFrom(now: number): number {
    return now - this.windowMs + 1
  }

  returnsAt(now: number, points: number): Return[] {
    const units = this.usedAt(now)
    return units <= 0 || points < 1 ? [] : [{ at: this.#endsAt, units }]
  }

  /** The window began with the first of its uses that is left, and what was granted before that had no window. */
  #undo(at: number, units: number): void {
    const undone = this.#taken.findLast((use) => use.at === at)
    // Of a window that is over already, a load does not read the takes.
    if (!undone) return
    assert(undone.units >= units, 'no more units are given back than were taken')
    undone.units -= units
    // Where a load did not read the first uses, it was told when the window began.
    if (this.#taken[0]?.at !== this.#startsAt) return
    while (this.#taken[0]?.units === 0) this.#taken.shift()
    this.#startsAt = this.#taken[0]?.at ?? 0
    this.#endsAt = this.#taken[0] ? this.#startsAt + this.windowMs : 0
    for (const grant of this.#granted) if (grant.at <= this.#startsAt) this.#used += grant.units
    this.#granted = this.#granted.filter((grant) => grant.at > this.#startsAt)
  }
}

type Dated = { readonly at: number; units: number }
