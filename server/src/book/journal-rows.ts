import { FIRST_ID } from '../ids.ts'
import type { Bulk, Statement } from '../store/store.ts'
import { REFUSAL, refusalRow } from './journal-refusals.ts'
import { entriesOf } from './ledger.ts'
import {
  type CorrectionOp,
  type EndOp,
  endings,
  type HoldOp,
  type LateOp,
  type Op,
  type SliceOp,
  type Tokens,
} from './op.ts'
import { monthOf } from './spending.ts'

/** The rows of ops, the same in both stores. Columns in the order of their tables. */

const HOLD = 'insert into hold values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)'
const HOLD_COLUMNS = 16
const PART = 'insert into hold_part values (?,?,?,?)'
const END = 'insert into hold_end values (?,?,?,?,?,?,?,?,?,?,?,?)'
const END_COLUMNS = 12
const GIVEN_BACK = 'insert into given_back values (?,?,?,?,?,?)'
const SLICE = 'insert into slice values (?,?,?,?,?,?)'
const LATE = 'insert into late_end values (?,?,?,?,?,?,?,?,?,?)'
const UNITS_CORRECTED = `insert into given_back
  select subscription, cast(? as bigint), cast(? as bigint), at, resource, cast(? as bigint) from hold where id = ?`
const SPENT = `insert into spent values (?,?,?,?,?,?,?) on conflict (team, month, member, secret) do update set
  credits_nanos = spent.credits_nanos + cast(excluded.credits_nanos as bigint),
  overflow_nanos = spent.overflow_nanos + cast(excluded.overflow_nanos as bigint),
  wallet_nanos = spent.wallet_nanos + cast(excluded.wallet_nanos as bigint)`
const ENTRY = 'insert into entry (tx, at, account, nanos, price_version) values (?,?,?,?,?)'
const BALANCE = 'update account set balance_nanos = balance_nanos + cast(? as bigint) where id = ?'

export function bulksOf(ops: readonly Op[]): Bulk[] {
  let [holds, ends] = [0, 0]
  for (const op of ops) {
    if (op.kind === 'hold') holds++
    else if (op.kind === 'end') ends++
  }
  const holdRows = new Float64Array(holds * HOLD_COLUMNS)
  const endRows = new Float64Array(ends * END_COLUMNS)
  const parts: number[] = []
  const slices: number[] = []
  const lates: number[] = []
  const givenBack: number[] = []
  const refusals: number[] = []
  let [holdsAt, endsAt] = [0, 0]
  for (const op of ops) {
    if (op.kind === 'hold') {
      holdsAt = putHold(holdRows, holdsAt, op)
      for (const part of op.parts) parts.push(op.id, part.account, part.nanos, part.availableNanos)
    } else if (op.kind === 'end') {
      endsAt = putEnd(endRows, endsAt, op)
      if (op.units < op.hold.units) givenBack.push(...givenBackRow(op))
    } else if (op.kind === 'slice') slices.push(...sliceRows(op))
    else if (op.kind === 'late') lates.push(...lateRow(op))
    else if (op.kind === 'refusal') refusals.push(...refusalRow(op))
  }
  const bulks = [
    { sql: HOLD, values: holdRows },
    { sql: PART, values: new Float64Array(parts) },
    { sql: SLICE, values: new Float64Array(slices) },
    { sql: END, values: endRows },
    { sql: GIVEN_BACK, values: new Float64Array(givenBack) },
    { sql: LATE, values: new Float64Array(lates) },
    { sql: REFUSAL, values: new Float64Array(refusals) },
    { sql: SPENT, values: new Float64Array(spentRows(ops)) },
    ...moneyBulks(ops),
  ]
  return bulks.filter(({ values }) => values.length > 0)
}

function moneyBulks(ops: readonly Op[]): Bulk[] {
  const entries: number[] = []
  const changes = new Map<number, number>()
  for (const op of ops) {
    // Most ops move no money; asking the ledger about each of them would cost more than writing them.
    if (op.kind === 'hold' || op.kind === 'refusal') continue
    if (op.kind === 'end' && op.nanos === 0 && op.absorbedNanos === 0) continue
    for (const entry of entriesOf(op)) {
      entries.push(entry.tx, entry.at, entry.account, entry.nanos, entry.priceVersion)
      changes.set(entry.account, (changes.get(entry.account) ?? 0) + entry.nanos)
    }
  }
  // The operator's accounts, which have the lowest ids, last and in order: several servers change them.
  const order = [...changes].sort(([a], [b]) => Number(a < FIRST_ID) - Number(b < FIRST_ID) || a - b)
  const balances = order.flatMap(([account, nanos]) => [nanos, account])
  return [
    { sql: ENTRY, values: new Float64Array(entries) },
    { sql: BALANCE, values: new Float64Array(balances) },
  ]
}

