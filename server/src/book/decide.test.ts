import assert from 'node:assert/strict'
import test from 'node:test'
import { AssertionFault } from '../assert.ts'
import type { Entitlement, WindowRule } from '../catalogue/catalogue.ts'
import { apply } from './apply.ts'
import { type Ask, activeAt, decide, reportOf, tightest, usefulUnits } from './decide.ts'
import { type Refusal, toldUnits } from './refusal.ts'
import { noSpending } from './spending.ts'
import { type Lot, Meters, type SubscriptionState, type TeamState } from './state.ts'

const NOW = Date.UTC(2026, 10, 23, 12)
const HOURS_5 = 5 * 3_600_000
const fiveHours: WindowRule = { name: 'five-hours', kind: 'sliding', windowMs: HOURS_5 }
const week: WindowRule = { name: 'week', kind: 'weekly', zone: 'UTC' }
const day: WindowRule = { name: 'day', kind: 'daily', zone: 'UTC' }

function text(...quotas: Entitlement['quotas']): Entitlement {
  return { resource: 'text', highspeed: false, quotas }
}

function planOf(entitlements: readonly Entitlement[], endsAt: number | null = null): SubscriptionState {
  return { id: 4, team: 1, planName: 'Max', endsAt, meters: new Meters(entitlements) }
}

function teamOf({ wallet = 0, lots = [] as Lot[], access = true, overflow = true } = {}): TeamState {
  return {
    id: 1,
    lots,
    wallet: { account: 50, balanceNanos: wallet, heldNanos: 0 },
    members: new Map([[2, { creditsAccess: access, overflow, capNanos: null }]]),
    walletSwitch: { on: false, capNanos: null },
    keyCaps: new Map(),
    spending: noSpending(202611),
  }
}

function lot(account: number, balanceNanos: number, expiresAt = NOW + 1): Lot {
  return { account, balanceNanos, heldNanos: 0, kind: 'bought', expiresAt }
}

const ask: Ask = {
  id: 9,
  keyKind: 'plan',
  team: 1,
  member: 2,
  secret: 3,
  resource: 'text',
  resourceLabel: 5,
  modelLabel: 6,
  highspeed: false,
  units: 1,
  nanos: 100,
  unitPrice: null,
  crashUnits: 0,
  priceVersion: 8,
}

function refusal(
  subscription: SubscriptionState | null,
  team: TeamState,
  wanted: Partial<Ask> = {},
): Refusal {
  const decision = decide({ subscription, team }, { ...ask, ...wanted }, NOW)
  assert.ok(decision.kind === 'refused', 'was held')
  return decision.refusal
}

function held(subscription: SubscriptionState | null, team: TeamState, wanted: Partial<Ask> = {}) {
  const decision = decide({ subscription, team }, { ...ask, ...wanted }, NOW)
  assert.ok(decision.kind === 'held', 'was refused')
  return decision
}

test('a plan pays while all of its windows have room, and the hold says how full the tightest one was', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 10 }, { rule: week, limitUnits: 4 })])
  const { op, meter } = held(plan, teamOf(), { units: 3, crashUnits: 2 })
  assert.deepEqual(op, {
    kind: 'hold',
    id: 9,
    at: NOW,
    team: 1,
    member: 2,
    secret: 3,
    keyKind: 'plan',
    subscription: 4,
    resource: 'text',
    resourceLabel: 5,
    modelLabel: 6,
    pool: 'plan',
    askedUnits: 3,
    units: 3,
    crashUnits: 2,
    usedUnits: 0,
    limitUnits: 4,
    windowMs: 0,
    nanos: 0,
    parts: [],
    slices: 0,
    priceVersion: 8,
  })
  assert.equal(meter, plan.meters.get('text'))
  apply({ subscription: plan, team: null }, op)
  assert.equal(refusal(plan, teamOf({ access: false }), { units: 2 }).why, 'window-empty')
  assert.deepEqual(pickOf(held(plan, teamOf(), { units: 1 }).op), {
    usedUnits: 3,
    limitUnits: 4,
    windowMs: 0,
  })
})

function pickOf({
  usedUnits,
  limitUnits,
  windowMs,
}: {
  usedUnits: number
  limitUnits: number
  windowMs: number
}) {
  return { usedUnits, limitUnits, windowMs }
}

test('of windows with as little left the first one is the witness', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 4 }, { rule: week, limitUnits: 4 })])
  assert.deepEqual(pickOf(held(plan, teamOf()).op), { usedUnits: 0, limitUnits: 4, windowMs: HOURS_5 })
})

