import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { periodAt } from '../../src/book/windows/periods.ts'
import { type CalendarRule, type Change, changes, DAY_MS, overMidnight, shownPeriod } from './wall-clock.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

const lengths = [15 * MINUTE_MS, 45 * MINUTE_MS, HOUR_MS, 5 * HOUR_MS, 7 * HOUR_MS, 24 * HOUR_MS]
const kinds = (zone: string): readonly CalendarRule[] => [
  { name: 'day', kind: 'daily', zone },
  { name: 'week', kind: 'weekly', zone },
  ...lengths.map((windowMs) => ({ name: 'slot', kind: 'slot', windowMs, zone }) as const),
]

/** Around the change by days, and close to it to the millisecond. */
const instants = (on: string) =>
  fc
    .oneof(
      fc.integer({ min: -3 * DAY_MS, max: 3 * DAY_MS }),
      fc
        .tuple(fc.integer({ min: -120, max: 120 }), fc.constantFrom(-1, 0, 1))
        .map(([quarters, ms]) => quarters * 15 * MINUTE_MS + ms),
    )
    .map((ms) => Date.parse(`${on}T00:00:00Z`) + ms)

function holds(change: Change): void {
  fc.assert(
    fc.property(fc.constantFrom(...kinds(change.zone)), instants(change.on), (rule, at) => {
      const period = periodAt(rule, at)
      assert.deepEqual(period, shownPeriod(rule, change, at), `${JSON.stringify(rule)} ${at}`)
      assert.deepEqual(periodAt(rule, period.startsAt), period)
      assert.deepEqual(periodAt(rule, period.endsAt - 1), period)
      assert.equal(periodAt(rule, period.endsAt).startsAt, period.endsAt)
    }),
    { numRuns: 150 },
  )
}

for (const change of [...changes, overMidnight]) {
  test(`days, weeks and slots of ${change.zone} around ${change.on} are those its wall clock shows`, () =>
    holds(change))
}
