import assert from 'node:assert/strict'
import test from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { AssertionFault } from '../assert.ts'
import type { Entitlement } from '../catalogue/catalogue.ts'
import { BookDown } from './book-down.ts'
import type { Ask } from './decide.ts'
import type { Batch, Journal } from './journal-sqlite.ts'
import { LocalBook } from './local-book.ts'
import { type AccessOp, type FundOp, type HoldOp, NO_TOKENS } from './op.ts'
import type { Reads } from './reads-sqlite.ts'
import { noSpending } from './spending.ts'
import { Meters, type TeamState } from './state.ts'

/** Its answers are proven against a reference model in test/book; here are the doors and the ways they fail. */

const NOW = Date.UTC(2026, 10, 23, 12)
const text: Entitlement = {
  resource: 'text',
  highspeed: false,
  quotas: [{ rule: { name: 'five-hours', kind: 'sliding', windowMs: 1_000 }, limitUnits: 2 }],
}
const ask: Ask = {
  id: 9,
  keyKind: 'plan',
  team: 1,
  member: 2,
  secret: 3,
  resource: 'text',
  resourceLabel: 5,
  modelLabel: 6,
  highspeed: false,
  units: 1,
  nanos: 100,
  unitPrice: null,
  crashUnits: 1,
  priceVersion: 8,
}
const byWallet = { ...ask, keyKind: 'api' } as const
const done = { ending: 'done', nanos: 0, tokens: NO_TOKENS } as const
const fund: FundOp = { kind: 'fund', id: 70, at: NOW, team: 1, account: 50, nanos: 500, lot: null, source: 1 }

function disk() {
  const batches: Batch[] = []
  let failures = 0
  const journal: Journal = {
    async write(batch) {
      if (failures-- > 0) throw new Error('disk full')
      batches.push(batch)
    },
    sweep: async () => 0,
  }
  return {
    journal,
    batches,
    fail: (times: number) => {
      failures = times
    },
  }
}

function subjects(teams: Map<number, TeamState>) {
  const loads: string[] = []
  const faults: Error[] = []
  const load = (what: string) => {
    loads.push(what)
    const fault = faults.shift()
    if (fault) throw fault
  }
  const reads: Reads = {
    async subscription(id) {
      load(`subscription ${id}`)
      const state = { id, team: 1, planName: 'Max', endsAt: NOW + 5_000, meters: new Meters([text]) }
      return id === 4 ? state : null
    },
    async team(id) {
      load(`team ${id}`)
      return teams.get(id) ?? null
    },
    lastBatch: async () => 12,
    cost: async () => null,
    openHolds: async () => [],
    last: async () => ({ id: 77, at: NOW - 10 }),
  }
  return { reads, loads, faults }
}

function team(balanceNanos = 1_000): TeamState {
  const members = new Map([[2, { creditsAccess: true, overflow: true, capNanos: null }]])
  return {
    id: 1,
    lots: [],
    wallet: { account: 50, balanceNanos, heldNanos: 0 },
    members,
    walletSwitch: { on: false, capNanos: null },
    keyCaps: new Map(),
    spending: noSpending(202611),
  }
}

/** With an API key. */
function spent(nanos: number): TeamState {
  const after = team(1_000 - nanos)
  after.spending.secrets.set(3, nanos)
  return after
}

async function open(teams = new Map([[1, team()]])) {
  let now = NOW
  const files = subjects(teams)
  const written = disk()
  const opened = await LocalBook.open(written.journal, files.reads, () => now)
  return {
    ...files,
    ...written,
    ...opened,
    teams,
    setNow: (at: number) => {
      now = at
    },
  }
}

async function held(book: LocalBook, wanted: Ask = ask): Promise<HoldOp> {
  const admitted = await book.admit(wanted, 4)
  assert.ok(admitted.kind === 'held')
  return admitted.op
}

test('numbers, ids and time go on from what is on disk', async () => {
  const { book, lastId, batches, setNow } = await open()
  assert.equal(lastId, 77)
  await held(book)
  assert.equal(batches[0]?.number, 13)
  setNow(NOW - 60_000)
  assert.equal(book.now(), NOW)
  const late = await open()
  late.setNow(0)
  assert.equal(late.book.now(), NOW - 10, 'not before the last hold')
})

test('two first requests share one load, and later ones need none', async () => {
  const { book, loads } = await open()
  await Promise.all([held(book), held(book, { ...ask, id: 10 })])
  await book.admit({ ...ask, id: 11 }, 4)
  assert.deepEqual(loads, ['subscription 4', 'team 1'])
})

test('a load that fails takes nothing, says so, and is tried again', async () => {
  const { book, faults, batches } = await open()
  faults.push(new Error('cannot read'))
  await assert.rejects(book.admit(ask, 4), BookDown)
  assert.equal(batches.length, 0)
  assert.equal((await held(book)).pool, 'plan')
})

test('a team that is not in the book is nobody’s customer', async () => {
  const { book } = await open()
  await assert.rejects(book.admit({ ...ask, team: 99 }, 4), AssertionFault)
  assert.equal(await book.money(99), null)
  assert.equal(await book.plan(99, 1), null)
})

