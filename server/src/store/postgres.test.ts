import assert from 'node:assert/strict'
import { type AddressInfo, createServer } from 'node:net'
import test, { after } from 'node:test'
import pg from 'pg'
import { type Dialect, storeContract } from '../../test/contract/store-contract.ts'

import { migrate, SCHEMA_VERSION, schemaVersion } from './migrate.ts'
import { checkServer, openPostgres, type PostgresStore } from './postgres.ts'
import { beside, ids, insert, isKnownFault, server, until, withThings } from './postgres-under-test.ts'
import { StoreFault } from './store.ts'

after(() => server.remove())

const dialect: Dialect = {
  schema: `select table_name as name, column_name as part, data_type as kind from information_schema.columns
    where table_schema = 'public'
    union select indexname, '', indexdef from pg_indexes where schemaname = 'public'
    union select tgname, '', pg_get_triggerdef(oid) from pg_trigger where not tgisinternal order by 1, 2, 3`,
  setVersion: (version) => `update schema_version set version = ${version}`,
  overwrites: (table, column) => [
    `truncate ${table}`,
    `insert into ${table} select * from ${table} on conflict on constraint ${table}_pkey do update set ${column} = 0`,
  ],
}

storeContract('postgres', dialect, async () => {
  const store = await openPostgres(await server.createDatabase())
  return { store, remove: () => store.close() }
})

test('rows have the shapes that SQLite gives them', async () => {
  await withThings(async (store) => {
    const [row] = await store.read(
      `select 9007199254740991 as most, true as yes, 1 = 2 as no, 1.5::float8 as half, 7::int as seven,
        (select sum(n) from unnest(array[1, 2]::bigint[]) n) as sum, (select avg(n) from unnest(array[1, 2]) n) as average,
        null::bigint as nothing, count(*) as count, '\\x0102'::bytea as bytes, '{"a":1}'::json as json from thing`,
    )
    const { bytes, ...rest } = row ?? {}
    assert.deepEqual(rest, {
      ...{ most: Number.MAX_SAFE_INTEGER, yes: 1, no: 0, half: 1.5, seven: 7, sum: 3, average: 1.5 },
      ...{ nothing: null, count: 0, json: '{"a":1}' },
    })
    assert.deepEqual([...new Uint8Array(bytes as ArrayBuffer)], [1, 2])
  })
})

test('a number that cannot be read exactly is not read, and what was written with it is not written', async () => {
  await withThings(async (store) => {
    const unsafe = 'select 9007199254740992 as number'
    await assert.rejects(store.read(unsafe), /9007199254740992 is too large/)
    await assert.rejects(store.job([insert(1), { sql: unsafe, params: [] }]), /too large/)
    assert.deepEqual(await ids(store), [])
  })
})

test('one text is one statement', async () => {
  await withThings(async (store) => {
    const two = 'insert into thing (id) values (1); drop table thing'
    await assert.rejects(store.job([{ sql: two, params: [] }]), /multiple commands/)
    assert.deepEqual(await ids(store), [])
  })
})

test('jobs of two servers are as if one came after the other', async () => {
  await withThings(async (one, url) => {
    const two = await openPostgres(url)
    // Each adds a row for every row that it saw; were two to see the same rows, there would be too few at the end.
    const job = [
      { sql: 'select count(*) from thing', params: [] },
      {
        sql: 'insert into thing (id) select id + (select count(*) from thing) from thing, pg_sleep(0.02)',
        params: [],
      },
    ]
    await one.job([insert(0)])
    await Promise.all([one, two, one, two, one, two].map((store) => store.job(job)))
    assert.deepEqual(
      await ids(one),
      Array.from({ length: 64 }, (_, id) => id),
    )
    await two.close()
  })
})

test('a table that another server has changed is read all the same', async () => {
  await withThings(async (store, url) => {
    await store.job([insert(1), { sql: 'select * from thing', params: [] }])
    await store.read('select * from thing')
    await beside(url, 'alter table thing add column later bigint')
    const row = { id: 1, number: null, later: null }
    assert.deepEqual(await store.read('select * from thing'), [row])
    assert.deepEqual(await store.job([{ sql: 'select * from thing', params: [] }]), [[row]])
  })
})

test('a statement that takes too long is ended, and so is one that waits for a lock', async () => {
  const url = await server.createDatabase()
  const store = await openPostgres(url, { statementMs: 100 })
  await store.job([{ sql: 'create table thing (id bigint)', params: [] }])
  await assert.rejects(store.read('select pg_sleep(60)'), /took too long/)
  const other = new pg.Client(url)
  await other.connect()
  await other.query('begin; lock table thing')
  await assert.rejects(store.job([insert(1)]), /took too long/)
  await other.end()
  const idle = store.transact(async ({ query }) => {
    await query('select 1')
    await beside(
      url,
      until(`not exists (select 1 from pg_stat_activity where state = 'idle in transaction')`),
    )
  })
  await assert.rejects(idle, (error) => isKnownFault(error) && /took too long/.test(String(error)))
  assert.equal(
    await store.transact(async ({ query }) => (await query('select pg_sleep(0.2)')).length, 5_000),
    1,
  )
  await store.close()
})

