import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { type Charged, type Cost, decideCorrection } from './correct.ts'

const NOW = 1_000
const NEW_LOT = { account: 99, lifetimeMs: 500 }

function cost(more: Partial<Cost> = {}): Cost {
  return {
    hold: 7,
    takenAt: 10,
    team: 1,
    subscription: 4,
    resource: 'text',
    kept: { units: 3, nanos: 60 },
    charges: [
      { account: 50, nanos: 10, expiresAt: NOW },
      { account: 51, nanos: 20, expiresAt: NOW + 1 },
      { account: 52, nanos: 30, expiresAt: null },
    ],
    givenUnits: 0,
    givenNanos: 0,
    ...more,
  }
}

function decide(of: Cost | null, units: number, nanos: number) {
  const wanted = { id: 8, hold: 7, units, nanos, actor: 'operator', reason: 'why', newLot: NEW_LOT }
  return decideCorrection(of, wanted, NOW)
}

test('unknown, running, too much', () => {
  assert.deepEqual(decide(null, 1, 0), { kind: 'unknown' })
  assert.deepEqual(decide(cost({ kept: null }), 1, 0), { kind: 'running' })
  const given = cost({ givenUnits: 2, givenNanos: 50 })
  const left = { kind: 'too-much', leftUnits: 1, leftNanos: 10 }
  assert.deepEqual(decide(given, 2, 0), left)
  assert.deepEqual(decide(given, 0, 11), left)
  assert.equal(decide(given, 1, 10).kind, 'corrected')
})

test('amounts that are no counts are a bug of the caller', () => {
  for (const amount of [-1, 0.5, Number.NaN]) {
    assert.throws(() => decide(cost(), amount, 0), /is not a count/)
    assert.throws(() => decide(cost(), 0, amount), /is not a count/)
  }
})

test('what paid last is given back first; an expired lot gives way to a new one', () => {
  const credits = (nanos: number, of = cost()) => {
    const decision = decide(of, 0, nanos)
    assert.ok(decision.kind === 'corrected')
    return decision.op.credits.map((credit) => [credit.account, credit.nanos, credit.newLotExpiresAt])
  }
  assert.deepEqual(credits(0), [])
  assert.deepEqual(credits(5), [[52, 5, null]])
  assert.deepEqual(credits(60), [
    [52, 30, null],
    [51, 20, null],
    [99, 10, NOW + 500],
  ])
  assert.deepEqual(credits(20, cost({ givenNanos: 35 })), [
    [51, 15, null],
    [99, 5, NOW + 500],
  ])
})

const charges = fc.array(
  fc.record({
    nanos: fc.integer({ min: 1, max: 1000 }),
    expires: fc.constantFrom(NOW - 1, NOW, NOW + 1, null),
  }),
  { minLength: 1, maxLength: 6 },
)

test('however it is given back, nothing gets more than it paid, and all of it can be given back', () => {
  fc.assert(
    fc.property(charges, fc.array(fc.integer({ min: 0, max: 2000 })), (paid, wishes) => {
      const charged: Charged[] = paid.map(({ nanos, expires }, account) => ({
        account,
        nanos,
        expiresAt: expires,
      }))
      const nanos = paid.reduce((sum, each) => sum + each.nanos, 0)
      const back = new Map<number, number>()
      let givenNanos = 0
      for (const wish of [...wishes, nanos]) {
        const of = cost({ kept: { units: 0, nanos }, charges: charged, givenNanos })
        const amount = wish === nanos ? nanos - givenNanos : wish
        const decision = decide(of, 0, amount)
        assert.equal(decision.kind, amount <= nanos - givenNanos ? 'corrected' : 'too-much')
        if (decision.kind !== 'corrected') continue
        givenNanos += amount
        const sum = decision.op.credits.reduce((total, credit) => total + credit.nanos, 0)
        assert.equal(sum, amount)
        for (const credit of decision.op.credits) {
          assert.ok(credit.nanos > 0)
          back.set(credit.account, (back.get(credit.account) ?? 0) + credit.nanos)
        }
      }
      for (const { account, nanos: most, expiresAt } of charged) {
        const isOver = expiresAt !== null && expiresAt <= NOW
        assert.equal(back.get(account) ?? 0, isOver ? 0 : most)
      }
    }),
  )
})
