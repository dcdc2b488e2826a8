import type { Book } from '../book/book.ts'
import { operatorAccounts } from '../book/ledger.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { Fault } from '../faults.ts'
import type { Ids } from '../ids.ts'
import type { Keyring } from '../keys/keyring.ts'
import { formatCredits, formatUsd, type Nanos } from '../money.ts'
import { queries, statementOf } from '../store/kysely.ts'
import type { Statement, Store } from '../store/sqlite.ts'
import { addLot, topUpWallet } from '../teams/found.ts'

export type OperatorSources = {
  readonly book: Pick<Book, 'command' | 'correct' | 'money' | 'now'>
  readonly catalogue: Catalogue
  readonly ids: Ids
  readonly keyring: Pick<Keyring, 'forget'>
  readonly read: Store['read']
  readonly operatorToken: string
}

const DAY_MS = 86_400_000

type Kind = 'granted' | 'bought'

/** A lot of credits, given or sold. */
export async function addCredits(
  sources: OperatorSources,
  team: number,
  body: { readonly credits: Nanos; readonly kind: Kind; readonly expiresInDays?: number | undefined },
) {
  const { book, catalogue, ids } = sources
  await moneyOf(sources, team, body.credits)
  const at = book.now()
  const { expiresInDays } = body
  const lifetimeMs = expiresInDays === undefined ? catalogue.credits.lotLifetimeMs : expiresInDays * DAY_MS
  const expiresAt = at + lifetimeMs
  const { op, statements } = addLot(ids, { team, nanos: body.credits, at, expiresAt }, body.kind)
  const done = { lot: String(op.account), credits: formatCredits(body.credits), kind: body.kind, expiresAt }
  await book.command([op], [...statements, audited(sources, 'team.credits', { team, ...done })])
  return done
}

export async function topUp(
  sources: OperatorSources,
  team: number,
  { usd: nanos, kind }: { readonly usd: Nanos; readonly kind: Kind },
) {
  const { book, ids } = sources
  const { wallet } = await moneyOf(sources, team, nanos)
  const source = kind === 'bought' ? operatorAccounts.cash : operatorAccounts.grants
  const op = { ...topUpWallet(ids, { team, wallet: wallet.account, nanos, at: book.now() }), source }
  const done = { usd: formatUsd(nanos), kind }
  await book.command([op], [audited(sources, 'team.wallet', { team, ...done })])
  const after = await book.money(team)
  return { ...done, balance: formatUsd(after?.wallet.balanceNanos ?? 0) }
}

/** Whether the wallet pays for Token Plan Keys where plan and credits cannot. */
export async function setOverflow(
  sources: OperatorSources,
  team: number,
  { on, monthlyCapUsd: capNanos }: { readonly on: boolean; readonly monthlyCapUsd: Nanos | null },
) {
  const { book } = sources
  await moneyOf(sources, team)
  const done = { on, monthlyCapUsd: usdOrNull(capNanos) }
  const op = { kind: 'switch', at: book.now(), team, on, capNanos } as const
  await book.command([op], [audited(sources, 'team.wallet-overflow', { team, ...done })])
  return done
}

export async function setAccess(
  sources: OperatorSources,
  { team, member }: { readonly team: number; readonly member: number },
  body: {
    readonly creditsAccess: boolean
    readonly overflow: boolean
    readonly monthlyCapCredits: Nanos | null
  },
) {
  const { book, read } = sources
  await moneyOf(sources, team)
  const [known] = await read('select id from member where id = ? and team = ?', [member, team])
  if (!known) throw new Fault('subject_unknown', `member ${member} of team ${team}`)
  const { creditsAccess, overflow, monthlyCapCredits: capNanos } = body
  const cap = capNanos === null ? null : formatCredits(capNanos)
  const done = { creditsAccess, overflow, monthlyCapCredits: cap }
  const op = { kind: 'access', at: book.now(), team, member, creditsAccess, overflow, capNanos } as const
  await book.command([op], [audited(sources, 'member.access', { team, member, ...done })])
  return done
}

export async function setKeyCap(
  sources: OperatorSources,
  { team, key }: { readonly team: number; readonly key: string },
  { monthlyCapUsd: capNanos }: { readonly monthlyCapUsd: Nanos | null },
) {
  const { book, read } = sources
  const [known] = await read('select id from secret where public_id = ? and team = ?', [key, team])
  if (!known) throw new Fault('subject_unknown', `key ${key} of team ${team}`)
  const done = { monthlyCapUsd: usdOrNull(capNanos) }
  const op = { kind: 'key-cap', at: book.now(), team, secret: Number(known.id), capNanos } as const
  await book.command([op], [audited(sources, 'key.cap', { team, key, ...done })])
  return done
}

function usdOrNull(nanos: Nanos | null): string | null {
  return nanos === null ? null : formatUsd(nanos)
}

/** Throws where there is no such team, or where this would be more than it can hold. */
async function moneyOf({ book }: OperatorSources, team: number, added: Nanos = 0) {
  const money = await book.money(team)
  if (!money) throw new Fault('subject_unknown', `team ${team}`)
  const all = [money.wallet, ...money.lots].reduce((sum, { balanceNanos }) => sum + balanceNanos, added)
  if (Number.isSafeInteger(all)) return money
  throw new Fault('param_invalid', 'with this the team would have more than can be counted exactly')
}

/** One row of the audit, for the commit of its act. Ids are minted last, so that none is higher. */
export function audited(
  { book, ids }: Pick<OperatorSources, 'book' | 'ids'>,
  act: string,
  detail: object,
): Statement {
  const row = { id: ids.next(), at: book.now(), actor: 'operator', act, detail: JSON.stringify(detail) }
  return statementOf(queries.insertInto('audit').values(row))
}