test('a server that says nothing is given up', async () => {
  const silent = createServer(() => undefined)
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as AddressInfo
  await assert.rejects(
    openPostgres(`postgres://app:secret@127.0.0.1:${port}/books`, { connectMs: 50 }),
    (error) =>
      error instanceof StoreFault &&
      /^the database books at 127\.0\.0\.1:\d+ cannot be reached: /.test(error.message),
  )
  silent.close()
})

test('a start says in one line what is wrong, and never the password', async () => {
  const url = await server.createDatabase()
  const open = server.overTcp(url)
  for (const [wrong, says] of [
    [
      server.overTcp(url, 'sesame open'),
      /does not let this server in: password authentication failed for user "app"$/,
    ],
    [open.replace(/\w+$/, 'nowhere'), /no such database: database "nowhere" does not exist$/],
    [
      open.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1'),
      /^the database \w+ at 127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/,
    ],
    [
      open.replace(/127\.0\.0\.1:\d+/, 'localhost:1'),
      /^the database \w+ at localhost:1 cannot be reached: .*ECONNREFUSED/,
    ],
    [open.replace('127.0.0.1', 'no-such-host.invalid'), /cannot be reached: .*no-such-host\.invalid/],
  ] as const) {
    await assert.rejects(openPostgres(wrong), (error) => {
      assert.ok(error instanceof StoreFault)
      assert.match(error.message, says)
      assert.doesNotMatch(error.message, /\n|sesame|p@ss|p%40ss/)
      return true
    })
  }
  const store = await openPostgres(open)
  assert.deepEqual(await store.read('select 1 as one'), [{ one: 1 }])
  await store.close()
})

test('a server that is too old, a standby, or a database of another encoding is refused', async () => {
  const good = { version: 140_000, name: '14.0', encoding: 'UTF8', standby: 0 }
  const check = (row: object) => checkServer({ read: async () => [{ ...good, ...row }] })
  await check({})
  await assert.rejects(
    check({ version: 130_022, name: '13.22' }),
    /PostgreSQL 13\.22; tokenplan needs 14 or newer/,
  )
  await assert.rejects(check({ standby: 1 }), /a standby/)
  const url = await server.createDatabase()
  await beside(url, `create database ascii template template0 encoding 'SQL_ASCII' locale 'C'`)
  await assert.rejects(openPostgres(url.replace(/test_\d+/, 'ascii')), /encoded as SQL_ASCII/)
})

test('commits are on the disk even where the server would rather not wait', async () => {
  const url = await server.createDatabase()
  await beside(url, `alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`)
  const store = await openPostgres(url)
  assert.deepEqual(await store.transact(({ query }) => query('show synchronous_commit')), [
    { synchronous_commit: 'on' },
  ])
  await store.close()
})

test('of servers that start at once one migrates', async () => {
  const url = await server.createDatabase()
  const stores = await Promise.all(Array.from({ length: 4 }, () => openPostgres(url)))
  assert.equal(await schemaVersion(stores[0] as PostgresStore), 0)
  await Promise.all(stores.map(migrate))
  for (const store of stores) {
    assert.equal(await schemaVersion(store), SCHEMA_VERSION)
    await store.close()
  }
})

test('connections are bounded, and given back', async () => {
  await withThings(async (store, url) => {
    const many = Array.from({ length: 50 }, (_, id) =>
      Promise.all([store.read('select pg_sleep(0.001)'), store.job([insert(id)])]),
    )
    const counted = await beside(
      url,
      `select count(*)::int as open from pg_stat_activity where application_name = 'tokenplan' and datname = current_database()`,
    )
    await Promise.all(many)
    assert.ok(Number(counted[0]?.open) <= 8)
  })
})

test('a server is checked by its certificate whatever `sslmode` asks for that, without a word of the driver', async () => {
  const said: string[] = []
  const hear = (warning: Error) => said.push(warning.message)
  process.on('warning', hear)
  const url = new URL(server.overTcp(await server.createDatabase()))
  for (const mode of ['require', 'prefer', 'verify-ca', 'verify-full']) {
    url.searchParams.set('sslmode', mode)
    // This one speaks no TLS at all, so it is not talked to.
    await assert.rejects(openPostgres(url.href), /does not support SSL/)
  }
  // Warnings are told a turn later.
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', hear)
  assert.deepEqual(said, [])
})
