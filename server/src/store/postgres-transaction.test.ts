import assert from 'node:assert/strict'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import test, { after } from 'node:test'
import { openPostgres } from './postgres.ts'
import { OutcomeUnknown } from './postgres-faults.ts'
import { beside, ids, insert, isKnownFault, KILL, server, until, withThings } from './postgres-under-test.ts'
import { StoreFault } from './store.ts'

after(() => server.remove())

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
    const read = store.read('select pg_sleep(60)')
    await beside(url, until(`exists (select 1 from pg_stat_activity where wait_event = 'PgSleep')`))
    for (const socket of sockets) socket.destroy()
    await assert.rejects(read, (error) => isKnownFault(error) && /cannot be reached/.test(String(error)))
    await store.job([insert(2)])
    assert.deepEqual(await ids(direct), [2])
    await store.close()
    line.close()
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
