// A book over either store, with teams to ask it about. Several processes may open the same Postgres.
import { join } from '../../server/src/book/journal-nodes.ts'
import { journalPostgres } from '../../server/src/book/journal-postgres.ts'
import { journalSqlite } from '../../server/src/book/journal-sqlite.ts'
import { LocalBook } from '../../server/src/book/local-book.ts'
import { readCost } from '../../server/src/book/reads-corrections.ts'
import { readLast, readsSqlite } from '../../server/src/book/reads-sqlite.ts'
import { SharedBook } from '../../server/src/book/shared-book.ts'
import type { Entitlement } from '../../server/src/catalogue/catalogue.ts'
import { followingClock } from '../../server/src/clock.ts'
import { type Ids, idsFrom, slottedIds } from '../../server/src/ids.ts'
import { migrate } from '../../server/src/store/migrate.ts'
import { openPostgres } from '../../server/src/store/postgres.ts'
import { openSqlite, type Store } from '../../server/src/store/sqlite.ts'
import { foundTeam, openOperatorAccounts, topUpWallet } from '../../server/src/teams/found.ts'

export type Opened = {
  readonly store: Store
  readonly book: LocalBook | SharedBook
  readonly ids: Ids
  /** Batches that were committed so far: for each, the disk is waited for once. */
  commits(): number
}

/** `place` is a file, or the address of a Postgres. */
export function open(place: string): Promise<Opened> {
  return place.startsWith('postgres:') ? openShared(place) : openLocal(place)
}

async function openLocal(file: string): Promise<Opened> {
  const store = await openSqlite(file)
  await migrate(store)
  const journal = counted(journalSqlite(store))
  const { book, lastId } = await LocalBook.open(journal, readsSqlite(store), Date.now)
  return { store, book, ids: idsFrom(Date.now, lastId), commits: () => journal.commits }
}

async function openShared(url: string): Promise<Opened> {
  const store = await openPostgres(url)
  await migrate(store)
  const me = await join(store)
  const clock = followingClock()
  const told = (now: number) => clock.follow(now)
  const journal = counted(journalPostgres(store, () => me.id, told))
  const report = (error: unknown) => {
    throw error
  }
  const book = new SharedBook(
    journal,
    (hold) => readCost(store, hold),
    () => clock.planNow(),
    report,
  )
  const ids = slottedIds(Date.now, (await readLast(store)).id, me.slot)
  return { store, book, ids, commits: () => journal.commits }
}

function counted<wanted, answer, journal extends { write(wanted: wanted): Promise<answer> }>(
  journal: journal & { write(wanted: wanted): Promise<answer> },
): journal & { commits: number } {
  const counting = {
    ...journal,
    commits: 0,
    write(wanted: wanted) {
      counting.commits++
      return journal.write(wanted)
    },
  }
  return counting
}

export type Customer = { readonly team: number; readonly member: number; readonly subscription: number }

/** Teams, each with a wallet and a subscription. */
export async function found(
  { store, book, ids }: Opened,
  count: number,
  entitlements: readonly Entitlement[],
): Promise<Customer[]> {
  await store.job([
    ...openOperatorAccounts(),
    { sql: 'insert into label values (1, ?), (2, ?) on conflict do nothing', params: ['text', 'model'] },
  ])
  const customers: Customer[] = []
  for (let index = 0; index < count; index++) {
    const at = Date.now()
    const owner = { email: `${ids.next()}@example.com`, passwordHash: '' }
    const { team, member, wallet, statements } = foundTeam(ids, owner, 'bench', at)
    const subscription = ids.next()
    const plan = { sql: SUBSCRIPTION, params: [subscription, team, JSON.stringify(entitlements), at] }
    await book.command([topUpWallet(ids, { team, wallet, nanos: 1e15, at })], [...statements, plan])
    customers.push({ team, member, subscription })
  }
  return customers
}

const SUBSCRIPTION = `insert into subscription values (?, ?, 'max', 'Max', 'bench', 1, 0, 'month', ?, ?, null)`
