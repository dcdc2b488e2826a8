import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { sql } from 'kysely'
import { startPostgres } from '../../test/postgres.ts'
import { type Database, queries, queriesOver, statementOf } from './kysely.ts'
import { migrate } from './migrate.ts'
import { openPostgres } from './postgres.ts'
import { keepFirst, readSetting } from './settings.ts'
import { openSqlite, type Store, StoreFault } from './sqlite.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-kysely-'))
const server = await startPostgres({ durable: false })

/** Held to the type by the compiler, and to the schema by the test. */
const columns: { readonly [table in keyof Database]: readonly (keyof Database[table])[] } = {
  setting: ['name', 'value'],
  label: ['id', 'name'],
  person: ['id', 'email', 'password_hash', 'created_at'],
  team: ['id', 'name', 'is_default', 'created_at', 'wallet_on', 'wallet_cap_nanos'],
  member: ['id', 'team', 'person', 'role', 'credits_access', 'overflow', 'joined_at', 'cap_nanos'],
  secret: [
    'id',
    'public_id',
    'kind',
    'team',
    'member',
    'name',
    'mac',
    'last_four',
    'created_at',
    'revoked_at',
    'cap_nanos',
  ],
  subscription: [
    'id',
    'team',
    'plan',
    'plan_name',
    'catalogue',
    'catalogue_version',
    'price_nanos',
    'period',
    'entitlements',
    'started_at',
    'ends_at',
  ],
  seat: ['subscription', 'team', 'member', 'assigned_at'],
  account: ['id', 'kind', 'team', 'balance_nanos'],
  lot: ['account', 'team', 'kind', 'nanos', 'bought_at', 'expires_at'],
  task: [
    ...(['id', 'hold', 'team', 'member', 'kind', 'model', 'upstream', 'remote_id', 'state', 'file'] as const),
    ...(['width', 'height', 'code', 'message', 'callback_url', 'first_uses'] as const),
    ...(['created_at', 'deadline_at', 'ended_at'] as const),
  ],
  engine_id: [
    ...(['id', 'team', 'member', 'kind', 'name', 'upstream', 'remote_id', 'description'] as const),
    ...(['created_at', 'expires_at', 'paid_at'] as const),
  ],
  file: [
    'id',
    'team',
    'member',
    'purpose',
    'name',
    'content_type',
    'bytes',
    'place',
    'sha256',
    'created_at',
    'arriving_until',
    'expires_at',
    'deleted_at',
  ],
  file_upstream: ['file', 'upstream', 'remote_id'],
  audit: ['id', 'at', 'actor', 'act', 'detail'],
}

type Kept = {
  readonly name: string
  readonly store: Store
  readonly columnsOf: (table: string) => string
  readonly listOfTables: string
  /** Tables of the store's own. */
  readonly others: readonly string[]
}

// All there before the first test is known: what is awaited after that lets the hooks run too early.
const postgres = await openPostgres(await server.createDatabase())
const sqlite = await openSqlite(path.join(folder, 'tokenplan.db'))
overStore({
  name: 'sqlite',
  store: sqlite,
  columnsOf: (table) => `pragma table_info(${table})`,
  listOfTables: `select name from sqlite_master where type = 'table' order by name`,
  others: [],
})
overStore({
  name: 'postgres',
  store: postgres,
  columnsOf: (table) =>
    `select column_name as name from information_schema.columns where table_name = '${table}' order by ordinal_position`,
  listOfTables: `select tablename as name from pg_tables where schemaname = 'public' order by name`,
  others: ['node', 'op', 'open_hold', 'schema_version', 'subject'],
})

// After the stores of both are closed: hooks run in the order in which they are written down.
after(async () => {
  rmSync(folder, { recursive: true })
  await server.remove()
})

