import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after, before, beforeEach } from 'node:test'
import { migrate } from '../store/migrate.ts'
import { openSqlite, type Store } from '../store/sqlite.ts'
import { journalSqlite } from './journal-sqlite.ts'
import { type FundOp, type HoldOp, NO_TOKENS, type Op } from './op.ts'
import { readsSqlite } from './reads-sqlite.ts'
import { type Outcome, settle } from './settle.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-journal-'))
let real: Store
let lastId = 1_000
let lastBatch = 0

before(async () => {
  real = await openSqlite(path.join(folder, 'tokenplan.db'))
  await migrate(real)
  await real.job([
    {
      sql: `insert into account values (1, 'cash', null, 0), (2, 'revenue', null, 0), (3, 'absorbed', null, 0)`,
      params: [],
    },
    { sql: `insert into account values (50, 'wallet', 7, 0)`, params: [] },
  ])
})

after(async () => {
  await real.close()
  rmSync(folder, { recursive: true })
})

beforeEach(async () => {
  await journalSqlite(real).sweep(1)
})

/** The real store with a disk that may lie: `before` nothing is written, `after` it is and the answer is an error. */
class LyingStore implements Store {
  fails: 'before' | 'after' | null = null
  isBlind = false
  jobs = 0

  async read(sql: string, params: readonly unknown[] = []) {
    if (this.isBlind) throw new Error('cannot read')
    return real.read(sql, params)
  }

  async job(...job: Parameters<Store['job']>) {
    this.jobs++
    const { fails } = this
    this.fails = null
    if (fails === 'before') throw new Error('disk full')
    const rows = await real.job(...job)
    if (fails === 'after') throw new Error('fsync failed')
    return rows
  }

  close = () => Promise.resolve()
}

function batch(...ops: Op[]) {
  return { number: ++lastBatch, ops, statements: [] }
}

function planHold(): HoldOp {
  return {
    kind: 'hold',
    id: ++lastId,
    at: lastId * 10,
    team: 7,
    member: 8,
    secret: 9,
    keyKind: 'plan',
    subscription: 6,
    resource: 'text',
    resourceLabel: 11,
    modelLabel: 12,
    pool: 'plan',
    askedUnits: 1,
    units: 1,
    crashUnits: 1,
    usedUnits: 3,
    limitUnits: 5,
    windowMs: 1_000,
    nanos: 0,
    parts: [],
    slices: 0,
    priceVersion: 2,
  }
}

function walletHold(nanos: number): HoldOp {
  const money = {
    nanos,
    parts: [{ pool: 'wallet', account: 50, nanos, availableNanos: 999 }],
    pool: 'wallet',
    keyKind: 'api',
    subscription: 0,
  } as const
  return { ...planHold(), ...money, units: 0, usedUnits: 0, limitUnits: 0, windowMs: 0 }
}

const fund = (nanos: number): FundOp => ({
  kind: 'fund',
  id: ++lastId,
  at: 5,
  team: 7,
  account: 50,
  nanos,
  lot: null,
  source: 1,
})

function done(nanos: number): Outcome {
  return { ending: 'done', nanos, tokens: { ...NO_TOKENS, input: 3, output: 4, estimated: true } }
}

async function rows(sql: string, ...params: number[]) {
  return (await real.read(sql, params)).map((row) => Object.values(row))
}

test('a plan-paid hold is one row of integers, and its end another', async () => {
  const hold = planHold()
  await journalSqlite(real).write(batch(hold, settle(hold, done(0), hold.at + 1)))
  assert.deepEqual(await rows('select * from hold where id = ?', hold.id), [
    [hold.id, hold.at, 7, 8, 9, 6, 11, 12, 1, 3, 5, 1_000, 0, 2, 1, 1],
  ])
  assert.deepEqual(await rows('select * from hold_part where hold = ?', hold.id), [])
  assert.deepEqual(await rows('select * from hold_end where hold = ?', hold.id), [
    [hold.id, hold.at + 1, 1, 1, 0, 0, 3, 4, 0, 0, 1, 1],
  ])
  assert.deepEqual(await rows('select * from entry where tx = ?', hold.id), [])
  assert.deepEqual(await rows('select * from given_back where tx = ?', hold.id), [], 'its unit is kept')
})

