import assert from 'node:assert/strict'
import test from 'node:test'
import type { Entitlement, Quota } from '../catalogue/catalogue.ts'
import { burnOrder, type Lot, limitAt, openMeters, spendable } from './state.ts'

function lot(account: number, kind: Lot['kind'], expiresAt: number): Lot {
  return { account, kind, expiresAt, balanceNanos: 10, heldNanos: 0 }
}

test('lots burn earliest expiry first, granted before bought, the older of two equal ones first', () => {
  const lots = [
    lot(5, 'bought', 200),
    lot(4, 'bought', 100),
    lot(3, 'granted', 200),
    lot(2, 'granted', 300),
    lot(1, 'bought', 200),
    lot(6, 'granted', 100),
  ]
  const order = lots.sort(burnOrder).map(({ account }) => account)
  assert.deepEqual(order, [6, 4, 3, 1, 5, 2])
})

test('what is held cannot be spent again', () => {
  assert.equal(spendable({ account: 1, balanceNanos: 10, heldNanos: 4 }), 6)
})

const day: Quota = { rule: { name: 'day', kind: 'daily', zone: 'UTC' }, limitUnits: 7 }
const hours: Quota = { rule: { name: 'hours', kind: 'sliding', windowMs: 1_000 }, limitUnits: 3 }

function meterOf(entitlement: Omit<Entitlement, 'resource' | 'highspeed'>) {
  const meter = openMeters([{ resource: 'song', highspeed: false, ...entitlement }]).get('song')
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
