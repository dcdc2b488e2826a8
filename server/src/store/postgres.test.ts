import assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import test, { after } from 'node:test'
import pg from 'pg'
import { type Dialect, storeContract } from '../../test/contract/store-contract.ts'
import { startPostgres } from '../../test/postgres.ts'
import { migrate, SCHEMA_VERSION, schemaVersion } from './migrate.ts'
import { checkServer, openPostgres, type PostgresStore } from './postgres.ts'
import { OutcomeUnknown } from './postgres-faults.ts'
import { StoreFault } from './store.ts'

const server = await startPostgres({ durable: false })
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

/** A store with a table, and what closes it when the test has ended. */
async function withThings(work: (store: PostgresStore, url: string) => Promise<void>): Promise<void> {
  const url = await server.createDatabase()
  const store = await openPostgres(url)
  try {
    await store.job([{ sql: 'create table thing (id bigint primary key, number bigint)', params: [] }])
    await work(store, url)
  } finally {
    await store.close()
  }
}

const insert = (id: number) => ({ sql: 'insert into thing (id) values (?)', params: [id] })
const ids = async (store: PostgresStore) =>
  (await store.read('select id from thing order by id')).map(({ id }) => id)

/** What another program does with the same database, while nothing else does. */
async function beside(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** A statement that ends when the condition is true. */
const until = (condition: string) =>
  `do $$ begin while not ${condition} loop perform pg_sleep(0.01); perform pg_stat_clear_snapshot(); end loop; end $$`

/** Nothing was written, and that is certain. */
const isKnownFault = (error: unknown) => error instanceof StoreFault && !(error instanceof OutcomeUnknown)

const KILL = `select pg_terminate_backend(pid) from pg_stat_activity
  where application_name = 'tokenplan' and datname = current_database()`

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

test('a transaction reads, decides and writes, and what is queued goes with its commit', async () => {
  await withThings(async (store) => {
    await store.job([insert(1), insert(2), insert(3)])
    const answer = await store.transact(async ({ query, run, queue }) => {
      const some = new Float64Array([3, 1, 9])
      const rows = await query('select id from thing where id = any(?::bigint[]) order by id for update', [
        some,
      ])
      queue(
        [insert(4)],
        [{ sql: 'insert into thing (id, number) values (?,?)', values: new Float64Array([5, 50]) }],
      )
      const [changes] = await run([{ sql: 'update thing set number = ? where id = ?', params: [7, 1] }])
      return { rows, changes }
    })
    assert.deepEqual(answer, { rows: [{ id: 1 }, { id: 3 }], changes: [1] })
    assert.deepEqual(await store.read('select id, number from thing order by id'), [
      { id: 1, number: 7 },
      { id: 2, number: null },
      { id: 3, number: null },
      { id: 4, number: null },
      { id: 5, number: 50 },
    ])
  })
})

test('a transaction whose work throws writes nothing, keeps the error, and frees its locks', async () => {
  await withThings(async (store) => {
    await store.job([insert(1)])
    const reason = new Error('decided otherwise')
    const thrown = store.transact(async ({ query, queue }) => {
      await query('select id from thing for update')
      queue([insert(2)])
      throw reason
    })
    await assert.rejects(thrown, (error) => error === reason)
    await store.job([{ sql: 'update thing set number = 1 where id = 1', params: [] }])
    assert.deepEqual(await ids(store), [1])
  })
})

test('a statement that fails fails its transaction, whether anybody waited for it or not', async () => {
  await withThings(async (store) => {
    const swallowed = store.transact(async ({ query, queue }) => {
      queue([insert(1)])
      await query('select nothing from nowhere').catch(() => undefined)
    })
    await assert.rejects(swallowed, /"nowhere" does not exist/)
    const queued = store.transact(async ({ queue }) => queue([insert(2), insert(2), insert(3)]))
    await assert.rejects(
      queued,
      (error) => error instanceof StoreFault && /duplicate key/.test(error.message),
    )
    assert.deepEqual(await ids(store), [])
  })
})

test('a lock in one transaction makes another wait, which then sees what the first has written', async () => {
  await withThings(async (store) => {
    await store.job([insert(1)])
    const add = () =>
      store.transact(async ({ query, queue }) => {
        await query('select id from thing where id = 1 for update')
        const [row] = await query('select coalesce(number, 0) as number from thing where id = 1')
        queue([{ sql: 'update thing set number = ? where id = 1', params: [Number(row?.number) + 1] }])
      })
    await Promise.all(Array.from({ length: 40 }, add))
    assert.deepEqual(await store.read('select number from thing'), [{ number: 40 }])
  })
})

test('a connection that is cut fails what was asked on it, and the next one works', async () => {
  await withThings(async (store, url) => {
    await store.job([insert(1)])
    const cut = (work: Promise<unknown>) => assert.rejects(work, isKnownFault)
    const during = store.transact(async ({ query, queue }) => {
      queue([insert(2)])
      await query('select 1')
      await beside(url, KILL)
      queue([insert(3)])
    })
    await assert.rejects(during, isKnownFault)
    await cut(store.read('select pg_terminate_backend(pg_backend_pid())'))
    await cut(store.job([insert(4), { sql: 'select pg_terminate_backend(pg_backend_pid())', params: [] }]))
    assert.deepEqual(await ids(store), [1])
    await store.job([insert(5)])
    assert.deepEqual(await ids(store), [1, 5])
  })
})

test('where the line is cut before a commit was sent, nothing was written', async () => {
  await withThings(async (direct, url) => {
    const sockets: Socket[] = []
    const { hostname, port } = new URL(server.overTcp(url))
    const line = createServer((near) => {
      const far = connect(Number(port), hostname)
      near.pipe(far).pipe(near)
      for (const socket of [near, far]) {
        socket.on('error', () => undefined)
        sockets.push(socket)
      }
    })
    await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve))
    const { port: over } = line.address() as AddressInfo
    const store = await openPostgres(server.overTcp(url).replace(port, String(over)))
    const work = store.transact(async ({ query, queue }) => {
      await query('select 1')
      for (const socket of sockets) socket.destroy()
      await query('select 1').catch(() => undefined)
      queue([insert(1)])
    })
    await assert.rejects(work, (error) => isKnownFault(error) && /cannot be reached/.test(String(error)))
    await store.job([insert(2)])
    assert.deepEqual(await ids(direct), [2])
    await store.close()
    line.close()
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

test('a commit that was not answered may have been written, and is said to be so', async () => {
  await withThings(async (store, url) => {
    await beside(
      url,
      `create function late() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return null; end $$;
       create constraint trigger late after insert on thing deferrable initially deferred
         for each row execute function late()`,
    )
    const [outcome] = await Promise.all([
      store.transact(async ({ queue }) => queue([insert(1)])).catch((error) => error),
      beside(
        url,
        `${until(`exists (select 1 from pg_stat_activity where wait_event = 'PgSleep' and query = 'commit')`)}; ${KILL}`,
      ),
    ])
    assert.ok(outcome instanceof OutcomeUnknown, String(outcome))
    assert.match(outcome.message, /nobody can say/)
  })
})

test('a server that stops, or is killed, is said to be gone, and is found again when it is back', async () => {
  await withThings(async (store) => {
    let id = 0
    for (const end of [server.stop, server.kill]) {
      await store.job([insert(++id)])
      await end()
      for (const work of [
        () => store.read('select 1'),
        () => store.job([insert(99)]),
        () => store.transact(async ({ query }) => query('select 1')),
      ])
        await assert.rejects(
          work(),
          (error) => error instanceof StoreFault && /cannot be reached/.test(error.message),
        )
      await server.start()
      assert.deepEqual(
        await ids(store),
        Array.from({ length: id }, (_, at) => at + 1),
      )
    }
    await store.job([insert(++id)])
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
