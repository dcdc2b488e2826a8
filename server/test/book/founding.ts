import type { CommandOp } from '../../src/book/op.ts'
import type { Statement } from '../../src/store/store.ts'
import { openOperatorAccounts } from '../../src/teams/found.ts'
import { type Names, secretsOf } from './names.ts'
import { MEMBERS, type Terms } from './terms.ts'

/** The rows around a life in a real database: what a command changes must be there, and what is read back needs names. */

const RESOURCES = ['text', 'image', 'song', 'search', 'video']

export function commonRows(): Statement[] {
  const labels = RESOURCES.map((name, index) => ({
    sql: 'insert into label values (?, ?)',
    params: [index + 1, name],
  }))
  return [...openOperatorAccounts(), ...labels]
}

export function labelOf(resource: string | null): number {
  return RESOURCES.indexOf(resource ?? 'video') + 1
}

export function foundingRows(terms: Terms, names: Names, at: number): Statement[] {
  const { team, member, subscription } = names
  const who = Array.from({ length: MEMBERS }, (_, index) => index)
  return [
    { sql: `insert into team (id, name, is_default, created_at) values (?, 'T', 1, ?)`, params: [team, at] },
    { sql: `insert into account values (?, 'wallet', ?, 0)`, params: [terms.wallet.account, team] },
    ...who.map((index) => ({
      sql: `insert into member values (?, ?, ?, 'owner', 0, 0, ?, null)`,
      params: [member + index, team, member + index, at],
    })),
    ...who.flatMap((index) =>
      ['plan', 'api'].map((kind, second) => {
        const id = secretsOf(names) + 2 * index + second
        return {
          sql: `insert into secret values (?, ?, ?, ?, ?, '', '', '', ?, null, null)`,
          params: [id, String(id), kind, team, member + index, at],
        }
      }),
    ),
    {
      sql: `insert into subscription values (?, ?, 'max', 'Max', 'test', 1, 0, 'month', ?, ?, ?)`,
      params: [subscription, team, JSON.stringify(terms.entitlements), at, terms.endsAt],
    },
  ]
}

/** What a command needs beside it: the rows of a new lot. */
export function rowsOf(op: CommandOp): Statement[] {
  if (op.kind !== 'fund' || !op.lot) return []
  const { account, team, nanos, at, lot } = op
  return [
    { sql: `insert into account values (?, 'lot', ?, 0)`, params: [account, team] },
    {
      sql: 'insert into lot values (?, ?, ?, ?, ?, ?)',
      params: [account, team, lot.kind, nanos, at, lot.expiresAt],
    },
  ]
}
