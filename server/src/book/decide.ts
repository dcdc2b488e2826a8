import { assert, assertAmount } from '../assert.ts'
import { priceUnits } from '../money.ts'
import { fundsFor } from './lots.ts'
import type { HoldOp, KeyKind, Part, Pool, SliceOp } from './op.ts'
import { isCapped, type NoMoney, type Refusal, type WindowReport } from './refusal.ts'
import { limitAt, type Meter, type SubscriptionState, type TeamState } from './state.ts'

/** A request for units of one resource, with the price it would have. Amounts are integers; ids are ours. */
export type Ask = {
  readonly id: number
  readonly keyKind: KeyKind
  readonly team: number
  readonly member: number
  readonly secret: number
  /** null: outside the coverage of a Token Plan Key. */
  readonly resource: string | null
  readonly resourceLabel: number
  readonly modelLabel: number
  readonly highspeed: boolean
  readonly units: number
  /** The most this request can cost when money pays. */
  readonly nanos: number
  /** Where units are sold one by one, the plan may pay some of them and credits the rest (design §4.6). */
  readonly unitPrice: UnitPrice | null
  /** What stays taken should we crash; see HoldOp. */
  readonly crashUnits: number
  readonly priceVersion: number
}

type UnitPrice = { readonly nanos: number; readonly per: number }

export type Decision =
  /** `meter`: the plan's right to the resource, also where its window was empty and credits pay. */
  | { readonly kind: 'held'; readonly op: HoldOp; readonly meter: Meter | null }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

export type Subjects = { readonly subscription: SubscriptionState | null; readonly team: TeamState }

/**
 * Who pays (design §4.5): the plan where it has room, else credits where the member may; an API key the wallet alone.
 * Only reads. All of it is held or nothing; a pool that takes no part never blocks.
 */
export function decide(subjects: Subjects, ask: Ask, now: number): Decision {
  assertAmount(ask.units, 'the units of a request')
  assertAmount(ask.nanos, 'the price of a request')
  assertAmount(ask.crashUnits, 'what a crash keeps of a request')
  assert(ask.crashUnits <= ask.units, 'a crash keeps no more than was asked for')
  if (ask.keyKind === 'api') return fromWallet(subjects.team, ask, now)
  if (ask.resource === null) return refused({ why: 'outside-coverage' })

  const subscription = activeAt(subjects.subscription, now)
  const meter = entitled(subscription, ask, now)
  if (subscription && meter) return fromPlan({ subscription, meter, team: subjects.team }, ask, now)
  const money = inMoney(subjects.team, ask, NO_SHARE, now)
  if (money.kind === 'held') return { kind: 'held', op: money.op, meter: null }
  if (isCapped(money.why)) return refused({ why: 'cap-reached', capped: money.why })
  if (subscription) return refused({ why: 'not-in-plan', credits: money.why })
  return refused(
    typeof money.why === 'string' ? { why: 'no-plan' } : { why: 'credits-empty', shortage: money.why },
  )
}

type Entitled = {
  readonly subscription: SubscriptionState
  readonly meter: Meter
  readonly team: TeamState
}

function fromPlan({ subscription, meter, team }: Entitled, ask: Ask, now: number): Decision {
  const witness = leastLeft(meter, now)
  const leftUnits = witness.limitUnits - witness.usedUnits
  if (ask.units <= leftUnits) {
    const paid: Paid = {
      pool: 'plan',
      nanos: 0,
      parts: NO_PARTS,
      subscription: subscription.id,
      units: ask.units,
      witness,
    }
    return { kind: 'held', op: holdOf(ask, now, paid), meter }
  }
  // What can be divided, the plan pays as far as it goes (design §4.6); both or nothing.
  const share =
    ask.unitPrice && leftUnits > 0 ? { subscription: subscription.id, units: leftUnits, witness } : NO_SHARE
  const money = inMoney(team, ask, share, now)
  if (money.kind === 'held') return { kind: 'held', op: money.op, meter }
  return refused({
    why: 'window-empty',
    planName: subscription.planName,
    window: tightest(meter, ask.units, now),
    credits: money.why,
  })
}