/** Value by value into the array that goes to the writer: a row of its own for each op was a third of a batch's cost. */
function putHold(rows: Float64Array, at: number, op: HoldOp): number {
  rows[at] = op.id
  rows[at + 1] = op.at
  rows[at + 2] = op.team
  rows[at + 3] = op.member
  rows[at + 4] = op.secret
  rows[at + 5] = op.subscription === 0 ? Number.NaN : op.subscription
  rows[at + 6] = op.resourceLabel
  rows[at + 7] = op.modelLabel
  rows[at + 8] = op.units
  rows[at + 9] = op.usedUnits
  rows[at + 10] = op.limitUnits
  rows[at + 11] = op.windowMs
  rows[at + 12] = op.nanos
  rows[at + 13] = op.priceVersion
  rows[at + 14] = op.askedUnits
  rows[at + 15] = op.crashUnits
  return at + HOLD_COLUMNS
}

function putEnd(rows: Float64Array, at: number, op: EndOp): number {
  const { tokens } = op
  rows[at] = op.hold.id
  rows[at + 1] = op.at
  rows[at + 2] = endings[op.ending]
  rows[at + 3] = op.units
  rows[at + 4] = op.nanos
  rows[at + 5] = op.absorbedNanos
  rows[at + 6] = tokens.input
  rows[at + 7] = tokens.output
  rows[at + 8] = tokens.cacheRead
  rows[at + 9] = tokens.cacheWrite
  rows[at + 10] = tokens.estimated ? 1 : 0
  rows[at + 11] = op.madeUnits
  return at + END_COLUMNS
}

function givenBackRow({ at, units, hold }: EndOp): number[] {
  return [hold.subscription, at, hold.id, hold.at, hold.resourceLabel, hold.units - units]
}

function sliceRows({ hold, number, at, parts }: SliceOp): number[] {
  return parts.flatMap(({ account, nanos, availableNanos }) => [
    hold.id,
    number,
    account,
    at,
    nanos,
    availableNanos,
  ])
}

function lateRow({ hold, at, ending, madeUnits, absorbedNanos, tokens }: LateOp): number[] {
  return [hold.id, at, endings[ending], madeUnits, absorbedNanos, ...tokenColumns(tokens)]
}

function tokenColumns({ input, output, cacheRead, cacheWrite, estimated }: Tokens): number[] {
  return [input, output, cacheRead, cacheWrite, estimated ? 1 : 0]
}

/** What the charges of a batch add to the spending of a month, a row for each secret. */
function spentRows(ops: readonly Op[]): number[] {
  const rows = new Map<string, number[]>()
  for (const op of ops) {
    if (op.kind !== 'end' || op.nanos === 0) continue
    const { team, member, secret } = op.hold
    const month = monthOf(op.hold.at)
    const key = `${month} ${secret}`
    const row = rows.get(key) ?? [team, month, member, secret, 0, 0, 0]
    rows.set(key, row)
    for (const { pool, nanos } of op.charges) {
      const column = pool === 'credits' ? 4 : op.hold.keyKind === 'plan' ? 5 : 6
      row[column] = (row[column] ?? 0) + nanos
    }
  }
  return [...rows.values()].flat()
}

/** The rows that commands change in place. */
export function changesOf(ops: readonly Op[]): Statement[] {
  return ops.flatMap((op) => changeOf(op) ?? [])
}

function changeOf(op: Op): Statement | null {
  switch (op.kind) {
    case 'access':
      return {
        sql: 'update member set credits_access = ?, overflow = ?, cap_nanos = ? where id = ? and team = ?',
        params: [op.creditsAccess, op.overflow, op.capNanos, op.member, op.team],
      }
    case 'switch':
      return {
        sql: 'update team set wallet_on = ?, wallet_cap_nanos = ? where id = ?',
        params: [op.on, op.capNanos, op.team],
      }
    case 'key-cap':
      return {
        sql: 'update secret set cap_nanos = ? where id = ? and team = ?',
        params: [op.capNanos, op.secret, op.team],
      }
    default:
      return null
  }
}

/** A correction with its reason, and the lots that it opens. They are empty until its entries fill them. */
export function correctionsOf(ops: readonly Op[]): Statement[] {
  return ops.flatMap((op) => (op.kind === 'correction' ? correctionRows(op) : []))
}

function correctionRows({ id, at, team, hold, units, credits, actor, reason }: CorrectionOp): Statement[] {
  const nanos = credits.reduce((sum, credit) => sum + credit.nanos, 0)
  const lots = credits.flatMap(({ account, nanos: given, newLotExpiresAt }) =>
    newLotExpiresAt === null
      ? []
      : [
          {
            sql: `insert into account (id, kind, team, balance_nanos) values (?, 'lot', ?, 0)`,
            params: [account, team],
          },
          {
            sql: `insert into lot (account, team, kind, nanos, bought_at, expires_at) values (?, ?, 'granted', ?, ?, ?)`,
            params: [account, team, given, at, newLotExpiresAt],
          },
        ],
  )
  const sql =
    'insert into correction (id, at, hold, units, nanos, actor, reason) values (?, ?, ?, ?, ?, ?, ?)'
  const written = { sql, params: [id, at, hold, units, nanos, actor, reason] }
  return units > 0
    ? [written, { sql: UNITS_CORRECTED, params: [at, id, units, hold] }, ...lots]
    : [written, ...lots]
}
