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
  readonly meters: Meters
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

/**
 * The meters of a subscription by their resources. A plan has ten resources or so and most subscribers use one or two, so
 * a meter is opened when it is first asked for by name.
 */
export class Meters {
  readonly #entitlements: readonly Entitlement[]
  #opened: Meter[] | undefined

  constructor(entitlements: readonly Entitlement[]) {
    this.#entitlements = entitlements
  }

  /** The one to change: it is kept. Undefined where the plan has no such resource. */
  get(resource: string): Meter | undefined {
    const known = this.#known(resource)
    if (known) return known
    const entitlement = this.#entitlements.find((each) => each.resource === resource)
    if (!entitlement) return undefined
    const meter = openMeter(entitlement)
    this.#opened = [...(this.#opened ?? []), meter]
    return meter
  }

  /** All of them, to look at: those that nothing was taken of are made for the occasion. */
  *values(): Generator<Meter> {
    for (const entitlement of this.#entitlements)
      yield this.#known(entitlement.resource) ?? openMeter(entitlement)
  }

  #known(resource: string): Meter | undefined {
    return this.#opened?.find(({ entitlement }) => entitlement.resource === resource)
  }
}

function openMeter(entitlement: Entitlement): Meter {
  return { entitlement, windows: entitlement.quotas.map(openWindow), heldUnits: 0 }
}

/** A promotion that has ended leaves the base entitlement (design §4.4). */
export function limitAt(meter: Meter, index: number, now: number): number {
  return quotasAt(meter.entitlement, now)[index]?.limitUnits ?? 0
}
