import assert from 'node:assert/strict'
import test from 'node:test'
import type { Entitlement, Quota } from '../catalogue/catalogue.ts'
import { limitAt, Meters } from './state.ts'

const day: Quota = { rule: { name: 'day', kind: 'daily', zone: 'UTC' }, limitUnits: 7 }
const hours: Quota = { rule: { name: 'hours', kind: 'sliding', windowMs: 1_000 }, limitUnits: 3 }

function meterOf(entitlement: Omit<Entitlement, 'resource' | 'highspeed'>) {
  const meter = new Meters([{ resource: 'song', highspeed: false, ...entitlement }]).get('song')
  assert.ok(meter)
  return meter
}

test('every window of an entitlement has its own limit', () => {
  const meter = meterOf({ quotas: [hours, day] })
  assert.deepEqual([limitAt(meter, 0, 0), limitAt(meter, 1, 0), limitAt(meter, 2, 0)], [3, 7, 0])
  assert.deepEqual([meter.windows.length, meter.heldUnits], [2, 0])
})

test('a promotion holds until the millisecond of its end, then its base; without an end for ever', () => {
  const base = { ...day, limitUnits: 2 }
  const ending = meterOf({ quotas: [day], promotion: { baseUnits: 2, baseQuotas: [base], endsAt: 500 } })
  assert.deepEqual(
    [499, 500].map((now) => limitAt(ending, 0, now)),
    [7, 2],
  )
  const toNothing = meterOf({ quotas: [day], promotion: { baseUnits: 0, baseQuotas: [], endsAt: 500 } })
  assert.equal(limitAt(toNothing, 0, 500), 0)
  const endless = meterOf({ quotas: [day], promotion: { baseUnits: 0, baseQuotas: [], endsAt: null } })
  assert.equal(limitAt(endless, 0, Number.MAX_SAFE_INTEGER), 7)
})

test('a meter is kept once it was asked for by name; those that are looked at are not', () => {
  const entitlements = ['text', 'song'].map((resource) => ({ resource, highspeed: false, quotas: [hours] }))
  const meters = new Meters(entitlements)
  for (const { windows } of meters.values()) windows[0]?.take(5, 1)
  assert.equal(meters.get('song')?.windows[0]?.usedAt(5), 0)
  meters.get('song')?.windows[0]?.take(5, 2)
  assert.deepEqual(
    [...meters.values()].map(({ entitlement, windows }) => [entitlement.resource, windows[0]?.usedAt(5)]),
    [
      ['text', 0],
      ['song', 2],
    ],
  )
  assert.equal(meters.get('speech'), undefined)
})
