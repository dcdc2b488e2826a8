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
import { noSpending } from './spending.ts'

/** Lives with restarts are compared with the reference model in test/book; here are the edges of one load. */

const WINDOW_MS = 1_000
const text: Entitlement = {
  resource: 'text',
  highspeed: false,
  quotas: [{ rule: { name: 'second', kind: 'sliding', windowMs: WINDOW_MS }, limitUnits: 50_000 }],
}
const db = new Database(':memory:')
for (const sql of [...first, ...tasks, ...[...pools, ...givenBack].flatMap(sqliteSteps)]) db.exec(sql)
db.exec(`insert into label values (1, 'text'), (2, 'image')`)
const plan = db.prepare(`insert into subscription values (?, 7, 'max', 'Max', 'c', 1, 0, 'month', ?, 1, ?)`)
plan.run([6, JSON.stringify([text]), null])
plan.run([5, JSON.stringify([text]), 9_000])
db.exec(
  `insert into account values (1, 'cash', null, -30), (50, 'wallet', 7, 10), (51, 'lot', 7, 5), (52, 'lot', 7, 15)`,
)
db.exec(`insert into lot values (51, 7, 'bought', 5, 1, 900), (52, 7, 'granted', 15, 1, 900)`)
db.exec(
  `insert into member values (8, 7, 70, 'owner', 1, 0, 1, null), (9, 7, 71, 'member', 0, 1, 1, 44), (10, 99, 70, 'owner', 1, 1, 1, null)`,
)

const reads = readsSqlite({ read: async (sql, params = []) => db.prepare(sql).all([...params]) as Row[] })
let lastId = 0

function hold(at: number, units = 1, resource = 1): number {
  const sql = 'insert into hold values (?, ?, 7, 8, 9, 6, ?, 1, ?, 0, 9, 1000, 0, 1, 1, 1)'
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
  const back = db.prepare('insert into given_back values (6, ?, ?, ?, 1, ?)')
  back.run([20_002, whole, 20_000, 3])
  back.run([20_003, half, 20_001, 3])
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
  assert.deepEqual(await reads.team(7, 1), {
    id: 7,
    wallet: { account: 50, balanceNanos: 10, heldNanos: 0 },
    lots: [
      { ...lot, account: 52, kind: 'granted', balanceNanos: 15 },
      { ...lot, account: 51, kind: 'bought', balanceNanos: 5 },
    ],
    members: new Map([
      [8, { creditsAccess: true, overflow: false, capNanos: null }],
      [9, { creditsAccess: false, overflow: true, capNanos: 44 }],
    ]),
    walletSwitch: { on: false, capNanos: null },
    keyCaps: new Map(),
    spending: noSpending(197001),
  })
  assert.equal(await reads.team(404, 1), null)
})

/** A task of the hold; `endedAt` is null while it runs. */
function task(holdId: number, createdAt: number, endedAt: number | null): void {
  const sql = `insert into task values
    (?, ?, 7, 8, 'video', 'm', 'u', 'r', 's', null, null, null, 0, '', null, '[]', ?, 0, ?)`
  db.prepare(sql).run([holdId + 1_000_000, holdId, createdAt, endedAt])
}

test('what came back of an earlier day is granted for the day on which it did, also after a load', async () => {
  const DAY = 86_400_000
  const now = Date.UTC(2026, 10, 30, 12)
  const rule = { name: 'day', kind: 'daily', zone: 'UTC' } as const
  const video = { resource: 'image', highspeed: false, quotas: [{ rule, limitUnits: 3 }] }
  plan.run([4, JSON.stringify([video]), null])
  const insert = db.prepare('insert into hold values (?, ?, 7, 8, 9, 4, 2, 1, 3, 0, 3, 0, 0, 1, 3, 0)')
  const back = db.prepare('insert into given_back values (4, ?, ?, ?, 2, ?)')
  const used = async () => {
    const loaded = await reads.subscription(4, now)
    return loaded?.meters.get('image')?.windows[0]?.usedAt(now)
  }
  for (const [days, kept] of [
    [40, 1],
    [40, 1],
    [2, 0],
    [0, 2],
  ] as const) {
    insert.run([++lastId, now - days * DAY])
    back.run([now, lastId, now - days * DAY, 3 - kept])
  }
  assert.equal(await used(), 2 - 2 - 2 - 3, 'two of today, seven granted; each of two alike counts')
  insert.run([++lastId, now - 40 * DAY])
  back.run([now - 9 * DAY, lastId, now - 40 * DAY, 3])
  assert.equal(await used(), -5, 'those of another day are gone with it')
})