const speech = { units: 500, nanos: 50, unitPrice: { nanos: 100_000, per: 1_000_000 } }

test('a divided request: the plan pays what its windows have room for, credits the price of the rest, rounded up', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 450 }, { rule: week, limitUnits: 405 })])
  const lots = [lot(60, 7), lot(61, 40)]
  const { op, meter } = held(plan, teamOf({ lots }), speech)
  assert.deepEqual([op.pool, op.subscription, op.askedUnits, op.units], ['plan+credits', 4, 500, 405])
  assert.deepEqual(pickOf(op), { usedUnits: 0, limitUnits: 405, windowMs: 0 })
  assert.equal(op.nanos, 10, '95 characters are 9.5 nanos')
  assert.deepEqual(op.parts, [
    { pool: 'credits', account: 60, nanos: 7, availableNanos: 7 },
    { pool: 'credits', account: 61, nanos: 3, availableNanos: 40 },
  ])
  assert.equal(meter, plan.meters.get('text'))
})

test('a divided request is held whole or not at all, and only the price of the rest is missing', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 450 })])
  const refused = refusal(plan, teamOf({ lots: [lot(60, 4)] }), speech)
  assert.ok(refused.why === 'window-empty')
  assert.deepEqual(refused.credits, { neededNanos: 5, balanceNanos: 4, heldNanos: 0, wallet: null })
  for (const [reason, team] of [
    ['no-access', teamOf({ lots: [lot(60, 500)], access: false })],
    ['overflow-off', teamOf({ lots: [lot(60, 500)], overflow: false })],
  ] as const) {
    const refusedBy = refusal(plan, team, speech)
    assert.equal(refusedBy.why === 'window-empty' && refusedBy.credits, reason)
  }
})

test('credits pay alone where no unit is left, where the plan lacks the resource, and where units are not sold one by one', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 450 }, { rule: week, limitUnits: 450 })])
  const team = teamOf({ lots: [lot(60, 500)] })
  const whole = (wanted: Partial<Ask>) => {
    const { op } = held(plan, team, { ...speech, ...wanted })
    return [op.pool, op.subscription, op.askedUnits, op.units, op.nanos]
  }
  assert.deepEqual(whole({ unitPrice: null }), ['credits', 0, 500, 0, 50])
  assert.deepEqual(whole({ resource: 'image' }), ['credits', 0, 500, 0, 50])
  apply({ subscription: plan, team: null }, held(plan, team, { units: 450 }).op)
  assert.deepEqual(whole({}), ['credits', 0, 500, 0, 50])
})

test('the wallet pays all of what is sold one by one: an API key sees no plan', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 450 })])
  const { op } = held(plan, teamOf({ wallet: 50 }), { ...speech, keyKind: 'api' })
  assert.deepEqual([op.pool, op.units, op.nanos], ['wallet', 0, 50])
})

test('what is sold one by one for nothing is divided all the same', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 450 })])
  const { op } = held(plan, teamOf(), { ...speech, nanos: 0, unitPrice: { nanos: 0, per: 1 } })
  assert.deepEqual([op.pool, op.units, op.nanos, op.parts], ['plan+credits', 450, 0, []])
})

test('outside the coverage nothing pays for a Token Plan Key', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 10 })])
  assert.deepEqual(refusal(plan, teamOf({ lots: [lot(60, 500)], wallet: 500 }), { resource: null }), {
    why: 'outside-coverage',
  })
})

test('a resource the plan lacks is paid by credits, and named when they cannot', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 10 })])
  const credits = held(plan, teamOf({ lots: [lot(60, 500)] }), { resource: 'image' })
  assert.deepEqual([credits.op.pool, credits.meter], ['credits', null])
  assert.deepEqual(refusal(plan, teamOf({ lots: [lot(60, 99)] }), { resource: 'image' }), {
    why: 'not-in-plan',
    credits: { neededNanos: 100, balanceNanos: 99, heldNanos: 0, wallet: null },
  })
  assert.deepEqual(refusal(plan, teamOf({ access: false }), { resource: 'image' }), {
    why: 'not-in-plan',
    credits: 'no-access',
  })
})

test('a highspeed model is in the plan only where the plan has them', () => {
  const quota = { rule: fiveHours, limitUnits: 10 }
  assert.equal(refusal(planOf([text(quota)]), teamOf(), { highspeed: true }).why, 'not-in-plan')
  assert.equal(
    held(planOf([{ ...text(quota), highspeed: true }]), teamOf(), { highspeed: true }).op.pool,
    'plan',
  )
})

