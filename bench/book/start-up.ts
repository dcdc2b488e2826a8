// A start over a database with very many requests: how long until it serves, and until a full subscription is answered.
import { journalSqlite } from '../../server/src/book/journal-sqlite.ts'
import { LocalBook } from '../../server/src/book/local-book.ts'
import { readsSqlite } from '../../server/src/book/reads-sqlite.ts'
import { openSqlite } from '../../server/src/store/sqlite.ts'
import { ASK, say, told } from './subjects.ts'

const { file } = told<{ file: string }>()
const [FIRST, EACH] = [1_000_000, 10]

const timed = async <answer>(act: () => Promise<answer>) => {
  const began = performance.now()
  const answer = await act()
  return { answer, ms: performance.now() - began }
}
const store = await timed(() => openSqlite(file))
const { answer, ms: openMs } = await timed(() =>
  LocalBook.open(journalSqlite(store.answer), readsSqlite(store.answer), Date.now),
)
const { book } = answer
const rssMb = process.memoryUsage().rss / 2 ** 20
const first = (index: number) => {
  const team = FIRST + index * EACH
  const ask = { ...ASK, id: answer.lastId + 1 + index, team, member: team + 1, secret: team + 5 }
  return timed(() => book.plan(team + 4, team).then(() => ask))
}
const other = await first(1)
const full = await first(0)
const admitted = await timed(() => book.admit(full.answer, full.answer.team + 4))
if (admitted.answer.kind === 'refused') throw new Error(`refused: ${JSON.stringify(admitted.answer.refusal)}`)
book.end(admitted.answer.op, {
  ending: 'failed',
  nanos: 0,
  tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, estimated: false },
})
await book.drain()
const { usedUnits } = admitted.answer.op
// Once more, with SQLite's pages warm: what it costs after the subject was let go.
book.letIdleGo()
book.letIdleGo()
const again = await first(0)
await store.answer.close()
say({
  storeMs: store.ms,
  openMs,
  rssMb,
  otherMs: other.ms,
  fullMs: full.ms,
  againMs: again.ms,
  usedUnits,
  sweptHolds: answer.sweptHolds,
})
