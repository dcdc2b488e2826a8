// Founds teams with what a run may spend, through the book's own door so that the ledger stays balanced: in the SQLite
// file of TOKENPLAN_DATA, where the server must not run (the lock says so), or in the Postgres of DATABASE_URL.
// `node --import tsx bench/found-teams.ts '[{"name":"a","plan":"max","wallet":5}]'` prints their keys as JSON.
import { mkdirSync } from 'node:fs'
import { assert } from '../server/src/assert.ts'
import type { CommandOp } from '../server/src/book/op.ts'
import type { Catalogue } from '../server/src/catalogue/catalogue.ts'
import { loadCatalogue } from '../server/src/catalogue/read.ts'
import { readConfig } from '../server/src/config.ts'
import { derive, type Ids } from '../server/src/ids.ts'
import { openBooks } from '../server/src/jobs/open-books.ts'
import { rootSecret } from '../server/src/keys/root-secret.ts'
import { mintSecret } from '../server/src/keys/secret.ts'
import { insertSecret } from '../server/src/keys/statements.ts'
import { takeLock } from '../server/src/store/lock.ts'
import type { Statement } from '../server/src/store/store.ts'
import {
  addLot,
  assignSeat,
  foundTeam,
  openOperatorAccounts,
  openSubscription,
  topUpWallet,
} from '../server/src/teams/found.ts'

/** Amounts in nanos. Without a cap there is none; the wallet pays for Token Plan Keys where `walletOn` says so. */
type Wanted = {
  readonly name: string
  readonly plan?: string
  readonly lots?: readonly number[]
  readonly wallet?: number
  readonly overflow?: boolean
  readonly memberCap?: number
  readonly keyCap?: number
  readonly walletOn?: boolean
  readonly walletCap?: number
}

const LOT_MS = 30 * 86_400_000

const config = readConfig()
const catalogue = loadCatalogue(config.catalogueFile, config.assets.catalogues)
mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 })
const lock = takeLock(config.dataFolder)
const books = await openBooks({
  config,
  clockFrom: undefined,
  report: (where, error) => console.error(where, error),
  undo: [],
  check: async () => undefined,
})
const { store, book, ids } = books
await store.job(openOperatorAccounts())
const pepper = derive(rootSecret(config.secret, config.dataFolder), 'pepper')

const teams = []
for (const one of JSON.parse(process.argv[2] ?? '[]') as readonly Wanted[]) {
  const { rows, ops, keys } = founded(one, { ids, pepper, catalogue, at: book.now() })
  // The rows first: limits and switches are changes of what is there, and nobody uses it yet.
  await store.job(rows)
  await book.command(ops, [])
  teams.push(keys)
}
await book.drain()
await books.close()
await store.close()
lock.free()
console.log(JSON.stringify(teams))

type Place = {
  readonly ids: Ids
  readonly pepper: Buffer
  readonly catalogue: Catalogue
  readonly at: number
}

function founded(wanted: Wanted, { ids, pepper, catalogue, at }: Place) {
  const owner = { email: `${wanted.name}-${ids.next()}@example.com`, passwordHash: '' }
  const { team, member, wallet, statements } = foundTeam(ids, owner, wanted.name, at)
  const rows: Statement[] = [...statements]
  const ops: CommandOp[] = []
  if (wanted.plan !== undefined) {
    const plan = catalogue.plans.get(wanted.plan)
    assert(plan, `a plan of the catalogue, not ${wanted.plan}`)
    const sold = openSubscription(ids, catalogue, plan, { team, at, endsAt: null })
    rows.push(...sold.statements, assignSeat(sold.subscription, team, member, at))
  }
  for (const [index, nanos] of (wanted.lots ?? []).entries()) {
    const lot = addLot(ids, { team, nanos, at, expiresAt: at + (index + 1) * LOT_MS }, 'bought')
    rows.push(...lot.statements)
    ops.push(lot.op)
  }
  if (wanted.wallet) ops.push(topUpWallet(ids, { team, wallet, nanos: wanted.wallet, at }))
  const [planKey, apiKey] = [mintSecret('plan', pepper), mintSecret('api', pepper)]
  const secrets = { plan: ids.next(), api: ids.next() }
  rows.push(
    insertSecret(planKey, { id: secrets.plan, team, member, name: 'load' }, at),
    insertSecret(apiKey, { id: secrets.api, team, member, name: 'load' }, at),
  )
  ops.push({
    kind: 'access',
    at,
    team,
    member,
    creditsAccess: true,
    overflow: wanted.overflow ?? true,
    capNanos: wanted.memberCap ?? null,
  })
  if (wanted.walletOn) ops.push({ kind: 'switch', at, team, on: true, capNanos: wanted.walletCap ?? null })
  if (wanted.keyCap !== undefined)
    ops.push({ kind: 'key-cap', at, team, secret: secrets.api, capNanos: wanted.keyCap })
  const keys = { name: wanted.name, team, member, planKey: planKey.secret, apiKey: apiKey.secret }
  return { rows, ops, keys }
}
