import { assertAmount } from '../assert.ts'
import type { Ending, EndOp, HoldOp, Tokens } from './op.ts'

/** How a request went. `nanos` is its real price, from what the upstream reported or we counted. */
export type Outcome = { readonly ending: Ending; readonly nanos: number; readonly tokens: Tokens }

/** Text: one call, one unit, whatever its size, once output began; and one when we crashed (design §4.10). */
const keepsUnits: Readonly<Record<Ending, boolean>> = {
  done: true,
  failed: false,
  'client-left-before': false,
  'client-left-after': true,
  'cut-after': false,
  crashed: true,
}

/** Endings at which money is owed: whenever something was delivered. */
const owesMoney: Readonly<Record<Ending, boolean>> = {
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
  for (const amount of [outcome.nanos, input, output, cacheRead, cacheWrite]) {
    assertAmount(amount, 'what a request used')
  }
  const owed = hold.pool !== 'plan' && owesMoney[outcome.ending] ? outcome.nanos : 0
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
    units: keepsUnits[outcome.ending] ? hold.units : 0,
    nanos: charged,
    charges,
    absorbedNanos: owed - charged,
    tokens: outcome.tokens,
  }
}
