import type { Entitlement } from '../../src/catalogue/catalogue.ts'

/** The words of the reference model: what is asked, what is sold, what is answered. */

export type Request = {
  readonly id: number
  readonly keyKind: 'plan' | 'api'
  /** Which of the team's members asks. Each has one secret of each kind. */
  readonly who: number
  /** The seat of the team's subscription is this member's. */
  readonly seated: boolean
  readonly resource: string | null
  readonly highspeed: boolean
  readonly units: number
  readonly nanos: number
  /** Sold one by one: plan and credits may share the request (§4.6). */
  readonly unitPrice: { readonly nanos: number; readonly per: number } | null
  /** Text keeps its unit when we crash, media nothing (§4.10). */
  readonly crashUnits: number
}
/** `made`: of media the pieces that came; null for text, and where the ending says it all. `price`: of all that, in money. */
export type Outcome = { readonly ending: Ending; readonly price: number; readonly made: number | null }
export type Ending = keyof typeof table

/** Design §4.10: whether a text request keeps its unit, and whether anything was delivered that money or media owe. */
export const table = {
  done: { keeps: 1, owes: true },
  failed: { keeps: 0, owes: false },
  'client-left-before': { keeps: 0, owes: false },
  'client-left-after': { keeps: 1, owes: true },
  'cut-after': { keeps: 0, owes: true },
  crashed: { keeps: 0, owes: false },
  'money-ended': { keeps: 1, owes: true },
} as const

export type Money = { readonly account: number; readonly nanos: number }
export type LotTerms = Money & { readonly kind: 'granted' | 'bought'; readonly expiresAt: number }
export type Access = {
  readonly creditsAccess: boolean
  readonly overflow: boolean
  readonly capNanos: number | null
}
export type WalletSwitch = { readonly on: boolean; readonly capNanos: number | null }
/** What a team may change at any time. Caps are of a calendar month of UTC. */
export type Rules = {
  readonly members: readonly Access[]
  readonly walletSwitch: WalletSwitch
  /** By `secretOf`. */
  readonly keyCaps: readonly (number | null)[]
}
export type Terms = {
  readonly entitlements: readonly Entitlement[]
  readonly endsAt: number | null
  readonly rules: Rules
  readonly lots: readonly LotTerms[]
  readonly wallet: Money
}

/** What a team does with its money, or has done with it. */
export type Change =
  | ({ readonly kind: 'access'; readonly who: number } & Access)
  | ({ readonly kind: 'switch' } & WalletSwitch)
  | { readonly kind: 'key-cap'; readonly secret: number; readonly capNanos: number | null }
  | { readonly kind: 'top-up'; readonly nanos: number }
  | { readonly kind: 'lot'; readonly lot: Omit<LotTerms, 'account'> }

export const MEMBERS = 2

/** Two members without caps, and a wallet that pays for API keys alone. */
export function plainRules(creditsTakePart: boolean): Rules {
  const access = { creditsAccess: creditsTakePart, overflow: creditsTakePart, capNanos: null }
  return {
    members: Array.from({ length: MEMBERS }, () => access),
    walletSwitch: { on: false, capNanos: null },
    keyCaps: Array.from({ length: 2 * MEMBERS }, () => null),
  }
}

export function secretOf({ who, keyKind }: Pick<Request, 'who' | 'keyKind'>): number {
  return 2 * who + (keyKind === 'plan' ? 0 : 1)
}

/** Why no money pays; a cap by whose it is. */
export type Lack = 'no-access' | 'overflow-off' | 'short' | 'wallet' | 'key' | 'member'
export type Verdict =
  | { readonly pool: string; readonly units: number; readonly parts: readonly Money[] }
  | { readonly why: string; readonly lack: Lack | null }
export type Growth = { readonly pool: string; readonly parts: readonly Money[] } | { readonly lack: Lack }

/** Rounded up once; amounts here are small. */
export function priceOf(units: number, { nanos, per }: { nanos: number; per: number }): number {
  return Math.ceil((units * nanos) / per)
}
