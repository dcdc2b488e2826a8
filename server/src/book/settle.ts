import { assertAmount } from '../assert.ts'
import type { Ending, EndOp, HoldOp, Tokens } from './op.ts'

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
}

/** Endings at which something was delivered: money is owed, and made pieces count. */
const delivers: Readonly<Record<Ending, boolean>> = {
  done: true,
  failed: false,
  'client-left-before': false,
  'client-left-after': true,
  'cut-after': true,
  crashed: false,
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
  const owed = hold.pool !== 'plan' && delivers[outcome.ending] ? outcome.nanos : 0
  const charged = Math.min(owed, hold.nanos)
  let rest = charged
  const charges = hold.parts.map(({ account, nanos }) => {
    const taken = Math.min(nanos, rest)
    rest -= taken
    return { account, nanos: taken }
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

function madeOf(hold: HoldOp, { ending, madeUnits }: Outcome): number {
  if (ending === 'crashed') return hold.crashUnits
  if (madeUnits === undefined) return keepsUnits[ending] ? hold.askedUnits : 0
  return delivers[ending] ? madeUnits : 0
}
