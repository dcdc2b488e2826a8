import pg from 'pg'
import { faultOf, isPassing } from './postgres-faults.ts'
import { type Prepared, prepare, prepareBulk } from './postgres-sql.ts'
import {
  ask,
  clientLimit,
  runTransaction,
  sendAll,
  type Transaction,
  transactionOver,
} from './postgres-transaction.ts'
import { readerOf } from './postgres-values.ts'
import { type Row, type Store, StoreFault } from './store.ts'

/** A store that several processes share. */
export type PostgresStore = Store & {
  /**
   * Reads, decides and writes in one transaction, read committed: each statement sees what was committed before it
   * began, so what is decided on is locked first (`for update`) and read by a second statement. Rolls back where the work
   * throws; throws `OutcomeUnknown` where a commit was not answered.
   */
  transact<T>(work: (transaction: Transaction) => Promise<T>, statementMs?: number): Promise<T>
}

export type PostgresLimits = {
  readonly connectMs: number
  readonly statementMs: number
  /** To read, and as many again to write. */
  readonly connections: number
}

const LIMITS: PostgresLimits = { connectMs: 5_000, statementMs: 30_000, connections: 4 }
const OLDEST = 14

/** Connects, and refuses what could not hold the books. */
export async function openPostgres(
  url: string,
  limits: Partial<PostgresLimits> = {},
): Promise<PostgresStore> {
  const store = connect(url, { ...LIMITS, ...limits })
  try {
    await checkServer(store)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

export async function checkServer(store: Pick<Store, 'read'>): Promise<void> {
  const [row] = await store.read(
    `select current_setting('server_version_num')::bigint as version, current_setting('server_version') as name,
      current_setting('server_encoding') as encoding, pg_is_in_recovery() as standby`,
  )
  if (Number(row?.version) < OLDEST * 10_000)
    throw new StoreFault(`the database server is PostgreSQL ${row?.name}; tokenplan needs ${OLDEST} or newer`)
  if (row?.encoding !== 'UTF8')
    throw new StoreFault(`the database is encoded as ${row?.encoding}; tokenplan needs one that is UTF8`)
  if (row?.standby !== 0)
    throw new StoreFault('the database server is a standby, which takes no writes; name its primary')
}

function connect(url: string, limits: PostgresLimits): PostgresStore {
  const { where, config } = configOf(url, limits)
  const readers = poolOf(config, { ...limits, readOnly: true })
  const writers = poolOf(config, { ...limits, readOnly: false })
  const underWay = new Set<Promise<unknown>>()
  let closed: Promise<void> | undefined
  let lastJob: Promise<unknown> = Promise.resolve()

  const tracked = <T>(act: () => Promise<T>): Promise<T> => {
    if (closed) return Promise.reject(new StoreFault('the database is closed'))
    const answer = act()
    const settled: Promise<unknown> = answer
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => underWay.delete(settled))
    underWay.add(settled)
    return answer
  }

  return {
    read: (sql, params = []) =>
      tracked(async () => {
        const prepared = prepare({ sql, params })
        return tried(() => withClient(readers, where, (client) => rowsOf(client, prepared, where)))
      }),
    job: (statements, bulks = []) =>
      tracked(async () => {
        // Now: the numbers of a bulk are the caller's again as soon as this returns.
        const [prepared, rows] = [statements.map(prepare), bulks.flatMap(prepareBulk)]
        const once = () =>
          withClient(writers, where, (client) =>
            runTransaction(client, { isolation: 'serializable', where }, (line) =>
              sendAll(line, prepared, rows),
            ),
          )
        const turn = lastJob.then(() => tried(once))
        lastJob = turn.catch(() => undefined)
        return turn
      }),
    transact: (work, statementMs) =>
      tracked(() =>
        withClient(writers, where, (client) =>
          runTransaction(client, { isolation: 'read committed', where, statementMs }, (line) =>
            work(transactionOver(line)),
          ),
        ),
      ),
    close() {
      closed ??= Promise.all(underWay)
        .then(() => Promise.all([readers.end(), writers.end()]))
        .then(() => undefined)
      return closed
    },
  }
}

async function rowsOf(client: pg.ClientBase, prepared: Prepared, where: string): Promise<Row[]> {
  try {
    return (await ask(client, prepared)).rows
  } catch (error) {
    throw faultOf(error, where)
  }
}

/** After a failure the connection is opened anew: what it still holds is unknown. */
async function withClient<T>(
  pool: pg.Pool,
  where: string,
  act: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  const client = await pool.connect().catch((error) => {
    throw faultOf(error, where)
  })
  try {
    const answer = await act(client)
    client.release()
    return answer
  } catch (error) {
    client.release(true)
    throw error
  }
}

const MOST_ATTEMPTS = 10

/** Other servers may be in its way. */
async function tried<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act()
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || !isPassing(error)) throw error
    }
  }
}

function configOf(url: string, { connectMs, statementMs }: PostgresLimits) {
  const config = {
    connectionString: withCheckedServer(url),
    connectionTimeoutMillis: connectMs,
    query_timeout: clientLimit(statementMs),
    application_name: 'tokenplan',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    idleTimeoutMillis: 60_000,
    pipeline: true,
    types: { getTypeParser: readerOf },
  } satisfies pg.PoolConfig
  const { database, host, port } = new pg.Client(config)
  return { where: `${database} at ${host.startsWith('/') ? host : `${host}:${port}`}`, config }
}

/**
 * `pg` takes these three for `verify-full` and warns that it will not for ever. They stay that here, so that no upgrade
 * begins to trust whoever answers; who asks for libpq's meaning gets it.
 */
function withCheckedServer(url: string): string {
  if (/[?&]uselibpqcompat=true\b/.test(url)) return url
  return url.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, '$1verify-full')
}

function poolOf(
  config: pg.PoolConfig,
  { statementMs, connections, readOnly }: PostgresLimits & { readonly readOnly: boolean },
): pg.Pool {
  const pool = new pg.Pool({
    ...config,
    max: connections,
    onConnect: (client) => client.query(SESSION, [String(statementMs), readOnly ? 'on' : 'off']),
  })
  // A connection that is lost fails what is asked on it. Without anybody to hear of it the process would end.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** Nobody waits for ever, and a commit is on the disk whatever the server's default is. */
const SESSION = `select set_config('statement_timeout', $1, false), set_config('lock_timeout', $1, false),
  set_config('idle_in_transaction_session_timeout', $1, false), set_config('default_transaction_read_only', $2, false),
  set_config('synchronous_commit', case current_setting('synchronous_commit')
    when 'off' then 'on' else current_setting('synchronous_commit') end, false)`
