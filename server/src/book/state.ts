import { type Entitlement, quotasAt } from '../catalogue/catalogue.ts'
import { openWindow, type Window } from './window.ts'

/**
 * The subjects of the book in memory: a subscription with its windows, a team with its money. `decide` and `settle` read
 * them, `apply` alone changes them.
 */
export type SubscriptionState = {
  readonly id: number
  readonly team: number
  readonly planName: string
  /** Exclusive; null where the subscription has no end. */
  readonly endsAt: number | null
  readonly meters: ReadonlyMap<string, Meter>
}

/** One entitlement and the windows that count it. */
export type Meter = {
  readonly entitlement: Entitlement
  readonly windows: readonly Window[]
  /** Units of running requests, part of what the windows count as used. */
  heldUnits: number
}

export type TeamState = {
  readonly id: number
  /** In the order in which they burn. */
  readonly lots: Lot[]
  readonly wallet: Account
  readonly members: Map<number, MemberAccess>
}

/** Money of a team. Spendable: balanceNanos − heldNanos. */
export type Account = { readonly account: number; balanceNanos: number; heldNanos: number }
export type Lot = Account & { readonly kind: 'granted' | 'bought'; readonly expiresAt: number }

export type MemberAccess = { readonly creditsAccess: boolean; readonly overflow: boolean }

export function openMeters(entitlements: readonly Entitlement[]): Map<string, Meter> {
  return new Map(
    entitlements.map((entitlement) => [
      entitlement.resource,
      { entitlement, windows: entitlement.quotas.map(openWindow), heldUnits: 0 },
    ]),
  )
}

/** Earliest expiry first; of two that expire together the granted one (design §4.7). */
export function burnOrder(a: Lot, b: Lot): number {
  return (
    a.expiresAt - b.expiresAt ||
    Number(a.kind === 'bought') - Number(b.kind === 'bought') ||
    a.account - b.account
  )
}

export function spendable(account: Account): number {
  return account.balanceNanos - account.heldNanos
}

/** A promotion that has ended leaves the base entitlement (design §4.4). */
export function limitAt(meter: Meter, index: number, now: number): number {
  return quotasAt(meter.entitlement, now)[index]?.limitUnits ?? 0
}
