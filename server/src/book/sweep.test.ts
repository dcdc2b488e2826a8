import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { migrate, SCHEMA_VERSION, schemaVersion } from '../store/migrate.ts'
import { first } from '../store/migrations/0001-first.ts'
import { openSqlite, type Store } from '../store/sqlite.ts'
import { journalSqlite } from './journal-sqlite.ts'
import { endings, type HoldOp, NO_TOKENS } from './op.ts'
import { readsSqlite } from './reads-sqlite.ts'
import { settle } from './settle.ts'
import { verify } from './verify.ts'

/** What a start does with what a crash left open: calls of text, media, and tasks at an engine or on their way to one. */

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-sweep-'))
const NOW = 50_000
const opened: Store[] = []

after(async () => {
  for (const store of opened) await store.close()
  rmSync(folder, { recursive: true })
})

async function open(): Promise<Store> {
  const store = await openSqlite(path.join(folder, `${opened.length}.db`))
  opened.push(store)
  return store
}

async function openNew(): Promise<Store> {
  const store = await open()
  await migrate(store)
  await found(store)
  return store
}

/** A wallet of 1,000 nanos, a lot of 100, and the labels that holds name. */
async function found(store: Store): Promise<void> {
  const rows = [
    `insert into account values (1, 'cash', null, -1100), (2, 'revenue', null, 0), (50, 'wallet', 7, 1000), (51, 'lot', 7, 100)`,
    `insert into lot values (51, 7, 'bought', 100, 1, 90000)`,
    'insert into entry values (1, 90, 1, 1, -1100, 0), (2, 90, 1, 50, 1000, 0), (3, 90, 1, 51, 100, 0)',
    `insert into label values (11, 'text'), (12, 'model')`,
  ]
  await store.job(rows.map((sql) => ({ sql, params: [] })))
}

const text: HoldOp = {
  kind: 'hold',
  id: 101,
  at: 40_000,
  team: 7,
  member: 8,
  secret: 9,
  keyKind: 'plan',
  subscription: 6,
  resource: 'text',
  resourceLabel: 11,
  modelLabel: 12,
  pool: 'plan',
  askedUnits: 1,
  units: 1,
  crashUnits: 1,
  usedUnits: 0,
  limitUnits: 50,
  windowMs: 0,
  nanos: 0,
  parts: [],
  slices: 0,
  priceVersion: 1,
}
/** Nine pieces: four the plan's, the rest for 30 nanos of the lot. */
const media: HoldOp = {
  ...text,
  id: 102,
  pool: 'plan+credits',
  askedUnits: 9,
  units: 4,
  crashUnits: 0,
  nanos: 30,
  parts: [{ pool: 'credits', account: 51, nanos: 30, availableNanos: 100 }],
}
const byWallet: HoldOp = {
  ...text,
  id: 103,
  pool: 'wallet',
  subscription: 0,
  units: 0,
  limitUnits: 0,
  nanos: 30,
  parts: [{ pool: 'wallet', account: 50, nanos: 30, availableNanos: 1000 }],
}

function taskOf(hold: HoldOp, remoteId: string | null) {
  const sql = `insert into task values
    (?, ?, 7, 8, 'video', 'm', 'u', ?, 'Queueing', null, null, null, 0, '', null, '[]', ?, 99000, null)`
  return { sql, params: [hold.id + 500, hold.id, remoteId, hold.at] }
}

async function write(store: Store, holds: readonly HoldOp[], remoteIds: ReadonlyMap<HoldOp, string | null>) {
  const statements = [...remoteIds].map(([hold, remoteId]) => taskOf(hold, remoteId))
  await journalSqlite(store).write({ number: 1, ops: holds, statements })
}

const rowsOf = async (store: Store, sql: string) => (await store.read(sql)).map((row) => Object.values(row))
const ends = (store: Store) =>
  rowsOf(store, 'select hold, at, ending, made_units, units, nanos, estimated from hold_end order by hold')
const swept = (store: Store) =>
  rowsOf(store, `select cast(value as integer) from setting where name = 'swept'`)
const CRASHED = endings.crashed

async function provenRight(store: Store): Promise<void> {
  const { checks } = await verify(store)
  assert.deepEqual(
    checks.filter(({ ok }) => !ok),
    [],
  )
}

test('a call of text keeps its unit, whoever paid; of media nothing stays; money is given back', async () => {
  const store = await openNew()
  await write(store, [text, media, byWallet], new Map())
  assert.equal(await journalSqlite(store).sweep(NOW), 3)
  assert.deepEqual(await ends(store), [
    [101, NOW, CRASHED, 1, 1, 0, 1],
    [102, NOW, CRASHED, 0, 0, 0, 1],
    [103, NOW, CRASHED, 1, 0, 0, 1],
  ])
  assert.deepEqual(
    await rowsOf(store, 'select balance_nanos from account where id in (50, 51) order by id'),
    [[1000], [100]],
  )
  assert.deepEqual(await swept(store), [[103]])
  await provenRight(store)
})

