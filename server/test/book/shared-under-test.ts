import assert from 'node:assert/strict'
import type { Ask } from '../../src/book/decide.ts'
import { type Incarnation, join } from '../../src/book/journal-nodes.ts'
import { journalPostgres } from '../../src/book/journal-postgres.ts'
import { NO_TOKENS } from '../../src/book/op.ts'
import { readCost } from '../../src/book/reads-corrections.ts'
import type { Outcome } from '../../src/book/settle.ts'
import { SharedBook } from '../../src/book/shared-book.ts'
import { verify } from '../../src/book/verify.ts'
import { folder as catalogues } from '../../src/catalogue/catalogue-under-test.ts'
import { loadCatalogue } from '../../src/catalogue/read.ts'
import { idsFrom } from '../../src/ids.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openPostgres, type PostgresStore } from '../../src/store/postgres.ts'
import {
  addLot,
  foundTeam,
  openOperatorAccounts,
  openSubscription,
  topUpWallet,
} from '../../src/teams/found.ts'

/** Several servers over one real Postgres, each with a book and a cache of its own. */

const catalogue = loadCatalogue(`${catalogues}token-plan.yaml`, catalogues)
export const DONE: Outcome = { ending: 'done', nanos: 10, tokens: NO_TOKENS }
export const FAILED: Outcome = { ending: 'failed', nanos: 0, tokens: NO_TOKENS }
const DAY_MS = 86_400_000
export const ids = idsFrom(() => Date.now())

export type Node = { readonly store: PostgresStore; readonly book: SharedBook; readonly me: Incarnation }

export type Through = (store: PostgresStore) => PostgresStore

export async function nodesOver(
  database: string,
  count: number,
  through: Through = (store) => store,
): Promise<Node[]> {
  const opened: Node[] = []
  for (let number = 0; number < count; number++) {
    const store = through(await openPostgres(database))
    await migrate(store)
    const me = await join(store)
    let ahead = 0
    const journal = journalPostgres(
      store,
      () => me.id,
      (now) => {
        ahead = now - Date.now()
      },
    )
    const book = new SharedBook(
      journal,
      (hold) => readCost(store, hold),
      () => Date.now() + ahead,
      (error) => assert.ifError(error),
    )
    opened.push({ store, book, me })
  }
  return opened
}

export type Sold = {
  readonly team: number
  readonly member: number
  readonly subscription: number
  readonly wallet: number
}

export async function sell(
  { book, store }: Node,
  limit: number,
  { credits = 0, wallet = 0 } = {},
): Promise<Sold> {
  const at = Date.now()
  const plan = catalogue.plans.get('max')
  assert.ok(plan)
  const entitlements = plan.entitlements.map((entitlement) => ({
    ...entitlement,
    quotas: entitlement.quotas.map((quota) => ({ ...quota, limitUnits: limit })),
  }))
  const founded = foundTeam(ids, { email: `${ids.next()}@b.example`, passwordHash: '' }, 'T', at)
  const { team, member } = founded
  const sold = openSubscription(ids, catalogue, { ...plan, entitlements }, { team, at, endsAt: null })
  const lot = addLot(ids, { team, nanos: credits, at, expiresAt: at + DAY_MS }, 'bought')
  const topUp = topUpWallet(ids, { team, wallet: founded.wallet, nanos: wallet, at })
  const labels = (await store.read('select id from label')).length
  await book.command(
    [...(credits ? [lot.op] : []), ...(wallet ? [topUp] : [{ ...topUp, nanos: 0 }])],
    [
      ...openOperatorAccounts(),
      ...(labels === 0 ? [{ sql: `insert into label values (5, 'text'), (6, 'model')`, params: [] }] : []),
      ...founded.statements,
      ...sold.statements,
      ...(credits ? lot.statements : []),
    ],
  )
  return { team, member, subscription: sold.subscription, wallet: founded.wallet }
}

export function askFor({ team, member }: Sold, changes: Partial<Ask> = {}): Ask {
  return {
    id: ids.next(),
    keyKind: 'plan',
    team,
    member,
    secret: 3,
    resource: 'text',
    resourceLabel: 5,
    modelLabel: 6,
    highspeed: false,
    units: 1,
    nanos: 10,
    unitPrice: null,
    crashUnits: 1,
    priceVersion: 1,
    ...changes,
  }
}

export async function proven(on: readonly Node[]): Promise<void> {
  for (const { book } of on) await book.drain()
  const [first] = on
  assert.ok(first)
  const proof = await verify(first.store)
  assert.deepEqual(
    proof.checks.filter(({ ok }) => !ok),
    [],
  )
  assert.equal(proof.openHolds, 0)
}
