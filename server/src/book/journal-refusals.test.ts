import assert from 'node:assert/strict'
import test from 'node:test'
import Database from 'libsql'
import { receipts } from '../store/migrations/0006-receipts.ts'
import { sqliteSteps } from '../store/postgres-schema.ts'
import type { Row, Statement } from '../store/store.ts'
import { forgetRefusals } from './journal-refusals.ts'

const WEEK_MS = 7 * 86_400_000
const NOW = Date.UTC(2026, 10, 23, 12)

function refusals(old: number, young: number) {
  const db = new Database(':memory:')
  db.exec('create table entry (tx bigint); create table lot (expires_at bigint)')
  for (const sql of receipts.flatMap(sqliteSteps)) db.exec(sql)
  db.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${old + young})
    insert into refusal (id, at, team, member, secret, resource, model, units, why)
    select i, ${NOW - WEEK_MS} - case when i <= ${old} then 1 else 0 end, 7, 8, 9, 1, 1, 1, 4 from n`)
  const jobs: Statement[] = []
  const store = {
    read: async (sql: string) => db.prepare(sql).all([]) as Row[],
    job: async (statements: readonly Statement[]) => {
      jobs.push(...statements)
      return statements.map(({ sql, params }) => [db.prepare(sql).run([...params]).changes])
    },
  }
  const left = () => db.prepare('select count(*) as left, min(id) as first from refusal').get([])
  return { store, jobs, left: () => Object.values(left() as Row).slice(0, 2) }
}

const running = new AbortController().signal

test('refusals of more than seven days ago are forgotten, some at a time, and no younger one', async () => {
  const { store, jobs, left } = refusals(4_500, 30)
  assert.equal(await forgetRefusals(store, NOW, running), 4_500)
  assert.deepEqual(left(), [30, 4_501])
  assert.equal(jobs.length, 3, 'two thousand each')
  assert.equal(await forgetRefusals(store, NOW, running), 0)
  assert.equal(jobs.length, 3)
})

test('where all are old none is left', async () => {
  const { store, left } = refusals(2_000, 0)
  assert.equal(await forgetRefusals(store, NOW, running), 2_000)
  assert.deepEqual(left(), [0, null])
})

test('a server that stops forgets no more', async () => {
  const { store, left } = refusals(10, 1)
  assert.equal(await forgetRefusals(store, NOW, AbortSignal.abort()), 0)
  assert.deepEqual(left(), [11, 1])
})
