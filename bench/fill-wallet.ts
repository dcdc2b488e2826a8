// Puts money into the demo team's wallet, through the book's own door so that the ledger stays balanced. The server must
// not run: the lock says so. `node --import tsx bench/fill-wallet.ts DATA_FOLDER USD`
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { assert } from '../server/src/assert.ts'
import { journalSqlite } from '../server/src/book/journal-sqlite.ts'
import { LocalBook } from '../server/src/book/local-book.ts'
import { readsSqlite } from '../server/src/book/reads-sqlite.ts'
import { systemClock } from '../server/src/clock.ts'
import { idsFrom } from '../server/src/ids.ts'
import { NANOS_PER_USD } from '../server/src/money.ts'
import { takeLock } from '../server/src/store/lock.ts'
import { openSqlite } from '../server/src/store/sqlite.ts'
import { topUpWallet } from '../server/src/teams/found.ts'

const [dataFolder = '', usd = ''] = process.argv.slice(2)
const nanos = Number(usd) * NANOS_PER_USD
assert(Number.isSafeInteger(nanos) && nanos > 0, `an amount in USD, not ${usd}`)

const lock = takeLock(dataFolder)
const store = await openSqlite(path.join(dataFolder, 'tokenplan.db'))
const clock = systemClock(0)
const { book, lastId } = await LocalBook.open(journalSqlite(store), readsSqlite(store), () => clock.planNow())
const demo: unknown = JSON.parse(readFileSync(path.join(dataFolder, 'demo.json'), 'utf8'))
const team = Number((demo as { readonly teamId: string }).teamId)
const money = await book.money(team)
assert(money, `team ${team} is not in the book`)

const ids = idsFrom(() => clock.realNow(), lastId)
await book.command([topUpWallet(ids, { team, wallet: money.wallet.account, nanos, at: book.now() })], [])
await book.drain()
await store.close()
lock.free()
