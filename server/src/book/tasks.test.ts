import assert from 'node:assert/strict'
import test from 'node:test'
import { MemoryJournal, openBook, readsOf } from '../../test/book/book-under-test.ts'
import { SUBSCRIPTION, TEAM, WALLET } from '../../test/book/names.ts'
import { askOf } from '../../test/book/play.ts'
import { plainRules } from '../../test/book/terms.ts'
import { AssertionFault } from '../assert.ts'
import type { Book } from './book.ts'
import { BookDown } from './book-down.ts'
import { type HoldOp, NO_TOKENS } from './op.ts'
import type { Reads } from './reads-sqlite.ts'

/** Tasks at the door of the book: rows committed with a hold and its end, and holds that outlive the process. */

const NOW = Date.UTC(2026, 10, 23, 12)
const [FIRST_LOT, SECOND_LOT] = [WALLET + 1, WALLET + 2]
const terms = {
  entitlements: [
    {
      resource: 'image',
      highspeed: false,
      quotas: [{ rule: { name: 'day', kind: 'daily', zone: 'UTC' }, limitUnits: 2 }],
    },
  ],
  endsAt: null,
  rules: plainRules(true),
  lots: [
    { account: SECOND_LOT, kind: 'bought', nanos: 100, expiresAt: NOW + 2 },
    { account: FIRST_LOT, kind: 'granted', nanos: 15, expiresAt: NOW + 1 },
  ],
  wallet: { account: WALLET, nanos: 0 },
} as const

/** For four images, of which the plan has two and further ones cost 10 nanos each. */
const ask = askOf({
  id: 40,
  keyKind: 'plan',
  who: 0,
  seated: true,
  resource: 'image',
  highspeed: false,
  units: 4,
  nanos: 40,
  unitPrice: { nanos: 10, per: 1 },
  crashUnits: 0,
})
const made = { ending: 'done', nanos: 10, tokens: NO_TOKENS, madeUnits: 3 } as const
const rowOf = (hold: HoldOp) => [{ sql: 'task', params: [hold.id] }]

async function held(book: Book, wanted = ask): Promise<HoldOp> {
  const admitted = await book.admit(wanted, SUBSCRIPTION, rowOf)
  assert.ok(admitted.kind === 'held')
  return admitted.op
}

async function heldNow(book: Book) {
  const [meter] = (await book.meters(SUBSCRIPTION, TEAM)) ?? []
  const { usedUnits, heldUnits } = meter?.windows[0] ?? {}
  const lots = (await book.money(TEAM))?.lots.map(({ balanceNanos, heldNanos }) => [balanceNanos, heldNanos])
  return { usedUnits, heldUnits, lots }
}

/** The reads of a start that finds these holds of tasks on disk, and their units in the window. */
function found(openHolds: readonly HoldOp[]): Reads {
  const reads = readsOf(terms)
  return {
    ...reads,
    openHolds: async () => openHolds,
    async subscription(id, now) {
      const state = await reads.subscription(id, now)
      for (const hold of openHolds) state?.meters.get('image')?.windows[0]?.take(hold.at, hold.units)
      return state
    },
  }
}

async function openWith(openHolds: readonly HoldOp[], reads = found(openHolds)) {
  return openBook(terms, () => NOW, new MemoryJournal(), reads)
}

/** What the first process held and the second finds. */
async function heldBefore(): Promise<HoldOp> {
  const { book } = await openWith([])
  return held(book)
}

test('the row of a task is committed with its hold, or neither is; a refusal has none', async () => {
  const { book, journal } = await openWith([])
  journal.failures = 1
  await assert.rejects(held(book), BookDown)
  assert.equal(book.openHolds(), 0)
  await held(book, { ...ask, id: 41 })
  const refused = await book.admit({ ...ask, id: 42, units: 20, nanos: 200 }, SUBSCRIPTION, () =>
    assert.fail('nothing is held'),
  )
  assert.equal(refused.kind, 'refused')
  assert.deepEqual(
    journal.batches.map(({ ops, statements }) => [ops.length, statements]),
    [[1, [{ sql: 'task', params: [41] }]]],
  )
})

test('a row that cannot be made takes nothing', async () => {
  const { book, journal } = await openWith([])
  const before = await heldNow(book)
  const admitting = book.admit(ask, SUBSCRIPTION, () => {
    throw new Error('no such engine')
  })
  await assert.rejects(admitting, /no such engine/)
  assert.deepEqual([journal.batches.length, book.openHolds(), await heldNow(book)], [0, 0, before])
})

test('the end of a task is waited for, whoever paid, and its statements are written once, later if they must', async () => {
  const { book, journal } = await openWith([])
  const [one, other] = [
    await held(book, { ...ask, units: 1 }),
    await held(book, { ...ask, id: 41, units: 1 }),
  ]
  await book.end(one, { ...made, madeUnits: 1 }, [])
  journal.failures = 1
  await assert.rejects(async () => book.end(other, { ...made, madeUnits: 1 }, rowOf(other)), BookDown)
  await held(book, { ...ask, id: 42, units: 1 })
  assert.deepEqual(
    journal.batches
      .slice(2)
      .map(({ ops, statements }) => [
        ops.map(({ kind }) => kind),
        statements.flatMap(({ params }) => params),
      ]),
    [
      [['end'], []],
      [
        ['end', 'hold'],
        [41, 42],
      ],
    ],
  )
})

test('what a task holds is held again after a start: its units, its money, and itself', async () => {
  const hold = await heldBefore()
  const { book } = await openWith([hold])
  const lots = [
    [15, 15],
    [100, 5],
  ]
  assert.deepEqual(await heldNow(book), { usedUnits: 2, heldUnits: 2, lots })
  assert.deepEqual([book.openHold(40), book.openHold(41), book.openHolds()], [hold, undefined, 1])
  const one = { ...ask, id: 41, units: 1 }
  assert.equal((await book.admit({ ...one, nanos: 96 }, SUBSCRIPTION)).kind, 'refused')
  assert.equal((await held(book, { ...one, nanos: 95 })).pool, 'credits', 'the window is full')
})

test('a resumed hold ends once, with its statements, and gives back what was not made', async () => {
  const hold = await heldBefore()
  const { book, journal } = await openWith([hold])
  await book.end(hold, made, rowOf(hold))
  const lots = [
    [5, 0],
    [100, 0],
  ]
  const after = { usedUnits: 2, heldUnits: 0, lots }
  assert.deepEqual([await heldNow(book), journal.batches[0]?.statements], [after, rowOf(hold)])
  assert.throws(() => book.end(hold, made, rowOf(hold)), AssertionFault)
  assert.deepEqual([await heldNow(book), book.openHold(40), book.openHolds()], [after, undefined, 0])
  assert.equal(journal.ops('end').length, 1)
})

test('a resumed hold of nothing that was made gives back all of it', async () => {
  const hold = await heldBefore()
  const { book } = await openWith([hold])
  await book.end(hold, { ...made, ending: 'failed', nanos: 0, madeUnits: 0 }, [])
  assert.deepEqual(await heldNow(book), await heldNow((await openWith([])).book))
})

test('no hold is resumed twice', async () => {
  const hold = await heldBefore()
  await assert.rejects(openWith([hold, { ...hold }]), AssertionFault)
})

test('a start that cannot read what it must hold again is no start', async () => {
  const hold = await heldBefore()
  const broken = { ...found([hold]), team: () => Promise.reject(new Error('cannot read')) }
  await assert.rejects(openWith([hold], broken), BookDown)
})
