import { assertAmount } from '../assert.ts'
import type { Ending, EndOp, HoldOp, LateOp, Tokens } from './op.ts'

/**
 * How a request went. `nanos` is what money owes: the real price, from what the upstream reported or we counted.
 * `madeUnits` is given for media: the plan pays of them what it holds, money the rest. Without it the ending says.
 */
export type Outcome = {
  readonly ending: Ending
  readonly nanos: number
  readonly tokens: Tokens
  readonly madeUnits?: number
}

/** Text: one call, one unit, whatever its size, once output began (design §4.10). What a crash keeps, the hold says. */
const keepsUnits: Readonly<Record<Ending, boolean>> = {
  done: true,
  failed: false,
  'client-left-before': false,
  'client-left-after': true,
  'cut-after': false,
  crashed: false,
  'money-ended': true,
}

/** Endings at which something was delivered: money is owed, and made pieces count. */
const delivers: Readonly<Record<Ending, boolean>> = {
  done: true,
  failed: false,
  'client-left-before': false,
  'client-left-after': true,
  'cut-after': true,
  crashed: false,
  'money-ended': true,
}

/**
 * The end of a hold. Never more than was held: the rest is absorbed by the operator. What was held last is given back
 * first, so the lots that burn first stay charged.
 */
export function settle(hold: HoldOp, outcome: Outcome, at: number): EndOp {
  const { input, output, cacheRead, cacheWrite } = outcome.tokens
  const madeUnits = madeOf(hold, outcome)
  for (const amount of [outcome.nanos, madeUnits, input, output, cacheRead, cacheWrite]) {
    assertAmount(amount, 'what a request used')
  }
  const owed = owedOf(hold, outcome)
  const charged = Math.min(owed, hold.nanos)
  let rest = charged
  const charges = hold.parts.map(({ pool, account, nanos }) => {
    const taken = Math.min(nanos, rest)
    rest -= taken
    return { pool, account, nanos: taken }
  })
  return {
    kind: 'end',
    hold,
    at,
    ending: outcome.ending,
    madeUnits: Math.min(madeUnits, hold.askedUnits),
    units: Math.min(madeUnits, hold.units),
    nanos: charged,
    charges,
    absorbedNanos: owed - charged,
    tokens: outcome.tokens,
  }
}

/**
 * A settlement whose hold was ended meanwhile by a sweep: nothing of the customer's moves any more, what it is worth is
 * the operator's (design §6).
 */
export function settleLate(hold: HoldOp, outcome: Outcome, at: number): LateOp {
  const madeUnits = Math.min(madeOf(hold, outcome), hold.askedUnits)
  const absorbedNanos = owedOf(hold, outcome)
  assertAmount(absorbedNanos, 'what a request used')
  const { ending, tokens } = outcome
  return { kind: 'late', hold, at, ending, madeUnits, absorbedNanos, tokens }
}

function owedOf(hold: HoldOp, { ending, nanos }: Outcome): number {
  return hold.pool !== 'plan' && delivers[ending] ? nanos : 0
}

function madeOf(hold: HoldOp, { ending, madeUnits }: Outcome): number {
  if (ending === 'crashed') return hold.crashUnits
  if (madeUnits === undefined) return keepsUnits[ending] ? hold.askedUnits : 0
  return delivers[ending] ? madeUnits : 0
}
