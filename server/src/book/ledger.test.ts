import assert from 'node:assert/strict'
import test from 'node:test'
import { entriesOf, operatorAccounts } from './ledger.ts'
import { type EndOp, type FundOp, type HoldOp, NO_TOKENS } from './op.ts'

const { absorbed, cash, grants, revenue } = operatorAccounts
const hold = { id: 9, at: 1_000, priceVersion: 3 } as HoldOp

function end(charges: EndOp['charges'], absorbedNanos = 0): EndOp {
  const nanos = charges.reduce((sum, charge) => sum + charge.nanos, 0)
  return {
    kind: 'end',
    hold,
    at: 2_000,
    ending: 'done',
    madeUnits: 0,
    units: 0,
    nanos,
    charges,
    absorbedNanos,
    tokens: NO_TOKENS,
  }
}

const fund: FundOp = {
  kind: 'fund',
  id: 7,
  at: 500,
  team: 1,
  account: 50,
  nanos: 1_000,
  lot: null,
  source: cash,
}

function pairs(op: Parameters<typeof entriesOf>[0]): [number, number][] {
  return entriesOf(op).map(({ account, nanos }) => [account, nanos])
}

test('a charge leaves the customer’s accounts and is earned', () => {
  assert.deepEqual(
    pairs(
      end([
        { pool: 'credits', account: 50, nanos: 30 },
        { pool: 'credits', account: 51, nanos: 12 },
      ]),
    ),
    [
      [50, -30],
      [51, -12],
      [revenue, 42],
    ],
  )
})

test('an account that was held and not charged has no entry', () => {
  assert.deepEqual(
    pairs(
      end([
        { pool: 'credits', account: 50, nanos: 30 },
        { pool: 'credits', account: 51, nanos: 0 },
      ]),
    ),
    [
      [50, -30],
      [revenue, 30],
    ],
  )
})

test('what the customer must not pay is earned from the operator’s own account', () => {
  assert.deepEqual(pairs(end([{ pool: 'credits', account: 50, nanos: 30 }], 5)), [
    [50, -30],
    [absorbed, -5],
    [revenue, 35],
  ])
  assert.deepEqual(pairs(end([], 5)), [
    [absorbed, -5],
    [revenue, 5],
  ])
})

test('what cost nothing stands in no ledger', () => {
  assert.deepEqual(entriesOf(end([{ pool: 'credits', account: 50, nanos: 0 }])), [])
  assert.deepEqual(entriesOf({ ...hold, kind: 'hold' }), [])
  assert.deepEqual(
    entriesOf({
      kind: 'access',
      at: 1,
      team: 1,
      member: 2,
      creditsAccess: true,
      overflow: true,
      capNanos: null,
    }),
    [],
  )
})

test('entries carry the request’s id, the time of the end and the price version of the hold', () => {
  for (const entry of entriesOf(end([{ pool: 'credits', account: 50, nanos: 30 }]))) {
    assert.deepEqual([entry.tx, entry.at, entry.priceVersion], [9, 2_000, 3])
  }
})

test('money that comes in comes from somewhere', () => {
  assert.deepEqual(pairs(fund), [
    [cash, -1_000],
    [50, 1_000],
  ])
  assert.deepEqual(pairs({ ...fund, source: grants }), [
    [grants, -1_000],
    [50, 1_000],
  ])
  assert.equal(entriesOf(fund)[0]?.tx, 7)
})

test('a transaction that does not sum to zero is never written', () => {
  const broken = { ...end([{ pool: 'credits', account: 50, nanos: 30 }]), nanos: 31 }
  assert.throws(() => entriesOf(broken), /sums to zero, this one to 1/)
})
