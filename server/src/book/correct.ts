import { assertAmount } from '../assert.ts'
import type { CorrectedCredit, CorrectionOp } from './op.ts'

/** What a request cost, as the rows have it, and what was given back of that so far. */
export type Cost = {
  readonly hold: number
  readonly takenAt: number
  readonly team: number
  /** 0 when no plan paid. */
  readonly subscription: number
  readonly resource: string
  /** null while it runs. */
  readonly kept: { readonly units: number; readonly nanos: number } | null
  /** In the order in which they paid. */
  readonly charges: readonly Charged[]
  readonly givenUnits: number
  readonly givenNanos: number
}

/** `expiresAt`: of a lot. */
export type Charged = { readonly account: number; readonly nanos: number; readonly expiresAt: number | null }

export type Correction = {
  readonly id: number
  readonly hold: number
  readonly units: number
  readonly nanos: number
  readonly actor: string
  readonly reason: string
  /** Opened where what paid has expired; not opened otherwise. */
  readonly newLot: { readonly account: number; readonly lifetimeMs: number }
}

export type Corrected =
  | { readonly kind: 'corrected'; readonly op: CorrectionOp }
  | { readonly kind: 'unknown' | 'running' }
  | { readonly kind: 'too-much'; readonly leftUnits: number; readonly leftNanos: number }

/** Never more than the request had cost, all corrections together. Only reads. */
export function decideCorrection(cost: Cost | null, wanted: Correction, now: number): Corrected {
  assertAmount(wanted.units, 'the units given back')
  assertAmount(wanted.nanos, 'the money given back')
  if (!cost) return { kind: 'unknown' }
  if (!cost.kept) return { kind: 'running' }
  const leftUnits = cost.kept.units - cost.givenUnits
  const leftNanos = cost.kept.nanos - cost.givenNanos
  if (wanted.units > leftUnits || wanted.nanos > leftNanos) return { kind: 'too-much', leftUnits, leftNanos }
  const { id, units, actor, reason } = wanted
  const { team, hold, subscription, resource, takenAt } = cost
  const credits = creditsOf(cost, wanted, now)
  return {
    kind: 'corrected',
    op: {
      ...{ kind: 'correction', id, at: now, team, hold, subscription, resource, takenAt },
      ...{ units, credits, actor, reason },
    },
  }
}

/** What paid last is given back first, as at an end; what earlier corrections gave is passed over. */
function creditsOf(cost: Cost, { nanos, newLot }: Correction, now: number): CorrectedCredit[] {
  let [passed, rest, expired] = [cost.givenNanos, nanos, 0]
  const credits: CorrectedCredit[] = []
  for (const charge of [...cost.charges].reverse()) {
    const before = Math.min(passed, charge.nanos)
    passed -= before
    const given = Math.min(rest, charge.nanos - before)
    rest -= given
    if (given === 0) continue
    if (charge.expiresAt !== null && charge.expiresAt <= now) expired += given
    else credits.push({ account: charge.account, nanos: given, newLotExpiresAt: null })
  }
  if (expired === 0) return credits
  return [...credits, { account: newLot.account, nanos: expired, newLotExpiresAt: now + newLot.lifetimeMs }]
}
