// What a subscriber costs in memory: one that is let go, one that is asked for, one with so many units in the window.
// Run with --expose-gc.
import { journalSqlite } from '../../server/src/book/journal-sqlite.ts'
import { LocalBook } from '../../server/src/book/local-book.ts'
import { readsSqlite } from '../../server/src/book/reads-sqlite.ts'
import { openSqlite } from '../../server/src/store/sqlite.ts'
import { fill, maxPlan, say, subscriptionOf, told } from './subjects.ts'

const { file, subscriptions, units, count, catalogues } = told<{
  /** All subscribers of this database are asked for, one after the other; without it, `count` are made with `units`. */
  file?: string
  subscriptions: number
  units: number
  count: number
  catalogues: string
}>()
const [FIRST, EACH, AT_ONCE] = [1_000_000, 10, 32]

function used() {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  return { heap: heapUsed + arrayBuffers, rssMb: rss / 2 ** 20 }
}

async function ask(book: LocalBook, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, to - index) }, (_, at) => FIRST + (index + at) * EACH)
    await Promise.all(some.map((team) => book.plan(team + 4, team)))
  }
}

if (file) {
  const store = await openSqlite(file)
  const { book } = await LocalBook.open(journalSqlite(store), readsSqlite(store), Date.now)
  // What the code itself takes is there after some.
  await ask(book, 0, 1_000)
  const few = used()
  const present = book.subjects()
  await ask(book, 1_000, 9_000)
  const most = { ...used(), subjects: book.subjects() }
  await ask(book, 9_000, subscriptions)
  const all = { ...used(), subjects: book.subjects() }
  book.letIdleGo()
  book.letIdleGo()
  const idle = { ...used(), subjects: book.subjects() }
  await store.close()
  const bytesEach = (2 * (most.heap - few.heap)) / (most.subjects - present)
  say({ bytesEach, few, most, all, idle })
} else {
  const plan = maxPlan(catalogues)
  fill(subscriptionOf(plan), units)
  const before = used()
  const kept = Array.from({ length: count }, () => fill(subscriptionOf(plan), units))
  const after = used()
  say({ bytesEach: (after.heap - before.heap) / kept.length })
}
