import type { Statement } from '../store/sqlite.ts'
import type { Corrected, Correction } from './correct.ts'
import type { Ask } from './decide.ts'
import type { CommandOp, HoldOp } from './op.ts'
import type { NoMoney, Refusal, WindowReport } from './refusal.ts'
import type { Outcome } from './settle.ts'
import type { TeamState } from './state.ts'
import type { Return } from './windows/window.ts'

export type Admitted =
  | { readonly kind: 'held'; readonly op: HoldOp; readonly tightest: WindowReport | null }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** One entitlement as its holder sees it. */
export type MeterReport = { readonly resource: string; readonly windows: readonly SpanReport[] }

export type SpanReport = WindowReport & {
  readonly startsAt: number
  readonly endsAt: number
  /** What comes back when; empty when nothing is used. */
  /** Walks the window, so only who shows the curve asks. Ask at once: the window moves on. */
  readonly returns: () => readonly Return[]
}

export type PlanReport = {
  readonly name: string
  /** Exclusive; null where the subscription has no end. */
  readonly endsAt: number | null
  readonly meters: readonly MeterReport[]
}

/** A hold with a slice more, which takes the place of the one before; or why there is no money for it. */
export type Grown =
  | { readonly kind: 'held'; readonly hold: HoldOp }
  | { readonly kind: 'refused'; readonly why: NoMoney }

export type Ended = undefined | 'elsewhere'

/**
 * The door of the book. What it answers is durable. Throws BookDown where the books cannot be read or written; nothing
 * was taken then.
 */
export type Book = {
  /** Plan time as the book counts it, in ms: it never runs backwards, whatever the machine's clock does. */
  now(): number
  /** The last batch could not be written; the next request tries again. */
  isFailing(): boolean
  openHolds(): number
  /** Holds what the request may use, with the rows of `statementsFor` (a task), or says why not. */
  admit(
    ask: Ask,
    subscription: number | null,
    statementsFor?: (hold: HoldOp) => readonly Statement[],
  ): Promise<Admitted>
  /** Further money for a running hold. One at a time; the hold ends only when it has answered. */
  more(hold: HoldOp, nanos: number): Promise<Grown>
  /**
   * Ends a hold once. With money it resolves when the settlement is durable; a plan-paid hold already is its record, so
   * its end rides on the next batch and there is nothing to wait for. With `statements`, also none, it is always waited
   * for; they are committed with it, sooner or later, so they must not fail for a reason of their own. `elsewhere`:
   * another server has ended the hold, so nothing of a customer's moved and no statement ran.
   */
  end(hold: HoldOp, outcome: Outcome, statements?: readonly Statement[]): Promise<Ended> | undefined
  /** True until the hold has its end. */
  isOpen(id: number): boolean
  /** A running hold by its id: of a task, also across a restart. */
  openHold(id: number): HoldOp | undefined
  /** Every other change; durable, with its statements, when it resolves. */
  command(ops: readonly CommandOp[], statements: readonly Statement[]): Promise<void>
  /**
   * Gives back what an ended request had cost, or says why not; durable, with its statements. Two at once never give
   * back the same twice.
   */
  correct(wanted: Correction, statements: readonly Statement[]): Promise<Corrected>
  /** Books what expired lots of the team still have as the operator's (design §4.7); answers how much, in nanos. */
  expire(team: number, mintId: () => number): Promise<number>
  /** A plan and what is left of it, resource by resource; null without a running plan. */
  plan(subscription: number, team: number): Promise<PlanReport | null>
  meters(subscription: number, team: number): Promise<readonly MeterReport[] | null>
  /** A copy of a team's money; null for a team that is not in the book. */
  money(team: number): Promise<TeamState | null>
  /** Resolves when everything is on disk. */
  drain(): Promise<void>
}
