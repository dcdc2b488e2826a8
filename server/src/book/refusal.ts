import type { WindowRule } from '../catalogue/catalogue.ts'

/** Why nothing was held; the gateway puts it into words. */
export type Refusal =
  | { readonly why: 'outside-coverage' | 'no-plan' }
  | { readonly why: 'not-in-plan'; readonly credits: Exclude<NoMoney, Capped> }
  | {
      readonly why: 'window-empty'
      readonly planName: string
      readonly window: WindowReport
      readonly credits: NoMoney
    }
  | { readonly why: 'credits-empty' | 'wallet-empty'; readonly shortage: Shortage }
  | { readonly why: 'cap-reached'; readonly capped: Capped }

/**
 * Why no money paid: this member may not use credits, has switched overflow off, a cap is reached, or there is too
 * little.
 */
export type NoMoney = 'no-access' | 'overflow-off' | Capped | Shortage

/** A cap of the calendar month. What running requests hold is counted as spent. */
export type Capped = {
  readonly cap: 'member' | 'key' | 'wallet'
  readonly capNanos: number
  readonly spentNanos: number
  readonly neededNanos: number
  readonly resetsAt: number
}

export function isCapped(why: NoMoney): why is Capped {
  return typeof why === 'object' && 'cap' in why
}

export type Shortage = {
  readonly neededNanos: number
  readonly balanceNanos: number
  readonly heldNanos: number
  /** The wallet beside the credits, where it takes part. */
  readonly wallet: { readonly balanceNanos: number; readonly heldNanos: number } | null
}

/**
 * What is told of a window whose `used` fell below zero: nothing is used, so many units are granted beside the limit
 * (design §4.2), and `left` counts both, as admission does.
 */
export function toldUnits({ usedUnits, limitUnits }: Pick<WindowReport, 'usedUnits' | 'limitUnits'>) {
  return {
    used: Math.max(0, usedUnits),
    granted: Math.max(0, -usedUnits),
    left: Math.max(0, limitUnits - usedUnits),
  }
}

export type WindowReport = {
  readonly rule: WindowRule
  /** Below zero where units of an earlier window were given back in this one. */
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
