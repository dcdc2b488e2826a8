import { assert } from '../../assert.ts'
import type { Period } from './periods.ts'
import type { Return, Window } from './window.ts'

const FIRST_SLOTS = 16

/**
 * A unit comes back exactly `windowMs` after it was taken, to the millisecond: at `at` it counts, at `at + windowMs` it
 * no longer does. A ring of (instant, units), instants rising; units of one millisecond share a slot, so a full window
 * costs 16 bytes a slot and a decision costs the same whether it is full or empty.
 */
export class SlidingWindow implements Window {
  readonly windowMs: number
  #ats = new Float64Array(FIRST_SLOTS)
  #units = new Float64Array(FIRST_SLOTS)
  #head = 0
  #count = 0
  #used = 0

  constructor(windowMs: number) {
    this.windowMs = windowMs
  }

  usedAt(now: number): number {
    while (this.#count > 0 && this.#at(0) <= now - this.windowMs) {
      this.#used -= this.#unitsOf(0)
      this.#head = (this.#head + 1) & (this.#ats.length - 1)
      this.#count--
    }
    return this.#used
  }

  take(at: number, units: number): void {
    assert(this.#count === 0 || at >= this.#at(this.#count - 1), 'units are taken in the order of time')
    if (this.#count > 0 && this.#at(this.#count - 1) === at) {
      this.#units[this.#slot(this.#count - 1)] = this.#unitsOf(this.#count - 1) + units
    } else {
      if (this.#count === this.#ats.length) this.#grow()
      this.#ats[this.#slot(this.#count)] = at
      this.#units[this.#slot(this.#count)] = units
      this.#count++
    }
    this.#used += units
  }

  /** Units that have come back by themselves already are not given back twice. */
  giveBack(at: number, units: number): void {
    const index = this.#find(at)
    if (index < 0) return
    assert(this.#unitsOf(index) >= units, 'no more units are given back than were taken')
    this.#units[this.#slot(index)] = this.#unitsOf(index) - units
    this.#used -= units
  }

  freeAt(now: number, units: number, limit: number): number {
    if (units > limit) return Number.POSITIVE_INFINITY
    let used = this.usedAt(now)
    if (used + units <= limit) return now
    for (let index = 0; index < this.#count; index++) {
      used -= this.#unitsOf(index)
      if (used + units <= limit) return this.#at(index) + this.windowMs
    }
    return now
  }

  fullAt(now: number): number {
    this.usedAt(now)
    for (let index = this.#count - 1; index >= 0; index--) {
      if (this.#unitsOf(index) > 0) return this.#at(index) + this.windowMs
    }
    return now
  }

  spanAt(now: number): Period {
    this.usedAt(now)
    for (let index = 0; index < this.#count; index++) {
      if (this.#unitsOf(index) > 0) {
        return { startsAt: this.#at(index), endsAt: this.#at(index) + this.windowMs }
      }
    }
    return { startsAt: now, endsAt: now + this.windowMs }
  }

  countsFrom(now: number): number {
    return now - this.windowMs + 1
  }

  /**
   * The time between the first return and the last is cut into `points` even slices; a slice is told by its last return,
   * so that every point is true to the millisecond and the last one is the whole.
   */
  returnsAt(now: number, points: number): Return[] {
    if (this.usedAt(now) === 0) return []
    const firstAt = this.spanAt(now).startsAt
    const sliceMs = (this.#at(this.#count - 1) - firstAt) / points
    const returns: Return[] = []
    let slice = -1
    let back = 0
    for (let index = 0; index < this.#count; index++) {
      const units = this.#unitsOf(index)
      if (units === 0) continue
      const at = this.#at(index)
      const current = sliceMs === 0 ? 0 : Math.min(points - 1, Math.floor((at - firstAt) / sliceMs))
      back += units
      returns[current === slice ? returns.length - 1 : returns.length] = {
        at: at + this.windowMs,
        units: back,
      }
      slice = current
    }
    return returns
  }

  #slot(index: number): number {
    return (this.#head + index) & (this.#ats.length - 1)
  }

  #at(index: number): number {
    return this.#ats[this.#slot(index)] ?? 0
  }

  #unitsOf(index: number): number {
    return this.#units[this.#slot(index)] ?? 0
  }

  #find(at: number): number {
    let low = 0
    let high = this.#count - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = this.#at(middle)
      if (found === at) return middle
      if (found < at) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  /** Doubles, so that indexing stays a mask; the ring is laid out from slot 0 again. */
  #grow(): void {
    const size = this.#ats.length
    const ats = new Float64Array(size * 2)
    const units = new Float64Array(size * 2)
    for (let index = 0; index < this.#count; index++) {
      ats[index] = this.#at(index)
      units[index] = this.#unitsOf(index)
    }
    this.#ats = ats
    this.#units = units
    this.#head = 0
  }
}