function overStore({ name, store, columnsOf, listOfTables, others }: Kept): void {
  before(() => migrate(store))
  after(() => store.close())

  test(`${name}: the typed tables are those of the schema`, async () => {
    for (const [table, names] of Object.entries(columns)) {
      const rows = await store.read(columnsOf(table))
      assert.deepEqual(
        rows.map(({ name }) => name),
        names,
        table,
      )
    }
    const tables = await store.read(listOfTables)
    const book = [
      'correction',
      'entry',
      'given_back',
      'hold',
      'hold_end',
      'hold_part',
      'late_end',
      'refusal',
      'slice',
      'spent',
    ]
    assert.deepEqual(
      tables.map(({ name }) => name),
      [...Object.keys(columns), ...book, ...others].sort(),
    )
  })

  /** Which door of the store each query went through. */
  function watched() {
    const doors: string[] = []
    const over = queriesOver({
      read: (text, params) => {
        doors.push('read')
        return store.read(text, params)
      },
      job: (statements) => {
        doors.push('job')
        return store.job(statements)
      },
    })
    return { doors, over }
  }

  test(`${name}: selects go to the reader, single writes to the writer`, async () => {
    const { doors, over } = watched()
    await over
      .insertInto('label')
      .values([
        { id: 1, name: 'text' },
        { id: 2, name: 'image' },
      ])
      .execute()
    assert.deepEqual(await over.selectFrom('label').selectAll().orderBy('id').execute(), [
      { id: 1, name: 'text' },
      { id: 2, name: 'image' },
    ])
    assert.deepEqual(doors, ['job', 'read'])
  })

  test(`${name}: writes answer how many rows they changed, or the rows they return`, async () => {
    const { over } = watched()
    const inserted = await over
      .insertInto('label')
      .values([
        { id: 11, name: 'a' },
        { id: 12, name: 'b' },
      ])
      .executeTakeFirst()
    assert.equal(inserted.numInsertedOrUpdatedRows, 2n)
    const updated = await over.updateTable('label').set({ name: 'c' }).where('id', '=', 12).executeTakeFirst()
    assert.equal(updated.numUpdatedRows, 1n)
    const none = await over.updateTable('label').set({ name: 'd' }).where('id', '=', 99).executeTakeFirst()
    assert.equal(none.numUpdatedRows, 0n)
    const returned = await over.deleteFrom('label').where('id', '>', 10).returning(['id', 'name']).execute()
    assert.deepEqual(returned, [
      { id: 11, name: 'a' },
      { id: 12, name: 'c' },
    ])
    assert.deepEqual(await sql`select 7 as seven`.execute(over), { rows: [{ seven: 7 }] })
  })

  test(`${name}: flags are 0 and 1, unset columns null`, async () => {
    const { over } = watched()
    await over.insertInto('team').values({ id: 5, name: 'T', is_default: true, created_at: 9 }).execute()
    await over.insertInto('account').values({ id: 6, kind: 'cash', team: null, balance_nanos: -3 }).execute()
    assert.deepEqual(await over.selectFrom('team').selectAll().execute(), [
      { id: 5, name: 'T', is_default: 1, created_at: 9, wallet_on: 0, wallet_cap_nanos: null },
    ])
    assert.deepEqual(await over.selectFrom('account').select(['team', 'balance_nanos']).execute(), [
      { team: null, balance_nanos: -3 },
    ])
  })

  test(`${name}: what belongs together is compiled and committed by one job`, async () => {
    const statements = [
      statementOf(
        queries.insertInto('audit').values({ id: 1, at: 2, actor: 'op', act: 'test', detail: '?' }),
      ),
      statementOf(
        queries.insertInto('audit').values({ id: 2, at: 3, actor: 'op', act: 'test', detail: `it's` }),
      ),
    ]
    assert.deepEqual(statements[0]?.params, [1, 2, 'op', 'test', '?'])
    await store.job(statements)
    await assert.rejects(store.job([statementOf(queries.deleteFrom('audit')), ...statements, ...statements]))
    assert.deepEqual(await queriesOver(store).selectFrom('audit').select('detail').execute(), [
      { detail: '?' },
      { detail: `it's` },
    ])
  })

  test(`${name}: a transaction is refused and told what to use instead`, async () => {
    const { doors, over } = watched()
    const transaction = over.transaction().execute((inside) => inside.deleteFrom('audit').execute())
    await assert.rejects(transaction, /statementOf.*store\.job/)
    assert.deepEqual(doors, [])
  })

  test(`${name}: what is only written down is not run, and what only reads does not write`, async () => {
    await assert.rejects(queries.selectFrom('team').selectAll().execute(), StoreFault)
    await assert.rejects(queries.deleteFrom('team').execute(), StoreFault)
    const reader = queriesOver({ read: store.read })
    await assert.rejects(reader.deleteFrom('team').execute(), /read-?only/)
    await assert.rejects(async () => {
      for await (const row of reader.selectFrom('team').selectAll().stream()) assert.fail(JSON.stringify(row))
    }, StoreFault)
  })

  test(`${name}: the store outlives the queries over it`, async () => {
    const { over } = watched()
    await over.selectFrom('team').selectAll().execute()
    await over.destroy()
    assert.deepEqual(await store.read('select 1 as one'), [{ one: 1 }])
  })

  test(`${name}: of a setting that is made twice the first word stands`, async () => {
    assert.equal(await readSetting(store, 'clock_offset_ms'), undefined)
    for (const value of ['5', '70']) {
      await store.job([keepFirst('clock_offset_ms', value)])
      assert.equal(await readSetting(store, 'clock_offset_ms'), '5')
    }
  })
}
