import type { Refusal } from './refusal.ts'

/** What the book writes. An op is decided once, applied to memory, journalled, and never changed. */

/** Who pays, in the order in which they are asked (design §4.5). */
export type Pool =
  | 'plan'
  | 'credits'
  | 'wallet'
  | 'plan+credits'
  | 'plan+wallet'
  | 'credits+wallet'
  | 'plan+credits+wallet'

export type KeyKind = 'plan' | 'api'

/** How a hold ends; the numbers are stored. The table of design §4.10, in the docs at token-plan/what-is-charged. */
export const endings = {
  done: 1,
  failed: 2,
  'client-left-before': 3,
  'client-left-after': 4,
  'cut-after': 5,
  crashed: 6,
  /** A stream that the next slice found no money for. */
  'money-ended': 7,
} as const
export type Ending = keyof typeof endings

export type Part = {
  readonly pool: 'credits' | 'wallet'
  readonly account: number
  readonly nanos: number
  /** What the account could spend just before: verify checks nanos ≤ availableNanos. */
  readonly availableNanos: number
}

export type HoldOp = {
  readonly kind: 'hold'
  readonly id: number
  readonly at: number
  readonly team: number
  readonly member: number
  readonly secret: number
  readonly keyKind: KeyKind
  /** 0 when no plan pays. */
  readonly subscription: number
  readonly resource: string
  readonly resourceLabel: number
  readonly modelLabel: number
  readonly pool: Pool
  /** What was asked for, whoever pays. */
  readonly askedUnits: number
  /** Of these the plan's; 0 when money pays alone. */
  readonly units: number
  /** What stays taken when we crash: a text call may have been answered, of media nothing has arrived (design §4.10). */
  readonly crashUnits: number
  /** The tightest window as decided on: usedUnits + units ≤ limitUnits. windowMs is 0 for calendar windows. */
  readonly usedUnits: number
  readonly limitUnits: number
  readonly windowMs: number
  /** With the slices taken so far; what was held at first is the row's. */
  readonly nanos: number
  readonly parts: readonly Part[]
  readonly slices: number
  readonly priceVersion: number
}

/** Further money for a running stream (design §4.9). Numbered from 1 within its hold. */
export type SliceOp = {
  readonly kind: 'slice'
  /** As it was before. */
  readonly hold: HoldOp
  readonly number: number
  readonly at: number
  readonly nanos: number
  readonly parts: readonly Part[]
}

export type Tokens = {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  /** True when we counted because the upstream did not report. */
  readonly estimated: boolean
}

export const NO_TOKENS: Tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, estimated: false }

export type Charge = Pick<Part, 'pool' | 'account' | 'nanos'>

export type EndOp = {
  readonly kind: 'end'
  readonly hold: HoldOp
  readonly at: number
  readonly ending: Ending
  /** What was delivered, whoever pays. */
  readonly madeUnits: number
  /** Of these the plan's. */
  readonly units: number
  readonly nanos: number
  readonly charges: readonly Charge[]
  readonly absorbedNanos: number
  readonly tokens: Tokens
}

/** A settlement that found its hold ended by a sweep: what was really used, which the operator bears (design §6). */
export type LateOp = {
  readonly kind: 'late'
  readonly hold: HoldOp
  readonly at: number
  readonly ending: Ending
  readonly madeUnits: number
  readonly absorbedNanos: number
  readonly tokens: Tokens
}

/** Money that comes into a team's account: a top-up of the wallet, a bought or granted lot. */
export type FundOp = {
  readonly kind: 'fund'
  readonly id: number
  readonly at: number
  readonly team: number
  readonly account: number
  readonly nanos: number
  readonly lot: { readonly kind: 'granted' | 'bought'; readonly expiresAt: number } | null
  /** The operator's account it comes from. */
  readonly source: number
}

/** What a lot still has when it has expired goes to the operator; what is held of it stays (design §4.7). */
export type BreakageOp = {
  readonly kind: 'breakage'
  readonly id: number
  readonly at: number
  readonly team: number
  readonly account: number
  readonly nanos: number
}

/** Given back after the end of a request: new entries beside the old ones, units as if they had come back by themselves. */
export type CorrectionOp = {
  readonly kind: 'correction'
  readonly id: number
  readonly at: number
  readonly team: number
  readonly hold: number
  /** The plan's units, of this subscription and resource, taken at `takenAt`. */
  readonly subscription: number
  readonly resource: string
  readonly takenAt: number
  readonly units: number
  /** What was paid by a lot that has expired since goes into a new lot. */
  readonly credits: readonly CorrectedCredit[]
  readonly actor: string
  readonly reason: string
}

export type CorrectedCredit = {
  readonly account: number
  readonly nanos: number
  readonly newLotExpiresAt: number | null
}

/** That a request was refused and why, so that its holder can ask later. Nothing moves; it may be lost. */
export type RefusalOp = {
  readonly kind: 'refusal'
  readonly id: number
  readonly at: number
  readonly team: number
  readonly member: number
  readonly secret: number
  /** 0 without a seat, and for API keys. */
  readonly subscription: number
  readonly resourceLabel: number
  readonly modelLabel: number
  readonly units: number
  readonly refusal: Refusal
}

/** A change of what a member may spend. */
export type AccessOp = {
  readonly kind: 'access'
  readonly at: number
  readonly team: number
  readonly member: number
  readonly creditsAccess: boolean
  readonly overflow: boolean
  /** The most this member spends beyond the plan in a calendar month; null without a cap. */
  readonly capNanos: number | null
}

/** Whether the wallet pays where plan and credits cannot, and how much of it in a calendar month. */
export type SwitchOp = {
  readonly kind: 'switch'
  readonly at: number
  readonly team: number
  readonly on: boolean
  readonly capNanos: number | null
}

/** The most money one secret spends in a calendar month. */
export type KeyCapOp = {
  readonly kind: 'key-cap'
  readonly at: number
  readonly team: number
  readonly secret: number
  readonly capNanos: number | null
}

export type CommandOp = FundOp | AccessOp | SwitchOp | KeyCapOp
export type Op = HoldOp | SliceOp | EndOp | LateOp | BreakageOp | CorrectionOp | RefusalOp | CommandOp
