import assert from 'node:assert/strict'
import test from 'node:test'
import { CalendarWindow } from './calendar.ts'
import { openWindow } from './open.ts'

const berlin = { name: 'day', kind: 'daily', zone: 'Europe/Berlin' } as const

test('a day’s units are all back at its end, by the wall clock of the zone', () => {
  const window = openWindow({ rule: berlin, limitUnits: 3 })
  const noon = Date.UTC(2026, 9, 25, 12)
  const midnight = Date.UTC(2026, 9, 25, 23)
  window.take(Date.UTC(2026, 9, 24, 22), 1)
  window.take(noon, 2)
  assert.equal(window.usedAt(noon), 3)
  assert.equal(window.freeAt(noon, 1, 3), midnight)
  assert.equal(window.freeAt(noon, 4, 3), Number.POSITIVE_INFINITY)
  assert.equal(window.fullAt(noon), midnight)
  assert.deepEqual(window.spanAt(noon), { startsAt: Date.UTC(2026, 9, 24, 22), endsAt: midnight })
  assert.equal(window.usedAt(midnight - 1), 3)
  assert.equal(window.usedAt(midnight), 0)
  assert.equal(window.fullAt(midnight), midnight)
})

test('units of an earlier day that are read on load count no more', () => {
  const window = new CalendarWindow({ kind: 'daily', zone: 'UTC' })
  window.take(Date.UTC(2026, 9, 24, 12), 5)
  window.take(Date.UTC(2026, 9, 25, 12), 1)
  window.take(Date.UTC(2026, 9, 24, 13), 5)
  assert.equal(window.usedAt(Date.UTC(2026, 9, 25, 13)), 1)
})

test('a unit given back on its own day is simply free again', () => {
  const window = new CalendarWindow({ kind: 'daily', zone: 'UTC' })
  const noon = Date.UTC(2026, 9, 25, 12)
  window.take(noon, 2)
  window.giveBack(noon, 1, noon + 1)
  assert.equal(window.usedAt(noon + 1), 1)
})

test('what was never written gives nothing to the day after', () => {
  const window = new CalendarWindow({ kind: 'daily', zone: 'UTC' })
  const evening = Date.UTC(2026, 9, 25, 23, 59)
  const morning = Date.UTC(2026, 9, 26, 0, 1)
  window.take(evening, 2)
  assert.equal(window.usedAt(morning), 0)
  window.giveBack(evening, 2, evening)
  assert.equal(window.usedAt(morning), 0)
})
