import { operatorAccounts } from '../book/ledger.ts'
import type { FundOp } from '../book/op.ts'
import type { Catalogue, Plan } from '../catalogue/catalogue.ts'
import type { Ids } from '../ids.ts'
import type { Statement } from '../store/sqlite.ts'

/** A team with its owner. Rows only; a command of the book writes them together with what else belongs to the act. */
export type NewTeam = {
  readonly team: number
  readonly member: number
  readonly wallet: number
  readonly statements: Statement[]
}

export type Owner = { readonly email: string; readonly passwordHash: string }

export function foundTeam(ids: Ids, owner: Owner, name: string, at: number): NewTeam {
  const person = ids.next()
  const team = ids.next()
  const member = ids.next()
  const wallet = ids.next()
  return {
    team,
    member,
    wallet,
    statements: [
      {
        sql: 'insert into person values (?, ?, ?, ?)',
        params: [person, owner.email, owner.passwordHash, at],
      },
      { sql: 'insert into team values (?, ?, 1, ?)', params: [team, name, at] },
      { sql: `insert into member values (?, ?, ?, 'owner', 1, 1, ?)`, params: [member, team, person, at] },
      openAccount(wallet, 'wallet', team),
    ],
  }
}

export function openAccount(id: number, kind: 'wallet' | 'lot', team: number): Statement {
  return { sql: 'insert into account values (?, ?, ?, 0)', params: [id, kind, team] }
}

/** The operator's side of every transaction; there from the first start. */
export function openOperatorAccounts(): Statement[] {
  return Object.entries(operatorAccounts).map(([kind, id]) => ({
    sql: 'insert into account values (?, ?, null, 0) on conflict (id) do nothing',
    params: [id, kind],
  }))
}

export type NewSubscription = { readonly subscription: number; readonly statements: Statement[] }

/** A bought plan keeps its price and its quotas, so they are copied from the catalogue of that day. */
export function openSubscription(
  ids: Ids,
  catalogue: Catalogue,
  plan: Plan,
  sold: { readonly team: number; readonly at: number; readonly endsAt: number | null },
): NewSubscription {
  const subscription = ids.next()
  return {
    subscription,
    statements: [
      {
        sql: 'insert into subscription values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        params: [
          subscription,
          sold.team,
          plan.id,
          plan.name,
          catalogue.name,
          catalogue.version,
          plan.monthNanos,
          'month',
          JSON.stringify(plan.entitlements),
          sold.at,
          sold.endsAt,
        ],
      },
    ],
  }
}

export function assignSeat(subscription: number, team: number, member: number, at: number): Statement {
  return { sql: 'insert into seat values (?, ?, ?, ?)', params: [subscription, team, member, at] }
}

export function addLot(
  ids: Ids,
  lot: { readonly team: number; readonly nanos: number; readonly at: number; readonly expiresAt: number },
  kind: 'granted' | 'bought',
): { readonly op: FundOp; readonly statements: Statement[] } {
  const account = ids.next()
  const source = kind === 'granted' ? operatorAccounts.grants : operatorAccounts.cash
  const { team, nanos, at, expiresAt } = lot
  return {
    op: { kind: 'fund', id: ids.next(), at, team, account, nanos, lot: { kind, expiresAt }, source },
    statements: [
      openAccount(account, 'lot', team),
      {
        sql: 'insert into lot values (?, ?, ?, ?, ?, ?)',
        params: [account, team, kind, nanos, at, expiresAt],
      },
    ],
  }
}

export function topUpWallet(ids: Ids, team: number, wallet: number, nanos: number, at: number): FundOp {
  return {
    kind: 'fund',
    id: ids.next(),
    at,
    team,
    account: wallet,
    nanos,
    lot: null,
    source: operatorAccounts.grants,
  }
}
