import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Book } from '../book/book.ts'
import { journalPostgres } from '../book/journal-postgres.ts'
import { journalSqlite } from '../book/journal-sqlite.ts'
import { LocalBook } from '../book/local-book.ts'
import { readCost } from '../book/reads-corrections.ts'
import { readLast, readsSqlite } from '../book/reads-sqlite.ts'
import { SharedBook } from '../book/shared-book.ts'
import { type Clock, followingClock, systemClock } from '../clock.ts'
import type { Config } from '../config.ts'
import { type Ids, idsFrom, slottedIds } from '../ids.ts'
import type { Others } from '../keys/keyring.ts'
import { Revocations } from '../keys/revocations.ts'
import { migrate } from '../store/migrate.ts'
import { openPostgres } from '../store/postgres.ts'
import { readSetting } from '../store/settings.ts'
import { openSqlite, openSqliteReadOnly } from '../store/sqlite.ts'
import type { Store } from '../store/store.ts'
import { Lease } from './lease.ts'

/** The books of a server: alone with a SQLite file, or one of several over a Postgres. */
export type Books = {
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  readonly book: Book
  readonly sweptHolds: number
  readonly isShared: boolean
  /** SQLite books that lie in the data folder and are not used. */
  readonly leftAside: string | null
  /** How keys that others revoke are heard of; undefined for a server that is alone. */
  readonly otherKeys: Others | undefined
  /** Begins what servers do for each other: `watch` goes on with a task that another one left. */
  serve(peers: {
    readonly watch: (hold: number) => Promise<void>
    readonly keysChanged: () => void
  }): Promise<void>
  /** Of several servers over one database one does what has to be done once. */
  readonly isFirst: () => boolean
  /** Of servers that start together one does it at a time; what it finds done by another it leaves. */
  alone<T>(work: () => Promise<T>): Promise<T>
  /** The rows for a proof that takes its time: nobody else waits behind it. */
  readonly proofRows: () => Promise<Pick<Store, 'read' | 'close'>>
  /** Before the store is closed. */
  close(): Promise<void>
}

type Opening = {
  readonly config: Config
  readonly clockFrom: ((offsetMs: number) => Clock) | undefined
  readonly report: (where: string, error: unknown) => void
  /** Closes what was opened, should the start fail. */
  readonly undo: (() => unknown)[]
  /** Looks at the store before anything else is done with it. */
  readonly check: (store: Store) => Promise<void>
}

/** What nobody has asked for in so long is let go of; to read it back takes milliseconds. */
const IDLE_MS = 300_000

export function openBooks(opening: Opening): Promise<Books> {
  const { databaseUrl } = opening.config
  return databaseUrl ? openShared(databaseUrl, opening) : openLocal(opening)
}

function sqliteFile({ dataFolder }: Config): string {
  return path.join(dataFolder, 'tokenplan.db')
}

async function openLocal({ config, clockFrom = systemClock, undo, check }: Opening): Promise<Books> {
  const file = sqliteFile(config)
  const store = await openSqlite(file)
  undo.unshift(() => store.close())
  await migrate(store)
  await check(store)
  const clock = clockFrom(Number((await readSetting(store, 'clock_offset_ms')) ?? 0))
  const opened = await LocalBook.open(journalSqlite(store), readsSqlite(store), () => clock.planNow())
  const idle = setInterval(() => opened.book.letIdleGo(), IDLE_MS).unref()
  return {
    ...opened,
    store,
    clock,
    ids: idsFrom(() => clock.realNow(), opened.lastId),
    isShared: false,
    leftAside: null,
    otherKeys: undefined,
    alone: (work) => work(),
    isFirst: () => true,
    proofRows: async () => openSqliteReadOnly(file),
    serve: () => Promise.resolve(),
    close: async () => clearInterval(idle),
  }
}

/** A proof reads everything there is. */
const PROOF_MS = 3_600_000

/** Any number that no other program is likely to lock in the same database. */
const STARTING = 7_261_402_916

async function openShared(url: string, { config, report, undo, check }: Opening): Promise<Books> {
  const store = await openPostgres(url)
  undo.unshift(() => store.close())
  await migrate(store)
  await check(store)
  const clock = followingClock()
  const lease = await Lease.take({
    store,
    rejoined: ({ slot }) => ids.takeSlot(slot),
    report: (error) => report('lease', error),
  })
  const ids = slottedIds(() => clock.realNow(), (await readLast(store)).id, lease.incarnation.slot)
  const journal = journalPostgres(
    store,
    () => lease.incarnation.id,
    (now, offsetMs) => clock.follow(now, offsetMs),
  )
  const book = new SharedBook(
    journal,
    (hold) => readCost(store, hold),
    () => clock.planNow(),
    (error) => report('book', error),
  )
  let keysChanged: () => void = () => undefined
  const revocations = new Revocations({
    read: store.read,
    realNow: () => clock.realNow(),
    heard: ({ planNow, offsetMs }) => clock.follow(planNow, offsetMs),
    keysChanged: () => keysChanged(),
  })
  await revocations.ask()
  return {
    store,
    clock,
    ids,
    book,
    sweptHolds: 0,
    isShared: true,
    leftAside: existsSync(sqliteFile(config)) ? sqliteFile(config) : null,
    otherKeys: { isCurrent: () => revocations.isCurrent(), ask: () => revocations.ask() },
    alone: (work) =>
      store.transact(async ({ query }) => {
        await query('select pg_advisory_xact_lock(?)', [STARTING])
        return work()
      }),
    isFirst: () => lease.incarnation.slot === 0,
    proofRows: () => openPostgres(url, { statementMs: PROOF_MS, connections: 1 }),
    async serve(peers) {
      keysChanged = peers.keysChanged
      await revocations.start()
      await lease.start({ book, watch: peers.watch })
    },
    async close() {
      revocations.stop()
      await lease.stop()
    },
  }
}
