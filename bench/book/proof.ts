// `verify` over a database, and which of its queries take how long.
import { verify } from '../../server/src/book/verify.ts'
import { openSqliteReadOnly } from '../../server/src/store/sqlite.ts'
import { say, told } from './subjects.ts'

const { file } = told<{ file: string }>()
const store = openSqliteReadOnly(file)
const queries: { readonly sql: string; readonly ms: number }[] = []
const began = performance.now()
const { ok, openHolds } = await verify({
  async read(sql, params) {
    const from = performance.now()
    const rows = await store.read(sql, params)
    queries.push({ sql: sql.replace(/\s+/g, ' ').trim(), ms: performance.now() - from })
    return rows
  },
})
const ms = performance.now() - began
await store.close()
say({
  ok,
  openHolds,
  ms,
  rssMb: process.resourceUsage().maxRSS / 1024,
  slowest: queries.sort((a, b) => b.ms - a.ms).slice(0, 5),
})
