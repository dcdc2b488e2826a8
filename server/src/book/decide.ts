import { assert, assertAmount } from '../assert.ts'
import type { WindowRule } from '../catalogue/catalogue.ts'
import { priceUnits } from '../money.ts'
import type { HoldOp, Part } from './op.ts'
import {
  type Account,
  limitAt,
  type MemberAccess,
  type Meter,
  type SubscriptionState,
  spendable,
  type TeamState,
} from './state.ts'

/** A request for units of one resource, with the price it would have. Amounts are integers; ids are ours. */
export type Ask = {
  readonly id: number
  readonly keyKind: 'plan' | 'api'
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

export type Refusal =
  | { readonly why: 'outside-coverage' | 'not-in-plan' | 'no-plan' }
  | {
      readonly why: 'window-empty'
      readonly planName: string
      readonly window: WindowReport
      readonly credits: NoCredits
    }
  | { readonly why: 'credits-empty' | 'wallet-empty'; readonly shortage: Shortage }

/** Why credits did not pay: this member may not use them, has switched overflow off, or there are too few. */
export type NoCredits = 'no-access' | 'overflow-off' | Shortage

export type Shortage = {
  readonly neededNanos: number
  readonly balanceNanos: number
  readonly heldNanos: number
}

export type WindowReport = {
  readonly rule: WindowRule
  readonly usedUnits: number
  readonly heldUnits: number
  readonly limitUnits: number
  /** This request fits. Instants in ms; Infinity when it never will. */
  readonly nextFreeAt: number
  /** 1 % of the window or 10 units are back, whichever is less. */
  readonly usefulAt: number
  /** Everything is back. */
  readonly fullAt: number
}

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
  if (subscription && meter) {
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
    const { team } = subjects
    const credits =
      ask.unitPrice && leftUnits > 0
        ? divided({ subscription, leftUnits, witness, team }, ask, ask.unitPrice, now)
        : fromCredits(team, ask, now)
    if (credits.kind === 'held') return { kind: 'held', op: credits.op, meter }
    return refused({
      why: 'window-empty',
      planName: subscription.planName,
      window: tightest(meter, ask.units, now),
      credits: credits.why,
    })
  }
  const credits = fromCredits(subjects.team, ask, now)
  if (credits.kind === 'held') return credits
  if (subscription) return refused({ why: 'not-in-plan' })
  return refused(
    typeof credits.why === 'string' ? { why: 'no-plan' } : { why: 'credits-empty', shortage: credits.why },
  )
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
    // Below zero where units of an earlier day were given back today: granted, and not shown as used.
    usedUnits: Math.max(0, window.usedAt(now)),
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

type Credits = { kind: 'held'; op: HoldOp; meter: null } | { kind: 'short'; why: NoCredits }

type Share = {
  readonly subscription: SubscriptionState
  readonly leftUnits: number
  readonly witness: Witness
  readonly team: TeamState
}

/** The plan pays what it has room for, credits the rest; both or nothing. */
function divided(share: Share, ask: Ask, unitPrice: UnitPrice, now: number): Credits {
  const { subscription, leftUnits, witness, team } = share
  const nanos = priceUnits(ask.units - leftUnits, unitPrice)
  const credits = creditParts(team, ask.member, nanos, now)
  if (credits.kind === 'short') return credits
  const paid: Paid = {
    pool: 'plan+credits',
    nanos,
    parts: credits.parts,
    subscription: subscription.id,
    units: leftUnits,
    witness,
  }
  return { kind: 'held', op: holdOf(ask, now, paid), meter: null }
}

function fromCredits(team: TeamState, ask: Ask, now: number): Credits {
  const credits = creditParts(team, ask.member, ask.nanos, now)
  if (credits.kind === 'short') return credits
  const paid = paidBy('credits', ask.nanos, credits.parts)
  return { kind: 'held', op: holdOf(ask, now, paid), meter: null }
}

function creditParts(
  team: TeamState,
  member: number,
  nanos: number,
  now: number,
): { kind: 'parts'; parts: readonly Part[] } | { kind: 'short'; why: NoCredits } {
  const access: MemberAccess | undefined = team.members.get(member)
  if (!access?.creditsAccess) return { kind: 'short', why: 'no-access' }
  if (!access.overflow) return { kind: 'short', why: 'overflow-off' }
  const live = team.lots.filter((lot) => lot.expiresAt > now)
  const parts = divide(live, nanos)
  return parts ? { kind: 'parts', parts } : { kind: 'short', why: shortageOf(live, nanos) }
}

function fromWallet(team: TeamState, ask: Ask, now: number): Decision {
  const parts = divide([team.wallet], ask.nanos)
  if (!parts) return refused({ why: 'wallet-empty', shortage: shortageOf([team.wallet], ask.nanos) })
  return { kind: 'held', op: holdOf(ask, now, paidBy('wallet', ask.nanos, parts)), meter: null }
}

/** In the order of `accounts`, as much from each as it can spend; null when together they cannot. */
function divide(accounts: readonly Account[], nanos: number): Part[] | null {
  if (nanos === 0) return []
  const parts: Part[] = []
  let missing = nanos
  for (const account of accounts) {
    const availableNanos = spendable(account)
    if (availableNanos <= 0) continue
    const taken = Math.min(availableNanos, missing)
    parts.push({ account: account.account, nanos: taken, availableNanos })
    missing -= taken
    if (missing === 0) return parts
  }
  return null
}

function shortageOf(accounts: readonly Account[], neededNanos: number): Shortage {
  return {
    neededNanos,
    balanceNanos: accounts.reduce((sum, account) => sum + account.balanceNanos, 0),
    heldNanos: accounts.reduce((sum, account) => sum + account.heldNanos, 0),
  }
}

/** Nested, not spread: a spread is half of what a decision costs. */
type Paid = Pick<HoldOp, 'pool' | 'nanos' | 'parts' | 'subscription' | 'units'> & {
  readonly witness: Witness
}
const NO_PARTS: readonly Part[] = []
/** Money pays: no window has a part in it. */
const NO_WITNESS: Witness = { usedUnits: 0, limitUnits: 0, windowMs: 0 }

function paidBy(pool: 'credits' | 'wallet', nanos: number, parts: readonly Part[]): Paid {
  return { pool, nanos, parts, subscription: 0, units: 0, witness: NO_WITNESS }
}

function holdOf(ask: Ask, at: number, paid: Paid): HoldOp {
  return {
    kind: 'hold',
    id: ask.id,
    at,
    team: ask.team,
    member: ask.member,
    secret: ask.secret,
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
    priceVersion: ask.priceVersion,
  }
}
