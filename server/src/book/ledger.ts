import { assert } from '../assert.ts'
import type { BreakageOp, CorrectionOp, EndOp, FundOp, LateOp, Op } from './op.ts'

/**
 * The operator's accounts: what comes in, what was earned, what customers must not pay, what was given away, what
 * expired unused, what was given back after a complaint.
 */
export const operatorAccounts = {
  cash: 1,
  revenue: 2,
  absorbed: 3,
  grants: 4,
  breakage: 5,
  courtesy: 6,
} as const

export type Entry = {
  readonly tx: number
  readonly at: number
  readonly account: number
  readonly nanos: number
  readonly priceVersion: number
}

/** Double entry: the entries of one op sum to zero. A customer's balance is what the operator still owes them. */
export function entriesOf(op: Op): Entry[] {
  const entries = entriesBy(op)
  const sum = entries.reduce((total, entry) => total + entry.nanos, 0)
  assert(sum === 0, `a transaction sums to zero, this one to ${sum}`)
  return entries
}

function entriesBy(op: Op): Entry[] {
  switch (op.kind) {
    case 'end':
      return entriesOfEnd(op)
    case 'late':
      return entriesOfLate(op)
    case 'fund':
      return entriesOfFund(op)
    case 'breakage':
      return entriesOfBreakage(op)
    case 'correction':
      return entriesOfCorrection(op)
    default:
      return []
  }
}

/** The transaction that entries belong to. */
type Booking = Pick<Entry, 'tx' | 'at' | 'priceVersion'>

/** Field by field: object spreads were the dearest part of a settlement. */
function entry({ tx, at, priceVersion }: Booking, account: number, nanos: number): Entry {
  return { tx, at, account, nanos, priceVersion }
}

function entriesOfEnd(op: EndOp): Entry[] {
  if (op.nanos === 0 && op.absorbedNanos === 0) return []
  const booking = { tx: op.hold.id, at: op.at, priceVersion: op.hold.priceVersion }
  const entries: Entry[] = []
  for (const charge of op.charges) {
    if (charge.nanos > 0) entries.push(entry(booking, charge.account, -charge.nanos))
  }
  if (op.absorbedNanos > 0) entries.push(entry(booking, operatorAccounts.absorbed, -op.absorbedNanos))
  entries.push(entry(booking, operatorAccounts.revenue, op.nanos + op.absorbedNanos))
  return entries
}

function entriesOfFund(op: FundOp): Entry[] {
  const booking = { tx: op.id, at: op.at, priceVersion: 0 }
  return [entry(booking, op.source, -op.nanos), entry(booking, op.account, op.nanos)]
}

function entriesOfLate(op: LateOp): Entry[] {
  if (op.absorbedNanos === 0) return []
  const booking = { tx: op.hold.id, at: op.at, priceVersion: op.hold.priceVersion }
  return [
    entry(booking, operatorAccounts.absorbed, -op.absorbedNanos),
    entry(booking, operatorAccounts.revenue, op.absorbedNanos),
  ]
}

function entriesOfBreakage(op: BreakageOp): Entry[] {
  const booking = { tx: op.id, at: op.at, priceVersion: 0 }
  return [entry(booking, op.account, -op.nanos), entry(booking, operatorAccounts.breakage, op.nanos)]
}

function entriesOfCorrection(op: CorrectionOp): Entry[] {
  const booking = { tx: op.id, at: op.at, priceVersion: 0 }
  const given = op.credits.reduce((sum, { nanos }) => sum + nanos, 0)
  if (given === 0) return []
  return [
    entry(booking, operatorAccounts.courtesy, -given),
    ...op.credits.map(({ account, nanos }) => entry(booking, account, nanos)),
  ]
}
