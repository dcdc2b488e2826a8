import assert from 'node:assert/strict'
import test from 'node:test'
import { AssertionFault } from '../assert.ts'
import { type Ending, type HoldOp, NO_TOKENS, type Part, type Pool } from './op.ts'
import { type Outcome, settle } from './settle.ts'

const hold: HoldOp = {
  kind: 'hold',
  id: 9,
  at: 1_000,
  team: 1,
  member: 2,
  secret: 3,
  keyKind: 'plan',
  subscription: 4,
  resource: 'text',
  resourceLabel: 5,
  modelLabel: 6,
  pool: 'plan',
  askedUnits: 1,
  units: 1,
  crashUnits: 1,
  usedUnits: 0,
  limitUnits: 10,
  windowMs: 1,
  nanos: 0,
  parts: [],
  slices: 0,
  priceVersion: 1,
}

function paidBy(pool: Pool, ...nanos: number[]): HoldOp {
  const parts: Part[] = nanos.map((each, index) => ({
    pool: pool === 'wallet' ? 'wallet' : 'credits',
    account: 100 + index,
    nanos: each,
    availableNanos: each,
  }))
  return {
    ...hold,
    pool,
    parts,
    units: 0,
    subscription: 0,
    nanos: nanos.reduce((sum, each) => sum + each, 0),
  }
}

function end(held: HoldOp, ending: Ending, nanos: number) {
  const outcome = { ending, nanos, tokens: NO_TOKENS }
  const { units, charges, absorbedNanos, ...op } = settle(held, outcome, 2_000)
  assert.equal(op.at, 2_000)
  assert.equal(op.ending, ending)
  assert.equal(
    op.nanos,
    charges.reduce((sum, charge) => sum + charge.nanos, 0),
  )
  return { units, charged: charges.map((charge) => charge.nanos), absorbedNanos }
}

/** The table of design §4.10: a text unit, and money as the upstream reported it. */
const table: readonly (readonly [ending: Ending, unit: number, owed: boolean])[] = [
  ['done', 1, true],
  ['failed', 0, false],
  ['client-left-before', 0, false],
  ['client-left-after', 1, true],
  ['cut-after', 0, true],
  ['crashed', 1, false],
]

for (const [ending, unit, owed] of table) {
  test(`${ending}: ${unit} unit, ${owed ? 'what was delivered' : 'nothing'} in money`, () => {
    assert.deepEqual(end(hold, ending, 70), { units: unit, charged: [], absorbedNanos: 0 })
    assert.equal(settle(hold, { ending, nanos: 0, tokens: NO_TOKENS }, 2_000).madeUnits, unit)
    assert.deepEqual(end({ ...hold, askedUnits: 4, units: 4, crashUnits: 4 }, ending, 0), {
      units: unit * 4,
      charged: [],
      absorbedNanos: 0,
    })
    for (const pool of ['credits', 'wallet'] as const) {
      assert.deepEqual(end(paidBy(pool, 100), ending, 70), {
        units: 0,
        charged: [owed ? 70 : 0],
        absorbedNanos: 0,
      })
      assert.deepEqual(end(paidBy(pool, 100), ending, 0), { units: 0, charged: [0], absorbedNanos: 0 })
      assert.deepEqual(end(paidBy(pool, 100), ending, 130), {
        units: 0,
        charged: [owed ? 100 : 0],
        absorbedNanos: owed ? 30 : 0,
      })
    }
  })
}

/** Five pieces: three the plan's, two paid by lots of 6 and 4 nanos, at 5 nanos each. */
const shared: HoldOp = {
  ...paidBy('plan+credits', 6, 4),
  askedUnits: 5,
  units: 3,
  crashUnits: 0,
  subscription: 4,
}

function made(held: HoldOp, outcome: Partial<Outcome>) {
  const all = { ending: 'done', nanos: 0, tokens: NO_TOKENS, ...outcome } as const
  const { madeUnits, units, charges, nanos, absorbedNanos } = settle(held, all, 2_000)
  return { madeUnits, units, charged: charges.map((charge) => charge.nanos), nanos, absorbedNanos }
}

