// Subjects and requests as the benchmark's parts ask the book about them.
import type { Ask } from '../../server/src/book/decide.ts'
import { NO_TOKENS } from '../../server/src/book/op.ts'
import type { Outcome } from '../../server/src/book/settle.ts'
import { noSpending } from '../../server/src/book/spending.ts'
import { Meters, type SubscriptionState, type TeamState } from '../../server/src/book/state.ts'
import type { Entitlement, Quota } from '../../server/src/catalogue/catalogue.ts'
import { loadCatalogue } from '../../server/src/catalogue/read.ts'

export const WINDOW_MS = 18_000_000
export const SUBSCRIPTION = 2_001
export const TEAM = 2_002
export const MEMBER = 2_003
export const startsAt = Date.UTC(2026, 10, 23, 12)

export const fiveHours = (limitUnits: number): Quota => ({
  rule: { name: 'five-hours', kind: 'sliding', windowMs: WINDOW_MS },
  limitUnits,
})

export function textPlan(...quotas: readonly Quota[]): Entitlement[] {
  return [{ resource: 'text', highspeed: false, quotas }]
}

/** What the Max plan of the default catalogue grants: ten resources or so, most of which a subscriber never uses. */
export function maxPlan(catalogues: string): readonly Entitlement[] {
  const { plans } = loadCatalogue(`${catalogues}token-plan.yaml`, catalogues)
  const max = plans.get('max')
  if (!max) throw new Error('the catalogue has no plan max')
  return max.entitlements
}

export function subscriptionOf(entitlements: readonly Entitlement[]): SubscriptionState {
  return { id: SUBSCRIPTION, team: TEAM, planName: 'Max', endsAt: null, meters: new Meters(entitlements) }
}

/** Units of the text window, evenly over the five hours before `startsAt`. */
export function fill(subscription: SubscriptionState, units: number): SubscriptionState {
  for (let index = 0; index < units; index++) {
    const at = startsAt - WINDOW_MS + 1 + Math.floor((index * (WINDOW_MS - 1)) / units)
    for (const window of subscription.meters.get('text')?.windows ?? []) window.take(at, 1)
  }
  return subscription
}

/** Credits in lots of so many nanos, in the order in which they burn. */
export function teamOf(lots: readonly number[], creditsAccess = true): TeamState {
  return {
    id: TEAM,
    lots: lots.map((balanceNanos, index) => ({
      account: 3_000 + index,
      kind: 'bought',
      balanceNanos,
      heldNanos: 0,
      expiresAt: startsAt + 1e11 + index,
    })),
    wallet: { account: 4_000, balanceNanos: 0, heldNanos: 0 },
    walletSwitch: { on: false, capNanos: null },
    members: new Map([[MEMBER, { creditsAccess, overflow: creditsAccess, capNanos: null }]]),
    keyCaps: new Map(),
    spending: noSpending(202611),
  }
}

export const ASK: Ask = {
  id: 5_000,
  keyKind: 'plan',
  team: TEAM,
  member: MEMBER,
  secret: 2_004,
  resource: 'text',
  resourceLabel: 1,
  modelLabel: 2,
  highspeed: false,
  units: 1,
  nanos: 1_000_000,
  unitPrice: null,
  crashUnits: 1,
  priceVersion: 1,
}

export const DONE: Outcome = {
  ending: 'done',
  nanos: 600_000,
  tokens: { ...NO_TOKENS, input: 100, output: 200 },
}

/** What the program that started this part reads: its last line. */
export function say(result: unknown): void {
  console.log(JSON.stringify(result))
}

/** What the part was asked to do. */
export function told<wanted>(): wanted {
  return JSON.parse(process.argv[2] ?? '{}') as wanted
}
