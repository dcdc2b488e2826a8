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

let db = open()
let prepared = new Map<string, Prepared>()

parentPort?.on('message', (message: Message) => {
  if (message.kind === 'close') {
    db.close()
    parentPort?.close()
    return
  }
  try {
    reply({ id: message.id, rows: message.kind === 'query' ? query(message) : job(message) })
  } catch (error) {
    reply({ id: message.id, error: error instanceof Error ? error.message : String(error) })
  }
})

function open(): Database.Database {
  const opened = new Database(file, { readonly: readOnly })
  opened.pragma('busy_timeout = 5000')
  if (readOnly) return opened
  opened.pragma('journal_mode = WAL')
  opened.pragma('synchronous = FULL')
  opened.pragma('foreign_keys = ON')
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
  db.exec('begin immediate')
  try {
    // Statements first: the rows they make (an account) are what the bulks write to.
    const rows = message.statements.map(run)
    for (const bulk of message.bulks) runBulk(bulk)
    db.exec('commit')
    return rows
  } catch (error) {
    prepared = new Map()
    db.close()
    db = open()
    throw error
  }
}

function run(statement: Statement): unknown[] {
  const params = bind(statement.sql, statement.params)
  const ready = prepare(statement.sql)
  if (ready.reader) return ready.all(params)
  return [ready.run(params).changes]
}

/** Rows of whole numbers, `width` to a row; NaN stands for null. */
function runBulk(bulk: Bulk): void {
  const width = placeholders(bulk.sql)
  if (width === 0 || bulk.values.length % width !== 0) throw new Error(`uneven rows for: ${bulk.sql}`)
  const ready = prepare(bulk.sql)
  const row: (bigint | null)[] = new Array(width)
  for (let start = 0; start < bulk.values.length; start += width) {
    for (let column = 0; column < width; column++) {
      const value = bulk.values[start + column] ?? Number.NaN
      row[column] = Number.isNaN(value) ? null : BigInt(value)
    }
    ready.run(row)
  }
}

function prepare(sql: string): Prepared {
  const known = prepared.get(sql)
  if (known) return known
  // Lists build their SQL from filters, so the number of different texts is bounded here, not by trust.
  if (prepared.size > 500) prepared = new Map()
  const fresh = db.prepare(sql) as unknown as Prepared
  prepared.set(sql, fresh)
  return fresh
}
