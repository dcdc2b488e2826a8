import { assert } from '../../assert.ts'
import type { Period } from './periods.ts'
import type { Return, Window } from './window.ts'

type Numbers = Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>
const MOST = 2 ** 32 - 1
const NONE: Numbers = new Uint32Array(0)
const FEW_SLOTS = 16

/**
 * A unit comes back exactly `windowMs` after it was taken, to the millisecond: at `at` it counts, at `at + windowMs` it
 * no longer does. A ring of (instant, units), instants rising; units of one millisecond share a slot, and a decision
 * costs the same whether it is full or empty. A slot is eight bytes: instants are told from a first one on. What does not
 * fit (a window of 50 days, four billion units in a millisecond) makes it sixteen.
 */
export class SlidingWindow implements Window {
  readonly windowMs: number
  #ats = NONE
  #units = NONE
  #firstAt = 0
  #head = 0
  #count = 0
  #used = 0

  constructor(windowMs: number) {
    this.windowMs = windowMs
  }

  usedAt(now: number): number {
    if (this.#count === 0 || this.#at(0) > now - this.windowMs) return this.#used
    while (this.#count > 0 && this.#at(0) <= now - this.windowMs) {
      this.#used -= this.#unitsOf(0)
      this.#head = this.#slot(1)
      this.#count--
    }
    if (this.#count === 0 && this.#ats.length > FEW_SLOTS) this.#shrink()
    return this.#used
  }

  take(at: number, units: number): void {
    assert(this.#count === 0 || at >= this.#at(this.#count - 1), 'units are taken in the order of time')
    if (this.#count === 0 || this.#at(this.#count - 1) < at) this.#addSlot(at)
    const inSlot = this.#unitsOf(this.#count - 1) + units
    if (inSlot > MOST) this.#units = Float64Array.from(this.#units)
    this.#units[this.#slot(this.#count - 1)] = inSlot
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
    const slot = this.#head + index
    return slot < this.#ats.length ? slot : slot - this.#ats.length
  }

  #at(index: number): number {
    return this.#firstAt + (this.#ats[this.#slot(index)] ?? 0)
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

  #addSlot(at: number): void {
    if (at - this.#firstAt > MOST) this.#tellFrom(at)
    if (this.#count === this.#ats.length) this.#grow()
    const slot = this.#slot(this.#count++)
    this.#ats[slot] = at - this.#firstAt
    this.#units[slot] = 0
  }

  /** Instants are told from the oldest one that counts at `now`. */
  #tellFrom(now: number): void {
    this.usedAt(now)
    const later = (this.#count === 0 ? now : this.#at(0)) - this.#firstAt
    for (let index = 0; index < this.#count; index++) {
      const slot = this.#slot(index)
      this.#ats[slot] = (this.#ats[slot] ?? 0) - later
    }
    this.#firstAt += later
    if (now - this.#firstAt > MOST) this.#ats = Float64Array.from(this.#ats)
  }

  /** By an eighth; the ring is laid out from slot 0 again. */
  #grow(): void {
    const slots = this.#ats.length + Math.max(FEW_SLOTS, this.#ats.length >> 3)
    this.#ats = this.#laidOut(this.#ats, slots)
    this.#units = this.#laidOut(this.#units, slots)
    this.#head = 0
  }

  #laidOut(full: Numbers, slots: number): Numbers {
    const wider = full instanceof Float64Array ? new Float64Array(slots) : new Uint32Array(slots)
    wider.set(full.subarray(this.#head))
    wider.set(full.subarray(0, this.#head), full.length - this.#head)
    return wider
  }

  #shrink(): void {
    this.#ats = NONE
    this.#units = NONE
    this.#head = 0
  }
}