test('a sweep says of a crash what settling does', async () => {
  const store = await openNew()
  const holds = [text, media, byWallet, { ...text, id: 104, askedUnits: 4, units: 4, crashUnits: 3 }]
  await write(store, holds, new Map())
  await journalSqlite(store).sweep(NOW)
  const tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, estimated: true }
  assert.deepEqual(
    await ends(store),
    holds.map((hold) => {
      const { madeUnits, units, nanos } = settle(hold, { ending: 'crashed', nanos: 5, tokens }, NOW)
      return [hold.id, NOW, CRASHED, madeUnits, units, nanos, 1]
    }),
  )
})

test('a task that an engine works on keeps its hold, at this start and the next ones; what comes after it is swept', async () => {
  const store = await openNew()
  const journal = journalSqlite(store)
  const ended = { ...media, id: 98 }
  await write(store, [{ ...text, id: 99 }, media, { ...text, id: 104 }], new Map([[media, 'remote']]))
  await journal.write({
    number: 2,
    ops: [ended, settle(ended, { ending: 'failed', nanos: 0, tokens: NO_TOKENS, madeUnits: 0 }, 45_000)],
    statements: [
      taskOf(ended, 'done'),
      { sql: `update task set ended_at = 45000 where hold = ?`, params: [98] },
    ],
  })
  assert.equal(await journal.sweep(NOW), 2)
  assert.deepEqual(
    (await ends(store)).map(([hold]) => hold),
    [98, 99, 104],
  )
  assert.deepEqual(await swept(store), [[101]], 'all before the hold of the task are known to be ended')
  assert.deepEqual(
    (await readsSqlite(store).openHolds()).map(({ id }) => id),
    [102],
  )
  await provenRight(store)

  await journal.write({ number: 3, ops: [{ ...text, id: 105 }], statements: [] })
  assert.equal(await journal.sweep(NOW + 1), 1)
  const [task] = await rowsOf(store, 'select state, remote_id, ended_at from task where hold = 102')
  assert.deepEqual(task, ['Queueing', 'remote', null])

  // Once it has ended the next start looks at nothing of it again.
  await journal.write({
    number: 4,
    ops: [settle(media, { ending: 'done', nanos: 12, tokens: NO_TOKENS, madeUnits: 6 }, NOW + 2)],
    statements: [{ sql: 'update task set ended_at = ? where hold = 102', params: [NOW + 2] }],
  })
  assert.equal(await journal.sweep(NOW + 3), 0)
  assert.deepEqual(await swept(store), [[105]])
  await provenRight(store)
})

test('a task that no engine has taken on has failed: its hold ends with it, and it says why', async () => {
  const store = await openNew()
  await write(store, [media, text], new Map([[media, null]]))
  assert.equal(await journalSqlite(store).sweep(NOW), 2)
  assert.deepEqual(await ends(store), [
    [101, NOW, CRASHED, 1, 1, 0, 1],
    [102, NOW, CRASHED, 0, 0, 0, 1],
  ])
  assert.deepEqual(await rowsOf(store, 'select state, code, message, ended_at from task'), [
    ['Fail', 1000, 'this server stopped before the engine had taken the task on', NOW],
  ])
  assert.deepEqual(await readsSqlite(store).openHolds(), [])
  await provenRight(store)
})

test('an old database is brought up to date with its rows: what is open in it was text, what has ended stays as it is', async () => {
  const store = await open()
  await store.job([
    ...first.map((sql) => ({ sql, params: [] })),
    { sql: 'pragma user_version = 1', params: [] },
  ])
  await found(store)
  const old = [
    'insert into hold values (101, 10, 7, 8, 9, 6, 11, 12, 1, 0, 2, 1000, 0, 1), (102, 20, 7, 8, 9, 6, 11, 12, 1, 1, 2, 1000, 0, 1)',
    'insert into hold values (103, 30, 7, 8, 9, null, 11, 12, 0, 0, 0, 0, 30, 1), (104, 40, 7, 8, 9, 6, 11, 12, 1, 1, 2, 1000, 0, 1)',
    'insert into hold_part values (103, 50, 30, 1000)',
    'insert into hold_end values (101, 15, 1, 1, 0, 0, 1, 1, 0, 0, 0), (102, 25, 2, 0, 0, 0, 1, 1, 0, 0, 0)',
  ]
  await store.job(old.map((sql) => ({ sql, params: [] })))
  await migrate(store)
  assert.equal(await schemaVersion(store), SCHEMA_VERSION)
  assert.deepEqual(await rowsOf(store, 'select id, asked_units, crash_units from hold order by id'), [
    [101, 1, 1],
    [102, 1, 1],
    [103, 1, 1],
    [104, 1, 1],
  ])
  await provenRight(store)

  assert.equal(await journalSqlite(store).sweep(NOW), 2)
  assert.deepEqual(await ends(store), [
    [101, 15, 1, null, 1, 0, 0],
    [102, 25, 2, null, 0, 0, 0],
    [103, NOW, CRASHED, 1, 0, 0, 1],
    [104, NOW, CRASHED, 1, 1, 0, 1],
  ])
  await assert.rejects(
    store.job([{ sql: 'update hold_end set made_units = 1', params: [] }]),
    /append-only/,
    'a new column of an old row neither',
  )
  const next = { ...media, id: 105 }
  const outcome = { ending: 'done', nanos: 12, tokens: NO_TOKENS, madeUnits: 6 } as const
  await journalSqlite(store).write({ number: 9, ops: [next, settle(next, outcome, NOW)], statements: [] })
  assert.equal((await ends(store)).length, 5)
  await provenRight(store)
})