test('of made pieces the plan pays first: fewer give credits back first, the last lot first, and then units', () => {
  const table: readonly (readonly [pieces: number, due: number, units: number, charged: number[]])[] = [
    [5, 10, 3, [6, 4]],
    [4, 5, 3, [5, 0]],
    [3, 0, 3, [0, 0]],
    [2, 0, 2, [0, 0]],
    [0, 0, 0, [0, 0]],
  ]
  for (const [madeUnits, nanos, units, charged] of table) {
    const wanted = { madeUnits, units, charged, nanos, absorbedNanos: 0 }
    assert.deepEqual(made(shared, { madeUnits, nanos }), wanted)
  }
})

test('more pieces than were asked for are the operator’s', () => {
  const wanted = { madeUnits: 5, units: 3, charged: [6, 4], nanos: 10, absorbedNanos: 5 }
  assert.deepEqual(made(shared, { madeUnits: 6, nanos: 15 }), wanted)
  const plan = { ...hold, askedUnits: 2, units: 2 }
  assert.deepEqual(made(plan, { madeUnits: 3 }), {
    madeUnits: 2,
    units: 2,
    charged: [],
    nanos: 0,
    absorbedNanos: 0,
  })
})

test('pieces that did not arrive are no pieces: units and money end alike, whatever was made', () => {
  const nothing = { madeUnits: 0, units: 0, charged: [0, 0], nanos: 0, absorbedNanos: 0 }
  for (const ending of ['failed', 'client-left-before', 'crashed'] as const)
    assert.deepEqual(made(shared, { ending, madeUnits: 5, nanos: 10 }), nothing, ending)
  for (const ending of ['cut-after', 'client-left-after'] as const)
    assert.equal(made(shared, { ending, madeUnits: 4, nanos: 5 }).units, 3, ending)
})

test('a crash keeps what the hold says: all of a text call, nothing of media', () => {
  const call = { ...hold, askedUnits: 4, units: 4 }
  const crashed = { ending: 'crashed' } as const
  assert.deepEqual(made({ ...call, crashUnits: 4 }, crashed).units, 4)
  assert.deepEqual(made({ ...call, crashUnits: 0 }, crashed).units, 0)
  assert.deepEqual(made({ ...call, crashUnits: 3 }, crashed).units, 3)
  assert.deepEqual(made({ ...paidBy('wallet', 9), crashUnits: 1 }, crashed), {
    madeUnits: 1,
    units: 0,
    charged: [0],
    nanos: 0,
    absorbedNanos: 0,
  })
})

test('what was held last is given back first', () => {
  const held = paidBy('credits', 50, 30, 20)
  for (const [price, charged] of [
    [100, [50, 30, 20]],
    [81, [50, 30, 1]],
    [60, [50, 10, 0]],
    [50, [50, 0, 0]],
    [1, [1, 0, 0]],
    [0, [0, 0, 0]],
  ] as const) {
    assert.deepEqual(end(held, 'done', price).charged, charged)
  }
})

test('a hold of nothing leaves the whole price to the operator', () => {
  assert.deepEqual(end(paidBy('credits'), 'done', 7), { units: 0, charged: [], absorbedNanos: 7 })
})

test('what the journal could not write is refused before it is in a batch', () => {
  for (const nanos of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
    assert.throws(() => end(paidBy('wallet', 10), 'done', nanos), AssertionFault, `${nanos} nanos`)
    const tokens = { ...NO_TOKENS, output: nanos }
    assert.throws(
      () => settle(hold, { ending: 'done', nanos: 0, tokens }, 2_000),
      AssertionFault,
      `${nanos} tokens`,
    )
    assert.throws(() => made(shared, { madeUnits: nanos }), AssertionFault, `${nanos} pieces`)
  }
})