test('a promotion that ended over a base of nothing is no right at all', () => {
  const promotion = { baseUnits: 0, baseQuotas: [], endsAt: NOW }
  const plan = planOf([{ ...text({ rule: day, limitUnits: 4 }), promotion }])
  assert.equal(refusal(plan, teamOf()).why, 'not-in-plan')
})

test('without a plan: credits, or their shortage, or nobody pays', () => {
  const short = { neededNanos: 100, balanceNanos: 99, heldNanos: 0, wallet: null }
  assert.equal(held(null, teamOf({ lots: [lot(60, 100)] })).op.pool, 'credits')
  assert.deepEqual(refusal(null, teamOf({ lots: [lot(60, 99)] })), { why: 'credits-empty', shortage: short })
  assert.deepEqual(refusal(null, teamOf({ lots: [lot(60, 500)], access: false })), { why: 'no-plan' })
  assert.deepEqual(refusal(null, teamOf({ lots: [lot(60, 500)], overflow: false })), { why: 'no-plan' })
  const stranger = { ...teamOf({ lots: [lot(60, 500)] }), members: new Map() }
  assert.deepEqual(refusal(null, stranger), { why: 'no-plan' })
})

test('a subscription runs until the millisecond of its end', () => {
  const quota = { rule: fiveHours, limitUnits: 10 }
  assert.equal(held(planOf([text(quota)], NOW + 1), teamOf()).op.pool, 'plan')
  assert.deepEqual(refusal(planOf([text(quota)], NOW), teamOf({ access: false })), { why: 'no-plan' })
  assert.equal(activeAt(null, NOW), null)
})

test('an empty window says what is used, held, when this request fits, and why credits did not pay', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 2 })])
  for (const [id, at] of [
    [1, NOW - 2_000],
    [2, NOW - 1_000],
  ] as const) {
    const { op } = held(plan, teamOf(), { id })
    apply({ subscription: plan, team: null }, { ...op, at })
  }
  const window = {
    rule: fiveHours,
    usedUnits: 2,
    heldUnits: 2,
    limitUnits: 2,
    nextFreeAt: NOW - 2_000 + HOURS_5,
    usefulAt: NOW - 2_000 + HOURS_5,
    fullAt: NOW - 1_000 + HOURS_5,
  }
  const why = { why: 'window-empty', planName: 'Max', window } as const
  assert.deepEqual(refusal(plan, teamOf({ access: false, lots: [lot(60, 500)] })), {
    ...why,
    credits: 'no-access',
  })
  assert.deepEqual(refusal(plan, teamOf({ overflow: false })), { ...why, credits: 'overflow-off' })
  const lots = [{ ...lot(60, 150), heldNanos: 60 }, lot(61, 500, NOW)]
  assert.deepEqual(refusal(plan, teamOf({ lots })), {
    ...why,
    credits: { neededNanos: 100, balanceNanos: 150, heldNanos: 60, wallet: null },
  })
  const credits = held(plan, teamOf({ lots: [lot(60, 500)] }))
  assert.deepEqual([credits.op.pool, credits.meter], ['credits', plan.meters.get('text')])
})

test('more units than any window holds are never free', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 2 })])
  const refused = refusal(plan, teamOf({ access: false }), { units: 3 })
  assert.ok(refused.why === 'window-empty')
  assert.deepEqual(
    [refused.window.nextFreeAt, refused.window.usefulAt, refused.window.fullAt],
    [Number.POSITIVE_INFINITY, NOW, NOW],
  )
})

test('of several windows that a request never fits into the smallest is named: it says how much would', () => {
  const plan = planOf([text({ rule: week, limitUnits: 50 }, { rule: day, limitUnits: 20 })])
  const meter = plan.meters.get('text') ?? assert.fail()
  meter.windows[0]?.take(NOW, 40)
  assert.deepEqual([tightest(meter, 80, NOW).rule, tightest(meter, 80, NOW).limitUnits], [day, 20])
})