test('a unit that comes back stands by its subscription and by when it did', async () => {
  const hold = planHold()
  const failed = { ending: 'failed', nanos: 0, tokens: NO_TOKENS } as const
  await journalSqlite(real).write(batch(hold, settle(hold, failed, hold.at + 1)))
  assert.deepEqual(await rows('select * from given_back where tx = ?', hold.id), [
    [6, hold.at + 1, hold.id, hold.at, 11, 1],
  ])
})

test('a money-paid request is a hold without a plan, its parts, its end, its entries and new balances', async () => {
  const journal = journalSqlite(real)
  const balances = () => rows('select id, balance_nanos from account order by id')
  const before = await balances()
  const hold = walletHold(30)
  await journal.write(batch(fund(100), hold))
  await journal.write(batch(settle(hold, done(40), hold.at + 1)))
  const [[subscription]] = (await rows('select subscription from hold where id = ?', hold.id)) as [[unknown]]
  assert.equal(subscription, null)
  assert.deepEqual(await rows('select * from hold_part where hold = ?', hold.id), [[hold.id, 50, 30, 999]])
  assert.deepEqual(
    await rows('select account, nanos, at, price_version from entry where tx = ? order by id', hold.id),
    [
      [50, -30, hold.at + 1, 2],
      [3, -10, hold.at + 1, 2],
      [2, 40, hold.at + 1, 2],
    ],
  )
  const changed = (await balances()).map(([id, nanos], index) => [
    id,
    Number(nanos) - Number(before[index]?.[1]),
  ])
  assert.deepEqual(changed, [
    [1, -100],
    [2, 40],
    [3, -10],
    [50, 70],
  ])
})

test('of a divided request the rows say what was asked for, what the plan pays, what a crash keeps, and what was made', async () => {
  const hold: HoldOp = {
    ...walletHold(30),
    pool: 'plan+credits',
    subscription: 6,
    askedUnits: 9,
    units: 4,
    crashUnits: 0,
  }
  const outcome = { ...done(12), madeUnits: 6 }
  await journalSqlite(real).write(batch(fund(100), hold, settle(hold, outcome, hold.at + 1)))
  assert.deepEqual(
    await rows('select subscription, asked_units, units, crash_units, nanos from hold where id = ?', hold.id),
    [[6, 9, 4, 0, 30]],
  )
  assert.deepEqual(await rows('select made_units, units, nanos from hold_end where hold = ?', hold.id), [
    [6, 4, 12],
  ])
})

test('what was held for nothing and cost something is the operator’s, in the ledger too', async () => {
  const hold = { ...walletHold(0), parts: [] }
  await journalSqlite(real).write(batch(hold, settle(hold, done(7), hold.at)))
  assert.deepEqual(await rows('select account, nanos from entry where tx = ? order by id', hold.id), [
    [3, -7],
    [2, 7],
  ])
})

test('statements of a batch are committed with its ops or not at all', async () => {
  const store = new LyingStore()
  const statement = { sql: 'insert into label values (?, ?)', params: [77, 'seventy-seven'] }
  const hold = planHold()
  await assert.rejects(
    journalSqlite(store).write({ ...batch(hold, hold), statements: [statement] }),
    /UNIQUE|constraint/i,
  )
  assert.deepEqual(await rows('select * from label where id = 77'), [])
  assert.deepEqual(await rows('select id from hold where id = ?', hold.id), [])
  await journalSqlite(store).write({ ...batch(hold), statements: [statement] })
  assert.deepEqual(await rows('select id from label where id = 77'), [[77]])
})

test('hundreds of rows in one batch are hundreds of rows', async () => {
  const holds = Array.from({ length: 333 }, () => walletHold(2))
  const [total] = (await rows('select count(*) from hold')) as [[number]]
  await journalSqlite(real).write(batch(...holds))
  assert.deepEqual(await rows('select count(*) from hold'), [[total[0] + 333]])
  assert.deepEqual(
    await rows(
      'select count(*), sum(nanos) from hold_part where hold between ? and ?',
      holds[0]?.id ?? 0,
      lastId,
    ),
    [[333, 666]],
  )
})

test('a batch that was not written is rejected, and leaves nothing', async () => {
  const store = new LyingStore()
  store.fails = 'before'
  const hold = planHold()
  await assert.rejects(journalSqlite(store).write(batch(hold)), /disk full/)
  assert.deepEqual(await rows('select * from hold where id = ?', hold.id), [])
})

