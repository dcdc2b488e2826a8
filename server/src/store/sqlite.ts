import { closeSync, existsSync, openSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { type Bulk, type Row, type Statement, type Store, StoreFault } from './store.ts'

export { type Bulk, type Row, type Statement, type Store, StoreFault } from './store.ts'

export type Message =
  | ({ readonly kind: 'query'; readonly id: number } & Statement)
  | {
      readonly kind: 'job'
      readonly id: number
      readonly bulks: readonly Bulk[]
      readonly statements: readonly Statement[]
    }
  | { readonly kind: 'close' }
export type Answer = { readonly id: number; readonly rows?: unknown[]; readonly error?: string }

/** Two workers behind one door. A file that is made here is its owner's alone, and so is what SQLite puts beside it. */
export async function openSqlite(file: string): Promise<Store> {
  if (!existsSync(file)) makeFile(file)
  const writer = startWorker(file, false)
  // The writer makes the file; a read-only connection to a file that is not there would fail.
  await writer.ask({ kind: 'query', sql: 'select 1', params: [] })
  const reader = startWorker(file, true)
  return {
    read: async (sql, params = []) => (await reader.ask({ kind: 'query', sql, params })) as Row[],
    job: async (statements, bulks = []) =>
      (await writer.ask({ kind: 'job', statements, bulks })) as unknown[][],
    close: async () => {
      await reader.close()
      await writer.close()
    },
  }
}

function makeFile(file: string): void {
  try {
    closeSync(openSync(file, 'a', 0o600))
  } catch (error) {
    throw new StoreFault(`the database cannot be made: ${error instanceof Error ? error.message : error}`)
  }
}

/** A reader alone, for a process that only looks (`tokenplan verify`). */
export function openSqliteReadOnly(file: string): Pick<Store, 'read' | 'close'> {
  const reader = startWorker(file, true)
  return {
    read: async (sql, params = []) => (await reader.ask({ kind: 'query', sql, params })) as Row[],
    close: () => reader.close(),
  }
}

type Question =
  | ({ readonly kind: 'query' } & Statement)
  | { readonly kind: 'job'; readonly bulks: readonly Bulk[]; readonly statements: readonly Statement[] }

function startWorker(file: string, readOnly: boolean) {
  const worker = openWorker({ file, readOnly })
  const waiting = new Map<number, { resolve(rows: unknown[]): void; reject(error: Error): void }>()
  let lastId = 0
  let dead: Error | undefined
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const die = (error: Error) => {
    dead ??= error
    for (const [, waiter] of waiting) waiter.reject(dead)
    waiting.clear()
  }
  worker.on('error', (error) =>
    die(
      new StoreFault(
        `the database ${file} cannot be used: ${error instanceof Error ? error.message : JSON.stringify(error)}`,
      ),
    ),
  )
  worker.on('exit', () => die(new StoreFault('the database is closed')))
  worker.on('message', (answer: Answer) => {
    const waiter = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (answer.error !== undefined) waiter?.reject(new StoreFault(answer.error))
    else waiter?.resolve(answer.rows ?? [])
  })
  return {
    ask(question: Question): Promise<unknown[]> {
      if (dead) return Promise.reject(dead)
      const id = ++lastId
      return new Promise((resolve, reject) => {
        // Copied, not transferred: for a batch of some kilobytes detaching buffers costs more than copying them.
        // What cannot be sent to a thread (a function) throws here, before anybody waits for an answer.
        worker.postMessage({ ...question, id } satisfies Message)
        waiting.set(id, { resolve, reject })
      })
    },
    close(): Promise<void> {
      if (!dead) worker.postMessage({ kind: 'close' } satisfies Message)
      return ended
    },
  }
}

/** Run from its sources (tests), a worker does not inherit the loader on Node 20 and registers it itself. */
function openWorker(workerData: { readonly file: string; readonly readOnly: boolean }): Worker {
  if (!import.meta.url.endsWith('.ts'))
    return new Worker(new URL('./sqlite-worker.mjs', import.meta.url), { workerData })
  const entry = JSON.stringify(new URL('./sqlite-worker.ts', import.meta.url).href)
  const load = `import('tsx/esm/api').then(({ register }) => { register(); return import(${entry}) })`
  return new Worker(load, { eval: true, workerData })
}