test('what is being given back stays in memory until it is written', async () => {
  const { book, reads, journal, loads } = await open()
  const paid = { account: 50, nanos: 40, expiresAt: null }
  const none = { givenUnits: 0, givenNanos: 0, subscription: 0, resource: 'text' }
  const kept = { units: 0, nanos: 40 }
  reads.cost = async () => ({ ...none, hold: 5, takenAt: NOW - 9, team: 1, kept, charges: [paid] })
  const { write } = journal
  let letThrough: (() => void) | undefined
  const gate = new Promise<void>((resolve) => {
    letThrough = resolve
  })
  journal.write = async (batch) => {
    await gate
    await write(batch)
  }
  const newLot = { account: 98, lifetimeMs: 1 }
  const giving = book.correct({ id: 99, hold: 5, units: 0, nanos: 40, actor: '', reason: '', newLot }, [])
  for (let turns = 0; turns < 5; turns++) await turn()
  book.letIdleGo()
  book.letIdleGo()
  letThrough?.()
  assert.equal((await giving).kind, 'corrected')
  assert.equal((await book.money(1))?.wallet.balanceNanos, 1_040)
  assert.deepEqual(loads, ['team 1'], 'read once')
})

test('a plan that has ended is no plan', async () => {
  const { book, setNow } = await open()
  assert.equal((await book.plan(4, 1))?.name, 'Max')
  setNow(NOW + 5_000)
  assert.equal(await book.plan(4, 1), null)
  assert.equal(await book.meters(4, 1), null)
})

test('a hold that could not be written is undone: the caller is told, the room and the money are there again', async () => {
  const { book, fail, batches } = await open()
  fail(1)
  const callers = [book.admit(ask, 4), book.admit({ ...byWallet, id: 10 }, 4)]
  for (const caller of callers) await assert.rejects(caller, BookDown)
  assert.deepEqual([batches.length, book.openHolds()], [0, 0])
  const [meter] = (await book.meters(4, 1)) ?? []
  assert.deepEqual([meter?.windows[0]?.usedUnits, meter?.windows[0]?.heldUnits], [0, 0])
  assert.equal((await book.money(1))?.wallet.heldNanos, 0)
  await held(book, { ...ask, units: 2 })
})

test('an end that could not be written is told to who waits, is never undone, and is written later once', async () => {
  const { book, fail, batches } = await open()
  const hold = await held(book, byWallet)
  fail(1)
  await assert.rejects(async () => book.end(hold, { ...done, nanos: 30 }), BookDown)
  assert.deepEqual(await book.money(1), spent(30))
  await book.drain()
  await held(book, { ...ask, id: 10 })
  const ends = batches.flatMap(({ ops }) => ops.filter(({ kind }) => kind === 'end'))
  assert.deepEqual(
    ends.map((op) => op.kind === 'end' && [op.hold.id, op.nanos]),
    [[9, 30]],
  )
})

test('a hold ends once', async () => {
  const { book } = await open()
  const hold = await held(book)
  assert.equal(book.end(hold, done), undefined, 'nobody waits for what the plan pays')
  assert.throws(() => book.end(hold, done), AssertionFault)
  assert.equal(book.openHolds(), 0)
})

test('an end that makes no sense is refused, and the hold can still be ended', async () => {
  const { book } = await open()
  const hold = await held(book, byWallet)
  assert.throws(() => book.end(hold, { ...done, nanos: Number.NaN }), AssertionFault)
  assert.equal(book.openHolds(), 1)
  await book.end(hold, { ...done, nanos: 30 })
  assert.deepEqual(await book.money(1), spent(30))
})

test('a command is in memory when it is on disk, and not before', async () => {
  const { book, fail, batches } = await open()
  assert.equal((await book.money(1))?.wallet.balanceNanos, 1_000)
  fail(1)
  await assert.rejects(book.command([fund], [{ sql: 's', params: [] }]), BookDown)
  await book.drain()
  assert.deepEqual([(await book.money(1))?.wallet.balanceNanos, batches.length], [1_000, 0])

  const access: AccessOp = {
    kind: 'access',
    at: NOW,
    team: 1,
    member: 2,
    creditsAccess: false,
    overflow: true,
    capNanos: null,
  }
  await book.command([fund, access], [{ sql: 's', params: [] }])
  const state = await book.money(1)
  assert.equal(state?.wallet.balanceNanos, 1_500)
  assert.deepEqual(state?.members.get(2), { creditsAccess: false, overflow: true, capNanos: null })
  assert.deepEqual(batches[0]?.statements, [{ sql: 's', params: [] }])
})

test('a lot that is bought burns at its place at once', async () => {
  const { book } = await open()
  const lot = (id: number, expiresAt: number): FundOp => ({
    ...fund,
    id,
    account: id,
    lot: { kind: 'bought', expiresAt },
  })
  await book.command([lot(61, NOW + 900), lot(60, NOW + 500)], [])
  const { parts } = await held(book, { ...ask, resource: 'image', nanos: 600 })
  assert.deepEqual(
    parts.map(({ account, nanos }) => [account, nanos]),
    [
      [60, 500],
      [61, 100],
    ],
  )
})

test('a team founded by a command is read from disk by its first request', async () => {
  const { book, teams } = await open(new Map())
  assert.equal(await book.money(1), null)
  const founding = book.command([fund], [])
  await turn()
  teams.set(1, team(500))
  await founding
  assert.equal((await book.money(1))?.wallet.balanceNanos, 500)
})

test('money that the journal could not write is no command', async () => {
  const { book, batches } = await open()
  for (const nanos of [-1, 0.5, Number.NaN])
    await assert.rejects(book.command([{ ...fund, nanos }], []), AssertionFault)
  assert.equal(batches.length, 0)
})

test('what is shown of a team is a copy', async () => {
  const { book } = await open()
  const shown = await book.money(1)
  assert.ok(shown)
  shown.wallet.balanceNanos = 0
  shown.members.clear()
  assert.deepEqual(await book.money(1), team())
})
