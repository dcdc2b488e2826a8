import assert from 'node:assert/strict'
import test from 'node:test'
import Database from 'libsql'
import type { Entitlement } from '../catalogue/catalogue.ts'
import { first } from '../store/migrations/0001-first.ts'
import { tasks } from '../store/migrations/0003-tasks.ts'
import { pools } from '../store/migrations/0004-pools.ts'
import { givenBack } from '../store/migrations/0007-given-back.ts'
import { sqliteSteps } from '../store/postgres-schema.ts'
import type { Row } from '../store/sqlite.ts'
import { readsSqlite } from './reads-sqlite.ts'

/** Lives with restarts are compared with the reference model in test/book; here are the edges of one load. */

const HOUR_MS = 3_600_000
const WINDOW_MS = 5 * HOUR_MS
const db = new Database(':memory:')
for (const sql of [...first, ...tasks, ...[...pools, ...givenBack].flatMap(sqliteSteps)]) db.exec(sql)
db.exec(`insert into label values (1, 'text'), (2, 'image')`)
const sold = (resource: string): Entitlement => ({
  resource,
  highspeed: false,
  quotas: [{ rule: { name: 'w', kind: 'anchored', windowMs: WINDOW_MS }, limitUnits: 9 }],
})

const asked: (readonly [sql: string, params: readonly unknown[]])[] = []
const reads = readsSqlite({
  read: async (sql, params = []) => {
    asked.push([sql, params])
    return db.prepare(sql).all([...params]) as Row[]
  },
})
let lastId = 0

function subscribe(id: number): void {
  const insert = db.prepare(
    `insert into subscription values (?, 7, 'max', 'Max', 'c', 1, 0, 'month', ?, 1, null)`,
  )
  insert.run([id, JSON.stringify([sold('text'), sold('image')])])
}

function hold(subscription: number, at: number, resource = 1): number {
  const sql = 'insert into hold values (?, ?, 7, 8, 9, ?, ?, 1, 1, 0, 9, 0, 0, 1, 1, 1)'
  db.prepare(sql).run([++lastId, at, subscription, resource])
  return lastId
}

function failed(id: number, at: number): void {
  db.prepare('insert into hold_end values (?, ?, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0)').run([id, at])
  db.prepare(
    'insert into given_back select subscription, ?, id, at, resource, units from hold where id = ?',
  ).run([at, id])
}

async function spanAt(subscription: number, now: number, resource = 'text') {
  const loaded = await reads.subscription(subscription, now)
  const window = loaded?.meters.get(resource)?.windows[0]
  return { startsAt: window?.spanAt(now).startsAt, used: window?.usedAt(now) }
}

test('where the running window began follows from the first use on, through every one before it', async () => {
  subscribe(1)
  for (let at = HOUR_MS; at <= 101 * HOUR_MS; at += HOUR_MS) hold(1, at)
  assert.deepEqual(await spanAt(1, 101 * HOUR_MS), { startsAt: 101 * HOUR_MS, used: 1 })
  assert.deepEqual(await spanAt(1, 103 * HOUR_MS), { startsAt: 101 * HOUR_MS, used: 1 })
  assert.deepEqual(await spanAt(1, 106 * HOUR_MS), { startsAt: 106 * HOUR_MS, used: 0 })
})

test('each resource has its own', async () => {
  subscribe(2)
  for (const [at, resource] of [
    [1, 1],
    [2, 2],
    [3, 1],
  ] as const)
    hold(2, at * HOUR_MS, resource)
  assert.deepEqual(await spanAt(2, 3 * HOUR_MS), { startsAt: HOUR_MS, used: 2 })
  assert.deepEqual(await spanAt(2, 3 * HOUR_MS, 'image'), { startsAt: 2 * HOUR_MS, used: 1 })
})

test('a failed use has begun its window, one undone in its own millisecond has not', async () => {
  subscribe(3)
  failed(hold(3, HOUR_MS), HOUR_MS)
  failed(hold(3, 2 * HOUR_MS), 2 * HOUR_MS + 1)
  hold(3, 3 * HOUR_MS)
  assert.deepEqual(await spanAt(3, 3 * HOUR_MS), { startsAt: 2 * HOUR_MS, used: 1 })
})

test('windows are found by the index, none by walking all rows', async () => {
  asked.length = 0
  await reads.subscription(3, 3 * HOUR_MS)
  const [sql, params] = asked.find(([text]) => text.includes('recursive')) ?? assert.fail()
  const plan = db.prepare(`explain query plan ${sql}`).all([...params]) as { detail: string }[]
  const steps = plan.map(({ detail }) => detail).filter((detail) => /\bhold\b/.test(detail))
  assert.equal(steps.length, 2)
  for (const step of steps)
    assert.match(
      step,
      /SEARCH hold USING COVERING INDEX hold_by_subscription \(subscription=\? AND at>\? AND at<\?\)/,
    )
  assert.ok(!plan.some(({ detail }) => detail.includes('ORDER BY')), JSON.stringify(plan))
})
