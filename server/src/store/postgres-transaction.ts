import pg from 'pg'
import { faultOf, isLost, OutcomeUnknown } from './postgres-faults.ts'
import { type Prepared, prepareBulk, prepareWithLists } from './postgres-sql.ts'
import { type Bulk, type Row, type Statement, StoreFault } from './store.ts'

/**
 * A transaction on a connection of its own. What is asked is sent at once and in order, whether anybody waits for the
 * answer of what was asked before or not; so what is queued goes to the server together with what follows it. Lists of
 * whole numbers are bound as a Float64Array: `= any(?::bigint[])`.
 */
export type Transaction = {
  query(sql: string, params?: readonly unknown[]): Promise<Row[]>
  /** As a store's job: statements first, each answered with its rows or with `[changes]`. */
  run(statements: readonly Statement[], bulks?: readonly Bulk[]): Promise<unknown[][]>
  /** Writes whose answers nobody needs. Where one fails, the commit does. */
  queue(statements: readonly Statement[], bulks?: readonly Bulk[]): void
}

export type Terms = {
  readonly isolation: 'read committed' | 'serializable'
  /** Names the database in faults. */
  readonly where: string
  /** Instead of the connection's own limit. */
  readonly statementMs?: number | undefined
}

const LIMITS = `select set_config('statement_timeout', $1, true), set_config('lock_timeout', $1, true)`

/** Statements on their way to one connection, in order. */
type Line = {
  send(prepared: Prepared): Promise<pg.QueryResult>
  readonly sent: readonly Promise<unknown>[]
  isLost(): boolean
  end(): void
}

/** Begins, works, commits; rolls back where the work throws. Throws `OutcomeUnknown` where a commit was not answered. */
export async function runTransaction<T>(
  client: pg.ClientBase,
  terms: Terms,
  work: (line: Line) => Promise<T>,
): Promise<T> {
  const line = lineTo(client, terms)
  line.send(control(`begin isolation level ${terms.isolation} read write`))
  if (terms.statementMs) line.send({ ...control(LIMITS), values: [String(terms.statementMs)] })
  try {
    const answer = await work(line)
    await commit(line, terms.where)
    return answer
  } catch (error) {
    // Awaited, so that its locks are free when the caller learns of it.
    await line.send(control('rollback')).catch(() => undefined)
    throw error
  } finally {
    line.end()
  }
}

export function transactionOver(line: Line): Transaction {
  const run = (statements: readonly Statement[], bulks: readonly Bulk[] = []) =>
    sendAll(line, statements.map(prepareWithLists), bulks.flatMap(prepareBulk))
  return {
    query: async (sql, params = []) => (await line.send(prepareWithLists({ sql, params }))).rows as Row[],
    run: async (statements, bulks) => run(statements, bulks),
    queue(statements, bulks) {
      run(statements, bulks).catch(() => undefined)
    },
  }
}

/** Statements first: the rows they make are what the bulks write to. */
export async function sendAll(
  line: Line,
  statements: readonly Prepared[],
  bulks: readonly Prepared[],
): Promise<unknown[][]> {
  const answers = [...statements, ...bulks].map(line.send)
  return (await Promise.all(answers)).slice(0, statements.length).map(answerOf)
}

function lineTo(client: pg.ClientBase, { where, statementMs }: Terms): Line {
  const limit = statementMs && { query_timeout: clientLimit(statementMs) }
  const sent: Promise<unknown>[] = []
  let lost: unknown
  const lose = (error: unknown) => {
    lost ??= error
  }
  client.on('error', lose)
  return {
    sent,
    isLost: () => lost !== undefined,
    send(prepared) {
      const answer = ask(client, { ...prepared, ...limit }).catch((error) => {
        throw faultOf(lost ?? error, where)
      })
      // The commit looks at it; until then nobody may be waiting for it.
      answer.catch(() => undefined)
      sent.push(answer)
      return answer
    },
    end: () => client.off('error', lose),
  }
}

/** The server's word counts: where any statement failed, it answers a commit with a rollback. */
async function commit(line: Line, where: string): Promise<void> {
  const before = [...line.sent]
  const wasLost = line.isLost()
  const [committed] = await Promise.allSettled([line.send(control('commit'))])
  if (committed.status === 'fulfilled' && committed.value.command === 'COMMIT') return
  // What failed after the first only failed because of it.
  const failed = (await Promise.allSettled(before)).find(({ status }) => status === 'rejected')
  const failure = failed?.status === 'rejected' ? failed.reason : undefined
  if (committed.status === 'fulfilled') throw failure ?? new StoreFault('the transaction was rolled back')
  const { reason } = committed
  if (wasLost || !isLost(reason.cause) || failure?.cause instanceof pg.DatabaseError) throw failure ?? reason
  throw new OutcomeUnknown(
    `${faultOf(reason, where).message}; nobody can say whether what was under way was written`,
    { cause: reason.cause },
  )
}

export function ask(
  client: pg.ClientBase,
  { name, ...query }: Prepared & { readonly query_timeout?: number },
): Promise<pg.QueryResult> {
  // Else a text without values would go as one that may hold several statements. The types do not know it yet.
  const extended: pg.QueryConfig & { queryMode: 'extended' } = { ...query, queryMode: 'extended' }
  return client.query(name ? { ...extended, name } : extended)
}

/** How long we wait for a server that keeps to its own limit; after that it has gone silent. */
export function clientLimit(statementMs: number): number {
  return statementMs + 5_000
}

function answerOf({ fields, rows, rowCount }: pg.QueryResult): unknown[] {
  return fields.length > 0 ? rows : [rowCount ?? 0]
}

function control(text: string): Prepared {
  return { name: undefined, text, values: [] }
}
