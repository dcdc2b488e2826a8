import type { Statement } from '../store/sqlite.ts'
import { endings, type LateOp, type Op, type SliceOp, type Tokens } from './op.ts'
import { monthOf } from './spending.ts'

/** The rows of the rarer ops; both journals write them. Columns in the order of their tables. */

export function sliceRows({ hold, number, at, parts }: SliceOp): number[] {
  return parts.flatMap(({ account, nanos, availableNanos }) => [
    hold.id,
    number,
    account,
    at,
    nanos,
    availableNanos,
  ])
}

export function lateRow({ hold, at, ending, madeUnits, absorbedNanos, tokens }: LateOp): number[] {
  return [hold.id, at, endings[ending], madeUnits, absorbedNanos, ...tokenColumns(tokens)]
}

function tokenColumns({ input, output, cacheRead, cacheWrite, estimated }: Tokens): number[] {
  return [input, output, cacheRead, cacheWrite, estimated ? 1 : 0]
}

/** What the charges of a batch add to the spending of a month, a row for each secret. */
export function spentRows(ops: readonly Op[]): number[] {
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
