import assert from 'node:assert/strict'
import test from 'node:test'
import Database from 'libsql'
import type { Entitlement } from '../catalogue/catalogue.ts'
import { first } from '../store/migrations/0001-first.ts'
import type { Row } from '../store/sqlite.ts'
import { readsSqlite } from './reads-sqlite.ts'

/** Lives with restarts are compared with the reference model in test/book; here are the edges of one load. */

const WINDOW_MS = 1_000
const text: Entitlement = {
  resource: 'text',
  highspeed: false,
  quotas: [{ rule: { name: 'second', kind: 'sliding', windowMs: WINDOW_MS }, limitUnits: 50_000 }],
}
const db = new Database(':memory:')
for (const sql of first) db.exec(sql)
db.exec(`insert into label values (1, 'text'), (2, 'image')`)
const plan = db.prepare(`insert into subscription values (?, 7, 'max', 'Max', 'c', 1, 0, 'month', ?, 1, ?)`)
plan.run([6, JSON.stringify([text]), null])
plan.run([5, JSON.stringify([text]), 9_000])
db.exec(
  `insert into account values (1, 'cash', null, -30), (50, 'wallet', 7, 10), (51, 'lot', 7, 5), (52, 'lot', 7, 15)`,
)
db.exec(`insert into lot values (51, 7, 'bought', 5, 1, 900), (52, 7, 'granted', 15, 1, 900)`)
db.exec(
  `insert into member values (8, 7, 70, 'owner', 1, 0, 1), (9, 7, 71, 'member', 0, 1, 1), (10, 99, 70, 'owner', 1, 1, 1)`,
)

const reads = readsSqlite({ read: async (sql, params = []) => db.prepare(sql).all([...params]) as Row[] })
let lastId = 0

function hold(at: number, units = 1, resource = 1): number {
  const sql = 'insert into hold values (?, ?, 7, 8, 9, 6, ?, 1, ?, 0, 9, 1000, 0, 1)'
  db.prepare(sql).run([++lastId, at, resource, units])
  return lastId
}

async function usedAt(now: number): Promise<number | undefined> {
  const loaded = await reads.subscription(6, now)
  return loaded?.meters.get('text')?.windows[0]?.usedAt(now)
}

test('a load counts what the window counts, to the millisecond', async () => {
  hold(5_000, 2)
  hold(5_000, 1)
  hold(5_500, 4)
  hold(5_500, 9, 2)
  assert.deepEqual(await Promise.all([5_999, 6_000, 6_499, 6_500].map(usedAt)), [7, 4, 4, 0])
})

test('units that were given back are not loaded as used', async () => {
  const [whole, half] = [hold(20_000, 3), hold(20_001, 4)]
  const end = db.prepare('insert into hold_end values (?, ?, 2, ?, 0, 0, 0, 0, 0, 0, 0)')
  end.run([whole, 20_002, 0])
  end.run([half, 20_003, 1])
  assert.equal(await usedAt(20_004), 1)
})

test('a full window is loaded as it is', async () => {
  db.exec('begin')
  for (let count = 0; count < 30_000; count++) hold(40_000 + Math.floor(count / 40))
  db.exec('commit')
  assert.equal(await usedAt(40_800), 30_000)
  assert.equal(await usedAt(41_000), 29_960)
})

test('a plan has its name and its end; one that is not there is null', async () => {
  const loaded = await reads.subscription(5, 1)
  assert.deepEqual([loaded?.id, loaded?.team, loaded?.planName, loaded?.endsAt], [5, 7, 'Max', 9_000])
  assert.equal((await reads.subscription(6, 1))?.endsAt, null)
  assert.equal(await reads.subscription(404, 1), null)
})

test('a team has its wallet, its lots in the order in which they burn, and its own members', async () => {
  const lot = { heldNanos: 0, expiresAt: 900 }
  assert.deepEqual(await reads.team(7), {
    id: 7,
    wallet: { account: 50, balanceNanos: 10, heldNanos: 0 },
    lots: [
      { ...lot, account: 52, kind: 'granted', balanceNanos: 15 },
      { ...lot, account: 51, kind: 'bought', balanceNanos: 5 },
    ],
    members: new Map([
      [8, { creditsAccess: true, overflow: false }],
      [9, { creditsAccess: false, overflow: true }],
    ]),
  })
  assert.equal(await reads.team(404), null)
})

test('no load scans a table that grows', () => {
  for (const [sql, params] of [
    ['select * from account where team = ?', [7]],
    ['select id, credits_access, overflow from member where team = ?', [7]],
    ['select at from hold where subscription = ? and at > ?', [6, 1]],
  ] as const) {
    const plans = db.prepare(`explain query plan ${sql}`).all([...params]) as { detail: string }[]
    assert.ok(
      plans.every(({ detail }) => detail.startsWith('SEARCH')),
      `${sql}: ${plans.map(({ detail }) => detail).join()}`,
    )
  }
})
