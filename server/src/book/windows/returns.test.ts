import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { CalendarWindow } from './calendar.ts'
import { SlidingWindow } from './sliding.ts'

const WINDOW_MS = 1000
const POINTS = 12

function sliding(taken: readonly (readonly [at: number, units: number])[]): SlidingWindow {
  const window = new SlidingWindow(WINDOW_MS)
  for (const [at, units] of taken) window.take(at, units)
  return window
}

test('an empty window has nothing that comes back', () => {
  assert.deepEqual(sliding([]).returnsAt(5, POINTS), [])
  assert.deepEqual(sliding([[5, 2]]).returnsAt(5 + WINDOW_MS, POINTS), [])
})

test('few returns are told one by one, added up, to the millisecond', () => {
  const window = sliding([
    [10, 1],
    [400, 2],
    [900, 3],
  ])
  assert.deepEqual(window.returnsAt(950, POINTS), [
    { at: 1010, units: 1 },
    { at: 1400, units: 3 },
    { at: 1900, units: 6 },
  ])
  assert.deepEqual(window.returnsAt(1010, POINTS), [
    { at: 1400, units: 2 },
    { at: 1900, units: 5 },
  ])
})

test('many returns are gathered into twelve points, evenly over time', () => {
  const returns = sliding(Array.from({ length: 121 }, (_, at) => [at, 1] as const)).returnsAt(120, POINTS)
  assert.equal(returns.length, POINTS)
  assert.deepEqual(returns[0], { at: WINDOW_MS + 9, units: 10 })
  assert.deepEqual(returns[10], { at: WINDOW_MS + 109, units: 110 })
  assert.deepEqual(returns[11], { at: WINDOW_MS + 120, units: 121 })
})

test('units of one millisecond are one point', () => {
  assert.deepEqual(sliding([[10, 40]]).returnsAt(20, POINTS), [{ at: 1010, units: 40 }])
})

test('units that were given back come back no second time', () => {
  const window = sliding([
    [10, 1],
    [20, 1],
    [30, 1],
  ])
  window.giveBack(10, 1)
  window.giveBack(30, 1)
  assert.deepEqual(window.returnsAt(40, POINTS), [{ at: 1020, units: 1 }])
})

const takes = fc.array(
  fc.record({ gapMs: fc.integer({ min: 0, max: 60 }), units: fc.integer({ min: 1, max: 5 }) }),
  { minLength: 1, maxLength: 80 },
)

test('every point is the sum of what has come back by then, and the last one is all of it', () => {
  fc.assert(
    fc.property(takes, fc.integer({ min: 0, max: 2 * WINDOW_MS }), (gaps, waitMs) => {
      let at = 0
      const taken = gaps.map(({ gapMs, units }) => {
        at += gapMs
        return [at, units] as const
      })
      const now = at + waitMs
      const window = sliding(taken)
      const used = window.usedAt(now)
      const returns = window.returnsAt(now, POINTS)
      const counted = taken.filter(([takenAt]) => takenAt + WINDOW_MS > now)
      const backBy = (instant: number) =>
        counted
          .filter(([takenAt]) => takenAt + WINDOW_MS <= instant)
          .reduce((sum, [, units]) => sum + units, 0)

      assert.ok(returns.length <= POINTS)
      for (const point of returns) assert.equal(point.units, backBy(point.at))
      assert.ok(returns.every((point, index) => point.at > (returns[index - 1]?.at ?? now)))
      assert.deepEqual(returns.at(-1), used ? { at: window.freeAt(now, used, used), units: used } : undefined)
    }),
  )
})

test('a day and a week come back in one piece', () => {
  const noon = Date.UTC(2026, 4, 20, 12)
  const day = new CalendarWindow({ kind: 'daily', zone: 'UTC' })
  day.take(noon, 3)
  day.take(noon + 1, 4)
  assert.deepEqual(day.returnsAt(noon + 2, POINTS), [{ at: Date.UTC(2026, 4, 21), units: 7 }])
  assert.deepEqual(day.returnsAt(Date.UTC(2026, 4, 21), POINTS), [])
})
