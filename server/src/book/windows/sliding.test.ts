import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { AssertionFault } from '../../assert.ts'
import { SlidingWindow } from './sliding.ts'

const WINDOW_MS = 1_000

function sliding(...taken: readonly (readonly [at: number, units: number])[]): SlidingWindow {
  const window = new SlidingWindow(WINDOW_MS)
  for (const [at, units] of taken) window.take(at, units)
  return window
}

test('a sliding unit counts from its own millisecond to the last one before its return', () => {
  for (const [now, used] of [
    [0, 3],
    [1, 3],
    [999, 3],
    [1_000, 0],
    [5_000, 0],
  ] as const) {
    assert.equal(sliding([0, 3]).usedAt(now), used, `at ${now}`)
  }
})

test('each unit of a sliding window comes back by itself, not all at once', () => {
  const window = sliding([0, 1], [10, 2], [500, 4])
  const used = [500, 999, 1_000, 1_009, 1_010, 1_499, 1_500].map((now) => window.usedAt(now))
  assert.deepEqual(used, [7, 7, 6, 6, 4, 4, 0])
})

test('units of one millisecond share a slot and are given back one by one', () => {
  const window = sliding([5, 1], [5, 1], [5, 2])
  assert.equal(window.usedAt(5), 4)
  window.giveBack(5, 1)
  window.giveBack(5, 3)
  assert.equal(window.usedAt(5), 0)
  assert.throws(() => window.giveBack(5, 1), AssertionFault)
})

test('what was never taken, or came back already, is not given back', () => {
  const window = sliding([5, 1], [7, 1])
  window.giveBack(6, 1)
  assert.equal(window.usedAt(7), 2)
  assert.equal(window.usedAt(1_005), 1)
  window.giveBack(5, 1)
  assert.equal(window.usedAt(1_005), 1)
})

test('time never runs backwards in a window', () => {
  assert.throws(() => sliding([10, 1], [9, 1]), AssertionFault)
})

test('the ring grows past any size, also when its head is in the middle', () => {
  const window = new SlidingWindow(WINDOW_MS)
  const taken: { readonly at: number; readonly units: number }[] = []
  // Ever denser, and what has come back is dropped now and then: the ring is full again and again with its head elsewhere.
  for (let at = 0, gap = 100; taken.length < 3_000; at += Math.ceil(gap), gap *= 0.995) {
    const units = 1 + (at % 3)
    window.take(at, units)
    taken.push({ at, units })
    if (taken.length % 7 !== 0) continue
    const counted = taken.filter((unit) => unit.at > at - WINDOW_MS)
    const used = counted.reduce((sum, unit) => sum + unit.units, 0)
    assert.equal(window.usedAt(at), used, `at ${at}`)
    assert.deepEqual(window.spanAt(at).startsAt, counted[0]?.at)
    assert.equal(window.freeAt(at, 1, used), (counted[0]?.at ?? 0) + WINDOW_MS)
  }
})

test('next free is the first millisecond at which the units fit', () => {
  const window = sliding([0, 1], [10, 2], [20, 3])
  for (const [units, limit, at] of [
    [1, 7, 20],
    [1, 6, 1_000],
    [2, 6, 1_010],
    [3, 6, 1_010],
    [4, 6, 1_020],
    [6, 6, 1_020],
    [7, 6, Number.POSITIVE_INFINITY],
    [0, 6, 20],
  ] as const) {
    assert.equal(window.freeAt(20, units, limit), at, `${units} of ${limit}`)
  }
  assert.equal(window.fullAt(20), 1_020)
  assert.equal(sliding().fullAt(20), 20)
  assert.equal(sliding([0, 1]).fullAt(5_000), 5_000)
})

test('a slot that was given back is nobody’s next free, nor the oldest unit', () => {
  const window = sliding([0, 1], [10, 2], [20, 1])
  window.giveBack(0, 1)
  window.giveBack(20, 1)
  assert.equal(window.freeAt(30, 1, 2), 1_010)
  assert.deepEqual(window.spanAt(30), { startsAt: 10, endsAt: 1_010 })
  assert.equal(window.fullAt(30), 1_010)
})

test('an empty sliding window spans from now on', () => {
  assert.deepEqual(sliding().spanAt(70), { startsAt: 70, endsAt: 1_070 })
  assert.deepEqual(sliding([0, 1]).spanAt(1_000), { startsAt: 1_000, endsAt: 2_000 })
})

test('a window that never runs empty counts the same after fifty days, when its instants no longer fit', () => {
  const DAY_MS = 86_400_000
  const window = new SlidingWindow(30 * DAY_MS)
  for (const [day, units] of [
    [0, 1],
    [25, 2],
    [45, 4],
    [46, 8],
    [50, 16],
  ] as const) {
    window.take(day * DAY_MS, units)
  }
  const used = [50, 54.9, 55, 74.9, 75, 76, 80].map((day) => window.usedAt(day * DAY_MS))
  assert.deepEqual(used, [30, 30, 28, 28, 24, 16, 0])
})

test('a window of any length counts any number of units as a list does, however far apart they are', () => {
  const DAY_MS = 86_400_000
  const step = fc.record({
    ms: fc.oneof(
      fc.constantFrom(0, 0, 1, 2 ** 32 - 1, 2 ** 32, 49 * DAY_MS, 50 * DAY_MS),
      fc.nat(30 * DAY_MS),
    ),
    units: fc.oneof(fc.nat(9), fc.constantFrom(2 ** 32 - 1, 2 ** 32, 2 ** 40)),
    back: fc.boolean(),
  })
  const lengths = fc.constantFrom(DAY_MS, 30 * DAY_MS, 2 ** 32 - 1, 2 ** 32, 400 * DAY_MS)
  fc.assert(
    fc.property(lengths, fc.array(step, { maxLength: 80, size: 'max' }), (windowMs, steps) => {
      const window = new SlidingWindow(windowMs)
      const taken: { readonly at: number; units: number }[] = []
      let now = Date.UTC(2026, 10, 23)
      for (const { ms, units, back } of steps) {
        now += ms
        window.take(now, units)
        taken.push({ at: now, units })
        const some = taken[Math.floor(taken.length / 2)]
        if (back && some) {
          window.giveBack(some.at, some.units)
          some.units = 0
        }
        const counted = taken.filter(({ at }) => at > now - windowMs)
        const used = counted.reduce((sum, { units }) => sum + units, 0)
        assert.equal(window.usedAt(now), used)
        const [oldest] = counted.filter(({ units }) => units > 0)
        assert.equal(window.spanAt(now).startsAt, oldest?.at ?? now)
      }
    }),
    { numRuns: 500 },
  )
})