function refused(refusal: Refusal): Decision {
  return { kind: 'refused', refusal }
}

export function activeAt(subscription: SubscriptionState | null, now: number): SubscriptionState | null {
  return subscription && (subscription.endsAt === null || now < subscription.endsAt) ? subscription : null
}

/** The plan's right to this model: the resource is in it, and highspeed models only where the plan has them. */
function entitled(subscription: SubscriptionState | null, ask: Ask, now: number): Meter | null {
  const meter = subscription?.meters.get(ask.resource ?? '')
  if (!meter || (ask.highspeed && !meter.entitlement.highspeed)) return null
  // A promotion that ended over a base of nothing leaves no right, so that nobody reads "0/0 used".
  return limitAt(meter, 0, now) > 0 ? meter : null
}

type Witness = Pick<HoldOp, 'usedUnits' | 'limitUnits' | 'windowMs'>

/** The window with the least left: what it has room for, all have; the same cost for a full window as for an empty one. */
function leastLeft(meter: Meter, now: number): Witness {
  let witness: Witness | null = null
  for (let index = 0; index < meter.windows.length; index++) {
    const usedUnits = meter.windows[index]?.usedAt(now) ?? 0
    const limitUnits = limitAt(meter, index, now)
    if (witness && limitUnits - usedUnits >= witness.limitUnits - witness.usedUnits) continue
    const rule = meter.entitlement.quotas[index]?.rule
    witness = { usedUnits, limitUnits, windowMs: rule?.kind === 'sliding' ? rule.windowMs : 0 }
  }
  assert(witness, 'an entitlement has a window')
  return witness
}

/** Of the windows of an entitlement the one that keeps this request waiting longest, or has the least left. */
export function tightest(meter: Meter, units: number, now: number): WindowReport {
  let worst: WindowReport | undefined
  for (let index = 0; index < meter.windows.length; index++) {
    const report = reportOf(meter, index, units, now)
    if (!worst || tighter(report, worst)) worst = report
  }
  if (!worst) throw new Error('an entitlement without a window')
  return worst
}

function tighter(a: WindowReport, b: WindowReport): boolean {
  if (a.nextFreeAt !== b.nextFreeAt) return a.nextFreeAt > b.nextFreeAt
  // Where a request never fits, the smallest window says how much would.
  if (a.nextFreeAt === Number.POSITIVE_INFINITY) return a.limitUnits < b.limitUnits
  return a.limitUnits - a.usedUnits < b.limitUnits - b.usedUnits
}

export function reportOf(meter: Meter, index: number, units: number, now: number): WindowReport {
  const window = meter.windows[index]
  const quota = meter.entitlement.quotas[index]
  if (!window || !quota) throw new Error('an entitlement and its windows go together')
  const limitUnits = limitAt(meter, index, now)
  return {
    rule: quota.rule,
    usedUnits: window.usedAt(now),
    heldUnits: meter.heldUnits,
    limitUnits,
    nextFreeAt: window.freeAt(now, units, limitUnits),
    usefulAt: window.freeAt(now, usefulUnits(limitUnits), limitUnits),
    fullAt: window.fullAt(now),
  }
}

/** At most the limit itself: what never fits would be useful at no instant. */
export function usefulUnits(limitUnits: number): number {
  return Math.min(10, Math.ceil(limitUnits / 100))
}

type InMoney = { kind: 'held'; op: HoldOp } | { kind: 'short'; why: NoMoney }

/** What the plan pays of a request that money pays as well. */
type Share = Pick<Paid, 'subscription' | 'units' | 'witness'>

function inMoney(team: TeamState, ask: Ask, share: Share, now: number): InMoney {
  const nanos =
    share.units > 0 && ask.unitPrice ? priceUnits(ask.units - share.units, ask.unitPrice) : ask.nanos
  const by = { at: now, member: ask.member, secret: ask.secret, keyKind: ask.keyKind }
  const funds = fundsFor(team, by, nanos, now)
  if (funds.kind === 'short') return funds
  const { parts } = funds
  const pool = poolOf(share.units > 0, parts, ask.keyKind)
  const { subscription, units, witness } = share
  return { kind: 'held', op: holdOf(ask, now, { pool, nanos, parts, subscription, units, witness }) }
}

