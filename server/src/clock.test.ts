import assert from 'node:assert/strict'
import test from 'node:test'
import { clockOver, isoSeconds, systemClock } from './clock.ts'

test('plan time runs ahead of the machine by what it was advanced; real time does not', () => {
  let machine = 1_000
  const clock = clockOver(() => machine, 50)
  assert.deepEqual([clock.planNow(), clock.realNow(), clock.offsetMs()], [1_050, 1_000, 50])
  clock.advance(7)
  machine += 5
  assert.deepEqual([clock.planNow(), clock.realNow(), clock.offsetMs()], [1_062, 1_005, 57])
})

test('the system’s clock is the machine’s', () => {
  const before = Date.now()
  const clock = systemClock(3_600_000)
  const now = clock.realNow()
  assert.ok(now >= before && now <= Date.now())
  assert.ok(Math.abs(clock.planNow() - now - 3_600_000) < 1_000)
})

test('an instant is shown in seconds of UTC, never earlier than it is', () => {
  const at = Date.UTC(2026, 4, 20, 20)
  for (const [ms, text] of [
    [0, '2026-05-20T20:00:00Z'],
    [1, '2026-05-20T20:00:01Z'],
    [1_000, '2026-05-20T20:00:01Z'],
    [-1, '2026-05-20T20:00:00Z'],
  ] as const) {
    assert.equal(isoSeconds(at + ms), text)
  }
})
