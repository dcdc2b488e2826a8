/** What the book writes. An op is decided once, applied to memory, journalled, and never changed. */

export type Pool = 'plan' | 'credits' | 'wallet' | 'plan+credits'

/** How a hold ends; the numbers are stored. The table of design §4.10, in the docs at token-plan/what-is-charged. */
export const endings = {
  done: 1,
  failed: 2,
  'client-left-before': 3,
  'client-left-after': 4,
  'cut-after': 5,
  crashed: 6,
} as const
export type Ending = keyof typeof endings

export type Part = {
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
  readonly nanos: number
  readonly parts: readonly Part[]
  readonly priceVersion: number
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
  readonly charges: readonly { readonly account: number; readonly nanos: number }[]
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

/** A change of what a member may spend. */
export type AccessOp = {
  readonly kind: 'access'
  readonly at: number
  readonly team: number
  readonly member: number
  readonly creditsAccess: boolean
  readonly overflow: boolean
}

export type Op = HoldOp | EndOp | FundOp | AccessOp