test('a batch that reached the disk is written, whatever the answer was', async () => {
  const store = new LyingStore()
  store.fails = 'after'
  const hold = walletHold(30)
  const journal = journalSqlite(store)
  await journal.write(batch(hold))
  await journal.write(batch(settle(hold, done(20), hold.at + 1)))
  assert.deepEqual(await rows('select nanos from hold_end where hold = ?', hold.id), [[20]])
})

test('where nobody can say whether a batch was written, nothing follows before it is known', async () => {
  const store = new LyingStore()
  const journal = journalSqlite(store)
  store.fails = 'before'
  store.isBlind = true
  const lost = planHold()
  await assert.rejects(journal.write(batch(lost)), /cannot read/)
  const jobs = store.jobs
  await assert.rejects(journal.write(batch(planHold())), /cannot read/)
  assert.equal(store.jobs, jobs, 'nothing was tried')

  store.isBlind = false
  const next = planHold()
  await journal.write(batch(next))
  assert.deepEqual(await rows('select id from hold where id in (?, ?)', lost.id, next.id), [[next.id]])
})

test('a batch that turns out to be written after its callers were told otherwise stops the journal, until a new start', async () => {
  const store = new LyingStore()
  const journal = journalSqlite(store)
  store.fails = 'after'
  store.isBlind = true
  const hold = planHold()
  await assert.rejects(journal.write(batch(hold)), /cannot read/)
  store.isBlind = false
  const after = planHold()
  for (const _ of [1, 2]) await assert.rejects(journal.write(batch(after)), /start again/)
  assert.deepEqual(await rows('select id from hold where id in (?, ?)', hold.id, after.id), [[hold.id]])

  const restarted = journalSqlite(new LyingStore())
  assert.equal(await restarted.sweep(hold.at), 1)
  await restarted.write(batch(after))
})

test('a sweep ends what a crash left open: text keeps its unit, money is given back, and it does so once', async () => {
  const journal = journalSqlite(real)
  const [plan, wallet, ended] = [planHold(), walletHold(30), walletHold(30)]
  await journal.write(batch(plan, wallet, ended, settle(ended, done(9), ended.at)))
  const [balance] = await rows('select balance_nanos from account where id = 50')
  assert.equal(await journal.sweep(wallet.at - 5), 2)
  assert.deepEqual(
    await rows(
      'select hold, ending, units, nanos, absorbed_nanos, estimated from hold_end where hold >= ?',
      plan.id,
    ),
    [
      [plan.id, 6, 1, 0, 0, 1],
      [wallet.id, 6, 0, 0, 0, 1],
      [ended.id, 1, 0, 9, 0, 1],
    ],
  )
  const [[at]] = (await rows('select at from hold_end where hold = ?', wallet.id)) as [[number]]
  assert.equal(at, wallet.at, 'no end is before its hold')
  assert.deepEqual((await rows('select balance_nanos from account where id = 50'))[0], balance)
  assert.equal(await journal.sweep(wallet.at), 0)
})

test('an empty book has no last id, time or batch; a used one has the highest', async () => {
  const store = await openSqlite(path.join(folder, 'empty.db'))
  await migrate(store)
  const reads = readsSqlite(store)
  assert.deepEqual([await reads.last(), await reads.lastBatch()], [{ id: 0, at: 0 }, 0])
  assert.equal(await journalSqlite(store).sweep(5), 0)
  const [early, late] = [planHold(), planHold()]
  // The one that arrived first was read last.
  await journalSqlite(store).write({
    number: 3,
    ops: [
      { ...late, at: 10 },
      { ...early, at: 20 },
    ],
    statements: [],
  })
  await store.job([{ sql: 'insert into label values (?, ?)', params: [lastId + 5, 'text'] }])
  assert.deepEqual([await reads.last(), await reads.lastBatch()], [{ id: lastId + 5, at: 20 }, 3])
  // An end is later than its hold, and what was kept for the next batch earlier than what was written meanwhile.
  const outcome: Outcome = { ending: 'done', nanos: 0, tokens: NO_TOKENS }
  await journalSqlite(store).write({ number: 4, ops: [settle(late, outcome, 30)], statements: [] })
  await journalSqlite(store).write({ number: 5, ops: [settle(early, outcome, 25)], statements: [] })
  assert.equal((await reads.last()).at, 30)
  await journalSqlite(store).sweep(40)
  assert.equal((await reads.last()).at, 40)
  await store.close()
})
