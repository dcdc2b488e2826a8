import { type Entitlement, quotasAt } from '../catalogue/catalogue.ts'
import type { Spending } from './spending.ts'
import { openWindow } from './windows/open.ts'
import type { Window } from './windows/window.ts'

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
  walletSwitch: WalletSwitch
  readonly members: Map<number, MemberAccess>
  /** Of secrets that have one; see KeyCapOp. */
  readonly keyCaps: Map<number, number>
  readonly spending: Spending
}

/** Money of a team. Spendable: balanceNanos − heldNanos. */
export type Account = { readonly account: number; balanceNanos: number; heldNanos: number }
export type Lot = Account & { readonly kind: 'granted' | 'bought'; readonly expiresAt: number }

export type MemberAccess = {
  readonly creditsAccess: boolean
  readonly overflow: boolean
  readonly capNanos: number | null
}

export type WalletSwitch = { readonly on: boolean; readonly capNanos: number | null }

export function openMeters(entitlements: readonly Entitlement[]): Map<string, Meter> {
  return new Map(
    entitlements.map((entitlement) => [
      entitlement.resource,
      { entitlement, windows: entitlement.quotas.map(openWindow), heldUnits: 0 },
    ]),
  )
}

/** A promotion that has ended leaves the base entitlement (design §4.4). */
export function limitAt(meter: Meter, index: number, now: number): number {
  return quotasAt(meter.entitlement, now)[index]?.limitUnits ?? 0
}