test('of several windows the one that keeps the request waiting longest is named', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 2 }, { rule: week, limitUnits: 2 })])
  apply({ subscription: plan, team: null }, held(plan, teamOf(), { units: 2 }).op)
  const meter = plan.meters.get('text')
  assert.ok(meter)
  assert.equal(tightest(meter, 1, NOW).rule, week)
  assert.equal(tightest(meter, 1, NOW).nextFreeAt, Date.UTC(2026, 10, 30))
  // In the next week both are empty again, and the one with the least left is named.
  const wide = planOf([text({ rule: fiveHours, limitUnits: 3 }, { rule: week, limitUnits: 2 })]).meters.get(
    'text',
  )
  assert.ok(wide)
  assert.equal(tightest(wide, 1, NOW).rule, week)
})

test('useful again is a hundredth of the window, at least 1 and at most 10 units', () => {
  assert.deepEqual([1, 99, 100, 101, 900, 1_000, 15_000].map(usefulUnits), [1, 1, 1, 2, 9, 10, 10])
  assert.equal(usefulUnits(0), 0, 'what never fits is useful at no instant')
})

test('a unit granted for the day is not shown as less than nothing used', () => {
  const plan = planOf([text({ rule: day, limitUnits: 2 })])
  const meter = plan.meters.get('text')
  assert.ok(meter)
  meter.windows[0]?.giveBack(NOW - 86_400_000, 1, NOW)
  assert.deepEqual(toldUnits(reportOf(meter, 0, 3, NOW)), { used: 0, granted: 1, left: 3 })
  assert.equal(reportOf(meter, 0, 3, NOW).nextFreeAt, NOW)
  assert.deepEqual(pickOf(held(plan, teamOf(), { units: 3 }).op), {
    usedUnits: -1,
    limitUnits: 2,
    windowMs: 0,
  })
})

test('credits are taken lot by lot in their order, expired ones never', () => {
  const lots = [lot(60, 30, NOW), { ...lot(61, 30), heldNanos: 10 }, lot(62, 0), lot(63, 90)]
  assert.deepEqual(held(null, teamOf({ lots })).op.parts, [
    { pool: 'credits', account: 61, nanos: 20, availableNanos: 20 },
    { pool: 'credits', account: 63, nanos: 80, availableNanos: 90 },
  ])
})

test('an API key spends the wallet alone', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 10 })])
  const rich = teamOf({ wallet: 100, lots: [lot(60, 500)] })
  const { op } = held(plan, rich, { keyKind: 'api', resource: null, highspeed: true })
  assert.deepEqual(op.parts, [{ pool: 'wallet', account: 50, nanos: 100, availableNanos: 100 }])
  assert.deepEqual([op.pool, op.units, op.subscription, op.nanos], ['wallet', 0, 0, 100])
  apply({ subscription: plan, team: rich }, op)
  assert.deepEqual(refusal(plan, rich, { keyKind: 'api' }), {
    why: 'wallet-empty',
    shortage: { neededNanos: 100, balanceNanos: 100, heldNanos: 100, wallet: null },
  })
})

test('what costs nothing is held without money, also in an empty pool', () => {
  for (const keyKind of ['plan', 'api'] as const) {
    const { op } = held(null, teamOf(), { keyKind, nanos: 0 })
    assert.deepEqual([op.pool, op.parts, op.nanos], [keyKind === 'plan' ? 'credits' : 'wallet', [], 0])
  }
})

test('amounts that the journal could not write never become a hold', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 10 })])
  for (const amount of [-1, 0.5, Number.NaN, 2 ** 53]) {
    assert.throws(() => held(plan, teamOf(), { units: amount }), AssertionFault)
    assert.throws(() => held(plan, teamOf(), { nanos: amount }), AssertionFault)
    assert.throws(() => held(plan, teamOf(), { units: 2 ** 53 - 1, crashUnits: amount }), AssertionFault)
  }
  assert.throws(() => held(plan, teamOf(), { units: 2, crashUnits: 3 }), AssertionFault)
})

test('deciding only reads', () => {
  const plan = planOf([text({ rule: fiveHours, limitUnits: 2 }, { rule: week, limitUnits: 9 })])
  const team = teamOf({ wallet: 500, lots: [lot(60, 500)] })
  apply({ subscription: plan, team }, held(plan, team).op)
  const seen = () => [structuredClone(team), tightest(plan.meters.get('text') ?? assert.fail(), 1, NOW)]
  const before = seen()
  for (const wanted of [
    {},
    { units: 2 },
    { units: 5 },
    { keyKind: 'api' as const },
    { nanos: 501 },
    { resource: 'image' },
    { units: 9, unitPrice: { nanos: 1, per: 1 } },
  ]) {
    decide({ subscription: plan, team }, { ...ask, ...wanted }, NOW)
  }
  assert.deepEqual(seen(), before)
})