function fromWallet(team: TeamState, ask: Ask, now: number): Decision {
  const money = inMoney(team, ask, NO_SHARE, now)
  if (money.kind === 'held') return { kind: 'held', op: money.op, meter: null }
  if (isCapped(money.why)) return refused({ why: 'cap-reached', capped: money.why })
  assert(typeof money.why === 'object', 'an API key needs no access')
  return refused({ why: 'wallet-empty', shortage: money.why })
}

/** In the order in which they pay. What costs nothing is said to be paid by the first pool that would have. */
export function poolOf(planPays: boolean, parts: readonly Pick<Part, 'pool'>[], keyKind: KeyKind): Pool {
  const wallet = keyKind === 'api' || parts.some(({ pool }) => pool === 'wallet')
  const credits = keyKind === 'plan' && (!wallet || parts.some(({ pool }) => pool === 'credits'))
  if (planPays) return credits ? (wallet ? 'plan+credits+wallet' : 'plan+credits') : 'plan+wallet'
  return credits ? (wallet ? 'credits+wallet' : 'credits') : 'wallet'
}

export type MoreDecision =
  | { readonly kind: 'held'; readonly op: SliceOp; readonly hold: HoldOp }
  | { readonly kind: 'refused'; readonly why: NoMoney }

/** Further money for a running request that money pays; from any pool that pays for its key now (design §4.9). */
export function decideMore(team: TeamState, hold: HoldOp, nanos: number, now: number): MoreDecision {
  assertAmount(nanos, 'the price of a slice')
  assert(hold.nanos > 0, 'only what money pays grows')
  const funds = fundsFor(team, hold, nanos, now)
  if (funds.kind === 'short') return { kind: 'refused', why: funds.why }
  const { parts } = funds
  const number = hold.slices + 1
  return {
    kind: 'held',
    op: { kind: 'slice', hold, number, at: now, nanos, parts },
    hold: grown(hold, parts),
  }
}

/** The hold with a slice more. An account that pays again pays more in its old place. */
export function grown(hold: HoldOp, slice: readonly Part[]): HoldOp {
  // What costs nothing leaves no row, so the next slice has its number.
  if (slice.length === 0) return hold
  const parts = [...hold.parts]
  for (const part of slice) {
    const index = parts.findIndex(({ account }) => account === part.account)
    const known = parts[index]
    if (known) parts[index] = { ...known, nanos: known.nanos + part.nanos }
    else parts.push(part)
  }
  const nanos = hold.nanos + slice.reduce((sum, part) => sum + part.nanos, 0)
  const pool = poolOf(hold.units > 0, parts, hold.keyKind)
  return { ...hold, pool, nanos, parts, slices: hold.slices + 1 }
}

/** Nested, not spread, and made in one order of fields: a spread is most of what a decision costs. */
type Paid = Pick<HoldOp, 'pool' | 'nanos' | 'parts' | 'subscription' | 'units'> & {
  readonly witness: Witness
}
const NO_PARTS: readonly Part[] = []
/** Money pays: no window has a part in it. */
const NO_WITNESS: Witness = { usedUnits: 0, limitUnits: 0, windowMs: 0 }

const NO_SHARE: Share = { subscription: 0, units: 0, witness: NO_WITNESS }

function holdOf(ask: Ask, at: number, paid: Paid): HoldOp {
  return {
    kind: 'hold',
    id: ask.id,
    at,
    team: ask.team,
    member: ask.member,
    secret: ask.secret,
    keyKind: ask.keyKind,
    subscription: paid.subscription,
    resource: ask.resource ?? '',
    resourceLabel: ask.resourceLabel,
    modelLabel: ask.modelLabel,
    pool: paid.pool,
    askedUnits: ask.units,
    units: paid.units,
    crashUnits: ask.crashUnits,
    usedUnits: paid.witness.usedUnits,
    limitUnits: paid.witness.limitUnits,
    windowMs: paid.witness.windowMs,
    nanos: paid.nanos,
    parts: paid.parts,
    slices: 0,
    priceVersion: ask.priceVersion,
  }
}
