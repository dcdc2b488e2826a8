import pg from 'pg'
import { type PostgresServer, startPostgres } from '../../test/postgres.ts'
import { openPostgres, type PostgresStore } from './postgres.ts'
import { OutcomeUnknown } from './postgres-faults.ts'
import { StoreFault } from './store.ts'

export const server: PostgresServer = await startPostgres({ durable: false })

/** A store with a table, and what closes it when the test has ended. */
export async function withThings(work: (store: PostgresStore, url: string) => Promise<void>): Promise<void> {
  const url = await server.createDatabase()
  const store = await openPostgres(url)
  try {
    await store.job([{ sql: 'create table thing (id bigint primary key, number bigint)', params: [] }])
    await work(store, url)
  } finally {
    await store.close()
  }
}

export const insert = (id: number) => ({ sql: 'insert into thing (id) values (?)', params: [id] })
export const ids = async (store: PostgresStore) =>
  (await store.read('select id from thing order by id')).map(({ id }) => id)

/** What another program does with the same database, while nothing else does. */
export async function beside(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** A statement that ends when the condition is true. */
export const until = (condition: string) =>
  `do $$ begin while not ${condition} loop perform pg_sleep(0.01); perform pg_stat_clear_snapshot(); end loop; end $$`

/** Nothing was written, and that is certain. */
export const isKnownFault = (error: unknown) =>
  error instanceof StoreFault && !(error instanceof OutcomeUnknown)

/** Ends the connections of all stores. */
export const KILL = `select pg_terminate_backend(pid) from pg_stat_activity
  where application_name = 'tokenplan' and datname = current_database()`
