import {
  type ColumnType,
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { bind } from './bind.ts'
import { type Statement, type Store, StoreFault } from './sqlite.ts'

/**
 * Typed queries over a store, for everything but the book's own tables, whose SQL is written by hand. Selects go to the
 * reader, a single write is a job of the writer, and what must be committed together is compiled with `statementOf` and
 * handed to `store.job` or `book.command`.
 */

/** Stored as 0 and 1. */
type Flag = ColumnType<number, boolean, boolean>
/** Of a calendar month, in nanos; null without one. */
type Cap = ColumnType<number | null, never, never>

/** The tables of migrations/; instants in ms, money in nanos. */
export type Database = {
  readonly setting: { name: string; value: string }
  readonly label: { id: number; name: string }
  readonly person: { id: number; email: string; password_hash: string; created_at: number }
  readonly team: {
    id: number
    name: string
    is_default: Flag
    created_at: number
    /** The book's to change, as the caps below. */
    wallet_on: ColumnType<number, never, never>
    wallet_cap_nanos: Cap
  }
  readonly member: {
    id: number
    team: number
    person: number
    role: 'owner' | 'admin' | 'member'
    credits_access: Flag
    overflow: Flag
    joined_at: number
    cap_nanos: Cap
  }
  readonly secret: {
    id: number
    public_id: string
    kind: 'plan' | 'api'
    team: number
    member: number
    name: string
    mac: string
    last_four: string
    created_at: number
    revoked_at: number | null
    cap_nanos: Cap
  }
  readonly subscription: {
    id: number
    team: number
    plan: string
    plan_name: string
    catalogue: string
    catalogue_version: number
    price_nanos: number
    period: 'month' | 'year'
    /** JSON of the catalogue's entitlements on the day of the sale. */
    entitlements: string
    started_at: number
    ends_at: number | null
  }
  readonly seat: { subscription: number; team: number; member: number; assigned_at: number }
  /** `team` is null for the operator's accounts. The balance is the book's to change. */
  readonly account: { id: number; kind: string; team: number | null; balance_nanos: number }
  readonly lot: {
    account: number
    team: number
    kind: 'granted' | 'bought'
    nanos: number
    bought_at: number
    expires_at: number
  }
  /** A job at an engine; `state` is MiniMax's word for it. Codes and messages are those of its end. */
  readonly task: {
    id: number
    hold: number
    team: number
    member: number
    kind: 'video' | 'speech'
    model: string
    upstream: string
    remote_id: string | null
    state: string
    file: number | null
    width: number | null
    height: number | null
    code: number
    message: string
    callback_url: string | null
    /** JSON list: voices (ids of `engine_id`) that speak for the first time in it, and are paid for when it succeeds. */
    first_uses: string
    /** Of the machine's clock, as the deadline: an engine's work is not moved by plan time. */
    created_at: number
    deadline_at: number
    /** Plan time, as the end of its hold. */
    ended_at: number | null
  }
  readonly engine_id: {
    id: number
    team: number
    member: number
    kind: 'voice_cloning' | 'voice_generation' | 'cover_feature'
    name: string
    upstream: string
    remote_id: string
    description: string
    created_at: number
    expires_at: number | null
    paid_at: number | null
  }
  /** `sha256` is null while the file arrives. */
  readonly file: {
    id: number
    team: number
    member: number
    purpose: string
    name: string
    content_type: string
    bytes: number
    place: string
    sha256: string | null
    created_at: number
    arriving_until: number | null
    expires_at: number | null
    deleted_at: number | null
  }
  readonly file_upstream: { file: number; upstream: string; remote_id: string }
  readonly audit: { id: number; at: number; actor: string; act: string; detail: string }
}

/** Without `job`, what writes goes to the reader, which refuses it. */
type Doors = Pick<Store, 'read'> & Partial<Pick<Store, 'job'>>

export function queriesOver(doors: Doors): Kysely<Database> {
  return new Kysely<Database>({
    dialect: {
      createDriver: () => driverOver(doors),
      createAdapter: () => new SqliteAdapter(),
      createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  })
}

/** Queries that are only written down: `statementOf(queries.insertInto(…))`. Running one is refused. */
export const queries: Kysely<Database> = queriesOver({
  read: () =>
    Promise.reject(new StoreFault('this query is only written down; hand its statement to store.job')),
})

/** Throws where the store would refuse it, so that it fails whoever wrote it down and not all that is committed with it. */
export function statementOf(query: { compile(): CompiledQuery }): Statement {
  const { sql, parameters } = query.compile()
  bind(sql, parameters)
  return { sql, params: parameters }
}

const NO_TRANSACTIONS =
  'a transaction is never held open: compile its queries with statementOf and commit them with one store.job'

/** One connection for all: the store's workers keep the order, and nothing is left open between two queries. */
function driverOver(doors: Doors): Driver {
  const connection: DatabaseConnection = {
    executeQuery: (query) => run(doors, query),
    streamQuery() {
      throw new StoreFault('rows are not streamed; page through them')
    },
  }
  return {
    acquireConnection: () => Promise.resolve(connection),
    init: nothingToDo,
    releaseConnection: nothingToDo,
    /** The store is closed by who opened it. */
    destroy: nothingToDo,
    beginTransaction: noTransaction,
    commitTransaction: noTransaction,
    rollbackTransaction: noTransaction,
  }
}

async function run<row>(doors: Doors, { query, sql, parameters }: CompiledQuery): Promise<QueryResult<row>> {
  if (SelectQueryNode.is(query) || !doors.job) return { rows: (await doors.read(sql, parameters)) as row[] }
  const [answer = []] = await doors.job([{ sql, params: parameters }])
  const [changes] = answer
  // The writer answers a statement with its rows, or with how many it changed.
  return typeof changes === 'number'
    ? { rows: [], numAffectedRows: BigInt(changes) }
    : { rows: answer as row[] }
}

function nothingToDo(): Promise<void> {
  return Promise.resolve()
}

function noTransaction(): Promise<never> {
  return Promise.reject(new StoreFault(NO_TRANSACTIONS))
}
