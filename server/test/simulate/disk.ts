import Database from 'libsql'
import { bind, placeholders } from '../../src/store/bind.ts'
import { type Bulk, type Row, type Statement, type Store, StoreFault } from '../../src/store/store.ts'
import type { EventLoop } from './event-loop.ts'
import type { Random } from './random.ts'

export type DiskFault =
  /** Nothing was written, and an error says so. */
  | 'write refused'
  /** Written, though an error was answered. */
  | 'error after write'
  /** An error, and whether it was written cannot be read either. */
  | 'unknown, written'
  | 'unknown, lost'
  | 'slow disk'
  | 'read failed'

const RATES: Readonly<Record<DiskFault | 'none', number>> = {
  none: 860,
  'write refused': 40,
  'error after write': 20,
  'unknown, written': 14,
  'unknown, lost': 16,
  'slow disk': 40,
  'read failed': 8,
}

type Prepared = {
  readonly reader: boolean
  run(params: unknown[]): { changes: number }
  all(params: unknown[]): unknown[]
}

/**
 * A disk that keeps what was committed and nothing else: a real SQLite in memory, written by whole transactions at
 * instants that the seed draws. The tables, their triggers and all SQL are those of the product.
 */
export class Disk {
  readonly #db = new Database(':memory:')
  readonly #loop: EventLoop
  readonly #random: Random
  readonly #prepared = new Map<string, Prepared>()
  readonly #seen: (fault: DiskFault) => void
  /** Reads that fail from now on. */
  #unreadable = 0
  /** An error was answered for what was written, and nobody has looked yet. */
  #isHidden = false
  faulty = false
  /** A batch is there of which its process does not know; none may follow before the next start. */
  isUnknown = false
  /** Called when a transaction is on the disk. */
  onCommit: () => void = () => undefined

  constructor(loop: EventLoop, random: Random, seen: (fault: DiskFault) => void) {
    this.#loop = loop
    this.#random = random
    this.#seen = seen
    this.#db.exec('pragma foreign_keys = on; pragma recursive_triggers = on')
  }

  /** As a process sees it. */
  readonly store: Store = {
    read: (sql, params = []) =>
      new Promise((resolve, reject) =>
        this.#loop.queue('reader', () => {
          const fails = this.#readFails()
          if (this.#isHidden && sql.includes(`'batch'`)) {
            this.isUnknown ||= fails
            this.#isHidden = false
          }
          if (fails) reject(new StoreFault('the disk cannot be read'))
          else resolve(this.#rows(sql, params))
        }),
      ),
    job: (statements, bulks = []) =>
      new Promise((resolve, reject) => {
        const write = () => {
          const { answer, error } = this.#transaction(statements, bulks)
          // The answer comes in a turn of its own: a crash may come first.
          this.#loop.soon(() => (error ? reject(error) : resolve(answer)))
        }
        this.#loop.queue('writer', write)
      }),
    close: async () => undefined,
  }

  /** As it is, at once, for who looks at the disk from outside. */
  readonly outside: Pick<Store, 'read'> = { read: async (sql, params = []) => this.#rows(sql, params) }

  /** A process ends while something is being written: it is there, or it is not. */
  crash(): void {
    const { nextWrite } = this.#loop
    const { faulty } = this
    this.faulty = false
    if (nextWrite && this.#random.once(2)) nextWrite()
    this.#unreadable = 0
    this.isUnknown = false
    this.#isHidden = false
    this.faulty = faulty
    this.#loop.end()
  }

  close(): void {
    this.#db.close()
  }

  #readFails(): boolean {
    if (this.#unreadable > 0) {
      this.#unreadable--
      return true
    }
    if (!this.faulty || !this.#random.once(90)) return false
    this.#seen('read failed')
    return true
  }

  #transaction(
    statements: readonly Statement[],
    bulks: readonly Bulk[],
  ): { answer: unknown[][]; error?: Error } {
    const fault = this.faulty ? this.#random.kind(RATES) : 'none'
    if (fault !== 'none' && fault !== 'read failed') this.#seen(fault)
    if (fault === 'slow disk') this.#loop.stalled = this.#random.between(2, 12)
    const isLost = fault === 'write refused' || fault === 'unknown, lost'
    if (fault === 'unknown, written' || fault === 'unknown, lost') this.#unreadable = 1
    if (isLost) return { answer: [], error: new StoreFault('no space left on the disk') }
    try {
      const answer = this.#commit(statements, bulks)
      if (fault === 'none' || fault === 'slow disk' || fault === 'read failed') return { answer }
      this.#isHidden = true
      return { answer: [], error: new StoreFault('fsync failed') }
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('rollback')
      return { answer: [], error: new StoreFault(error instanceof Error ? error.message : String(error)) }
    }
  }

  #commit(statements: readonly Statement[], bulks: readonly Bulk[]): unknown[][] {
    this.#db.exec('begin immediate')
    const answer = statements.map(({ sql, params }) => {
      const prepared = this.#prepare(sql)
      const bound = bind(sql, params)
      return prepared.reader ? prepared.all(bound) : [prepared.run(bound).changes]
    })
    for (const { sql, values } of bulks) {
      const width = placeholders(sql)
      for (let at = 0; at < values.length; at += width)
        this.#prepare(sql).run(Array.from(values.subarray(at, at + width), bindable))
    }
    this.#db.exec('commit')
    this.onCommit()
    return answer
  }

  #rows(sql: string, params: readonly unknown[]): Row[] {
    return this.#prepare(sql).all(bind(sql, params)) as Row[]
  }

  #prepare(sql: string): Prepared {
    const known = this.#prepared.get(sql) ?? (this.#db.prepare(sql) as unknown as Prepared)
    this.#prepared.set(sql, known)
    return known
  }
}

function bindable(value: number): bigint | null {
  return Number.isNaN(value) ? null : BigInt(value)
}
