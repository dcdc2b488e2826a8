import { operatorAccounts } from '../book/ledger.ts'
import type { FundOp } from '../book/op.ts'
import type { Catalogue, Plan } from '../catalogue/catalogue.ts'
import type { Ids } from '../ids.ts'
import { queries, statementOf } from '../store/kysely.ts'
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
      statementOf(
        queries
          .insertInto('person')
          .values({ id: person, email: owner.email, password_hash: owner.passwordHash, created_at: at }),
      ),
      statementOf(queries.insertInto('team').values({ id: team, name, is_default: true, created_at: at })),
      statementOf(
        queries.insertInto('member').values({
          id: member,
          team,
          person,
          role: 'owner',
          credits_access: true,
          overflow: true,
          joined_at: at,
        }),
      ),
      openAccount(wallet, 'wallet', team),
    ],
  }
}

export function openAccount(id: number, kind: 'wallet' | 'lot', team: number): Statement {
  return statementOf(queries.insertInto('account').values({ id, kind, team, balance_nanos: 0 }))
}

/** The operator's side of every transaction; there from the first start. */
export function openOperatorAccounts(): Statement[] {
  return Object.entries(operatorAccounts).map(([kind, id]) =>
    statementOf(
      queries
        .insertInto('account')
        .values({ id, kind, team: null, balance_nanos: 0 })
        .onConflict((conflict) => conflict.column('id').doNothing()),
    ),
  )
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
      statementOf(
        queries.insertInto('subscription').values({
          id: subscription,
          team: sold.team,
          plan: plan.id,
          plan_name: plan.name,
          catalogue: catalogue.name,
          catalogue_version: catalogue.version,
          price_nanos: plan.monthNanos,
          period: 'month',
          entitlements: JSON.stringify(plan.entitlements),
          started_at: sold.at,
          ends_at: sold.endsAt,
        }),
      ),
    ],
  }
}

export function assignSeat(subscription: number, team: number, member: number, at: number): Statement {
  return statementOf(queries.insertInto('seat').values({ subscription, team, member, assigned_at: at }))
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
      statementOf(
        queries
          .insertInto('lot')
          .values({ account, team, kind, nanos, bought_at: at, expires_at: expiresAt }),
      ),
    ],
  }
}

export function topUpWallet(
  ids: Ids,
  {
    team,
    wallet,
    nanos,
    at,
  }: { readonly team: number; readonly wallet: number; readonly nanos: number; readonly at: number },
): FundOp {
  const source = operatorAccounts.grants
  return { kind: 'fund', id: ids.next(), at, team, account: wallet, nanos, lot: null, source }
}