test('the open holds are those of running tasks, as they were held', async () => {
  db.exec(
    `insert into secret values (9, 'p', 'plan', 7, 8, '', '', '', 1, null, null), (10, 'a', 'api', 7, 8, '', '', '', 1, 5, 44)`,
  )
  db.exec(`insert into account values (53, 'lot', 7, 5), (54, 'lot', 7, 5)`)
  db.exec(`insert into lot values (53, 7, 'bought', 5, 1, 400), (54, 7, 'granted', 5, 1, 950)`)
  const insert = db.prepare(`insert into hold values (?, ?, 7, 8, ?, ?, 2, 1, ?, 2, 9, 0, ?, 4, 6, 0)`)
  const part = db.prepare('insert into hold_part values (?, ?, ?, ?)')
  const held = (secret: number, subscription: number | null, units: number, parts: readonly number[]) => {
    insert.run([++lastId, lastId * 10, secret, subscription, units, parts.length * 3])
    for (const account of parts) part.run([lastId, account, 3, 30 + account])
    task(lastId, lastId * 10, null)
    return lastId
  }
  const ids = [
    held(9, 6, 6, []),
    // Put in by account, burnt by expiry and kind.
    held(9, 6, 4, [51, 52, 53, 54]),
    held(9, 6, 4, []),
    held(9, null, 0, [51]),
    held(10, null, 0, [50]),
    held(10, null, 0, []),
    // The wallet steps in behind the lots.
    held(9, 6, 4, [50, 51]),
    held(9, null, 0, [50]),
  ]
  const over = held(9, 6, 1, [])
  db.prepare('update task set ended_at = 5 where hold = ?').run([over])
  hold(70_000)

  const open = await reads.openHolds()
  assert.deepEqual(
    open.map(({ id, pool, parts }) => [id, pool, parts.map(({ account }) => account)]),
    [
      [ids[0], 'plan', []],
      [ids[1], 'plan+credits', [53, 52, 51, 54]],
      [ids[2], 'plan+credits', []],
      [ids[3], 'credits', [51]],
      [ids[4], 'wallet', [50]],
      [ids[5], 'wallet', []],
      [ids[6], 'plan+credits+wallet', [51, 50]],
      [ids[7], 'wallet', [50]],
    ],
  )
  assert.deepEqual(open[3], {
    kind: 'hold',
    id: ids[3],
    at: (ids[3] ?? 0) * 10,
    team: 7,
    member: 8,
    secret: 9,
    keyKind: 'plan',
    subscription: 0,
    resource: 'image',
    resourceLabel: 2,
    modelLabel: 1,
    pool: 'credits',
    askedUnits: 6,
    units: 0,
    crashUnits: 0,
    usedUnits: 2,
    limitUnits: 9,
    windowMs: 0,
    nanos: 3,
    parts: [{ pool: 'credits', account: 51, nanos: 3, availableNanos: 81 }],
    slices: 0,
    priceVersion: 4,
  })
})

test('no load scans a table that grows', async () => {
  const asked: string[] = []
  const explained = readsSqlite({
    read: async (sql, params = []) => {
      const plans = db.prepare(`explain query plan ${sql}`).all([...params]) as { detail: string }[]
      for (const { detail } of plans) {
        asked.push(detail)
        // What runs is a small part of the tasks, and has an index.
        if (/USING (COVERING )?INDEX task_running/.test(detail)) continue
        assert.ok(
          !/^SCAN (hold|hold_end|hold_part|given_back|task|account|member|entry)\b/.test(detail),
          `${sql}: ${detail}`,
        )
      }
      return db.prepare(sql).all([...params]) as Row[]
    },
  })
  await explained.subscription(6, 1)
  await explained.team(7, 1)
  await explained.openHolds()
  const through = [
    /hold USING COVERING INDEX hold_by_subscription/,
    /given_back USING PRIMARY KEY/,
    /task_running/,
  ]
  for (const index of through) {
    assert.ok(
      asked.some((detail) => index.test(detail)),
      asked.join('\n'),
    )
  }
})
