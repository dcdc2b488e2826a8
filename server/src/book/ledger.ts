import { assert } from '../assert.ts'
import type { EndOp, FundOp, Op } from './op.ts'

/** The operator's accounts: what comes in, what was earned, what customers must not pay, what was given away. */
export const operatorAccounts = { cash: 1, revenue: 2, absorbed: 3, grants: 4 } as const

export type Entry = {
  readonly tx: number
  readonly at: number
  readonly account: number
  readonly nanos: number
  readonly priceVersion: number
}

/** Double entry: the entries of one op sum to zero. A customer's balance is what the operator still owes them. */
export function entriesOf(op: Op): Entry[] {
  const entries = op.kind === 'end' ? entriesOfEnd(op) : op.kind === 'fund' ? entriesOfFund(op) : []
  const sum = entries.reduce((total, entry) => total + entry.nanos, 0)
  assert(sum === 0, `a transaction sums to zero, this one to ${sum}`)
  return entries
}

function entriesOfEnd(op: EndOp): Entry[] {
  if (op.nanos === 0 && op.absorbedNanos === 0) return []
  const common = { tx: op.hold.id, at: op.at, priceVersion: op.hold.priceVersion }
  const entries: Entry[] = []
  for (const charge of op.charges) {
    if (charge.nanos > 0) entries.push({ ...common, account: charge.account, nanos: -charge.nanos })
  }
  if (op.absorbedNanos > 0) {
    entries.push({ ...common, account: operatorAccounts.absorbed, nanos: -op.absorbedNanos })
  }
  entries.push({ ...common, account: operatorAccounts.revenue, nanos: op.nanos + op.absorbedNanos })
  return entries
}

function entriesOfFund(op: FundOp): Entry[] {
  const common = { tx: op.id, at: op.at, priceVersion: 0 }
  return [
    { ...common, account: op.source, nanos: -op.nanos },
    { ...common, account: op.account, nanos: op.nanos },
  ]
}
