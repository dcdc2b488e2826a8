import { parentPort, workerData } from 'node:worker_threads'
import Database from 'libsql'
import { bind, placeholders } from './bind.ts'
import type { Answer, Bulk, Message, Statement } from './sqlite.ts'

/**
 * One connection in a thread of its own, so that the main thread never waits for the disk. The writer takes whole jobs:
 * a transaction begins and ends inside one message and is never held open across two.
 */
const { file, readOnly } = workerData as { file: string; readOnly: boolean }

type Prepared = {
  readonly reader: boolean
  run(params: unknown[]): { changes: number }
  all(params: unknown[]): unknown[]
}

let db: Database.Database | undefined = open()
let prepared = new Map<string, Prepared>()

parentPort?.on('message', (message: Message) => {
  if (message.kind === 'close') {
    close()
    return
  }
  try {
    reply({ id: message.id, rows: message.kind === 'query' ? query(message) : job(message) })
  } catch (error) {
    reply({ id: message.id, error: error instanceof Error ? error.message : String(error) })
  }
})

/**
 * Prepared statements keep a closed connection half open until they are collected (seen), so the log is emptied into the
 * file here: who copies the file of a stopped server has everything.
 */
function close(): void {
  if (db && !readOnly) db.pragma('wal_checkpoint(TRUNCATE)')
  db?.close()
  parentPort?.close()
}

function open(): Database.Database {
  // libsql ignores `readonly` among its options (seen with 0.5.29); the pragma keeps a reader from writing.
  const opened = new Database(file)
  opened.pragma('busy_timeout = 5000')
  if (readOnly) {
    opened.pragma('query_only = ON')
    return opened
  }
  opened.pragma('journal_mode = WAL')
  opened.pragma('synchronous = FULL')
  opened.pragma('foreign_keys = ON')
  // Else `insert or replace` deletes a row of an append-only table without its trigger.
  opened.pragma('recursive_triggers = ON')
  opened.pragma('wal_autocheckpoint = 4000')
  return opened
}

function reply(answer: Answer): void {
  parentPort?.postMessage(answer)
}

function query(statement: Statement): unknown[] {
  return run(statement)
}

/** All of it or nothing. After a failure the connection is opened anew: what the failed commit left behind is unknown. */
function job(message: { bulks: readonly Bulk[]; statements: readonly Statement[] }): unknown[] {
  const connection = connected()
  try {
    connection.exec('begin immediate')
    // Statements first: the rows they make (an account) are what the bulks write to.
    const rows = message.statements.map(run)
    for (const bulk of message.bulks) runBulk(bulk)
    connection.exec('commit')
    return rows
  } catch (error) {
    abandon(connection)
    throw error
  }
}

/** A closed connection keeps its locks for as long as a prepared statement lives, so it is rolled back first (seen). */
function abandon(connection: Database.Database): void {
  prepared = new Map()
  db = undefined
  try {
    if (connection.inTransaction) connection.exec('rollback')
  } finally {
    connection.close()
  }
}

/** Opened when it is needed: where even opening failed, the next job tries again. */
function connected(): Database.Database {
  db ??= open()
  return db
}

function run(statement: Statement): unknown[] {
  const params = bind(statement.sql, statement.params)
  const ready = prepare(statement.sql)
  if (ready.reader) return ready.all(params)
  return [ready.run(params).changes]
}

/** The most rows put in with one statement; any power of two up to it may be, as a call costs as much as two rows. */
const ROWS_AT_ONCE = 64

/** Rows of whole numbers, as many to a row as the statement has placeholders; NaN stands for null. */
function runBulk(bulk: Bulk): void {
  const width = placeholders(bulk.sql)
  const { values } = bulk
  if (width === 0 || values.length % width !== 0) throw new Error(`uneven rows for: ${bulk.sql}`)
  const forms = formsOf(bulk.sql)
  let at = 0
  for (let power = forms.length - 1; power >= 0; power--) {
    const count = width * 2 ** power
    for (; values.length - at >= count; at += count) runRows(forms[power] ?? bulk.sql, values, at, count)
  }
}

/**
 * Bound as they are and not as BigInt, which took a third longer: every column they go to has integer affinity, so that
 * SQLite stores them as integers, and it takes NaN for null.
 */
function runRows(sql: string, values: Float64Array, from: number, count: number): void {
  const row: number[] = new Array(count)
  for (let index = 0; index < count; index++) {
    const value = values[from + index] ?? Number.NaN
    if (!Number.isSafeInteger(value) && !Number.isNaN(value)) throw new Error(`no whole number: ${value}`)
    row[index] = value
  }
  prepare(sql).run(row)
}

const formsBySql = new Map<string, readonly string[]>()

/** The same insert for 1, 2, 4, … rows; a statement that takes one row at a time has one form. */
function formsOf(sql: string): readonly string[] {
  const known = formsBySql.get(sql)
  if (known) return known
  const tuple = / values (\((?:\?,)*\?\))$/.exec(sql)?.[1]
  const forms = [sql]
  for (let rows = 2; tuple && rows <= ROWS_AT_ONCE; rows *= 2) forms.push(sql + `,${tuple}`.repeat(rows - 1))
  formsBySql.set(sql, forms)
  return forms
}

function prepare(sql: string): Prepared {
  const known = prepared.get(sql)
  if (known) return known
  // Lists build their SQL from filters, so the number of different texts is bounded here, not by trust.
  if (prepared.size > 500) prepared = new Map()
  const fresh = connected().prepare(sql) as unknown as Prepared
  prepared.set(sql, fresh)
  return fresh
}
