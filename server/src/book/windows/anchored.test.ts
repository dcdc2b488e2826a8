import assert from 'node:assert/strict'
import test from 'node:test'
import { AnchoredWindow } from './anchored.ts'

const HOUR_MS = 3_600_000
const ten = Date.UTC(2026, 5, 10, 10)
const three = ten + 5 * HOUR_MS

function usedAtTen(units: number): AnchoredWindow {
  const window = new AnchoredWindow(5 * HOUR_MS)
  window.take(ten, units)
  return window
}

test('it begins with a use and ends its length later, all at once', () => {
  const window = usedAtTen(2)
  window.take(three - 1, 3)
  assert.deepEqual([window.usedAt(three - 1), window.usedAt(three)], [5, 0])
  const again = usedAtTen(2)
  assert.deepEqual(again.spanAt(three - 1), { startsAt: ten, endsAt: three })
  assert.equal(again.freeAt(ten, 2, 3), three)
  assert.equal(again.freeAt(ten, 4, 3), Number.POSITIVE_INFINITY)
  assert.equal(again.fullAt(ten), three)
  assert.deepEqual(again.returnsAt(ten, 12), [{ at: three, units: 2 }])
})

test('until the next use none has begun: it would span from now on', () => {
  const window = usedAtTen(1)
  assert.deepEqual(window.spanAt(three), { startsAt: three, endsAt: three + 5 * HOUR_MS })
  assert.deepEqual([window.fullAt(three), window.returnsAt(three, 12)], [three, []])
  window.take(three + HOUR_MS, 1)
  assert.deepEqual(window.spanAt(three + HOUR_MS).startsAt, three + HOUR_MS)
})

test('a first use that fails leaves it begun: the end that was told holds, and nobody can move it', () => {
  const window = usedAtTen(1)
  window.giveBack(ten, 1, ten + 1)
  assert.equal(window.usedAt(ten + 1), 0)
  window.take(ten + HOUR_MS, 1)
  assert.deepEqual(window.spanAt(ten + HOUR_MS), { startsAt: ten, endsAt: three })
})

test('what was granted before the window that is left began was granted in none', () => {
  const window = usedAtTen(3)
  window.take(three + 10, 2)
  window.giveBack(ten, 1, three + 20)
  window.take(three + 30, 4)
  window.giveBack(ten, 1, three + 40)
  assert.equal(window.usedAt(three + 40), 4)
  // A batch that never reached the disk: its hold is undone as if it had never been.
  window.giveBack(three + 10, 2, three + 10)
  assert.deepEqual(window.spanAt(three + 40).startsAt, three + 30)
  assert.equal(window.usedAt(three + 40), 3)
})

test('a unit of a window that is over is granted for the one that runs; where none runs nothing is', () => {
  const window = usedAtTen(3)
  window.giveBack(ten, 1, three)
  assert.equal(window.usedAt(three), 0)
  window.take(three + 1, 1)
  window.giveBack(ten, 2, three + 2)
  assert.equal(window.usedAt(three + 2), -1)
  assert.equal(window.freeAt(three + 2, 4, 3), three + 2)
  assert.equal(window.usedAt(three + 1 + 5 * HOUR_MS), 0)
})
