import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { apply } from '../../src/book/apply.ts'
import { operatorAccounts } from '../../src/book/ledger.ts'
import { LocalBook } from '../../src/book/local-book.ts'
import { type HoldOp, type KeyKind, NO_TOKENS, type Op } from '../../src/book/op.ts'
import type { Reads } from '../../src/book/reads-sqlite.ts'
import { noSpending } from '../../src/book/spending.ts'
import { Meters, type TeamState } from '../../src/book/state.ts'
import { MemoryJournal, turn } from './book-under-test.ts'
import { MEMBER } from './names.ts'
import { askOf } from './play.ts'
import { HOUR_MS, WINDOW_MS } from './scenes.ts'

/** A book that keeps one subject of each kind in memory answers as one that keeps all of them, at any number of callers. */

const TEAMS = 4
const LIMIT = 5
const MONEY = 20
const text = {
  who: 0,
  seated: true,
  resource: 'text',
  highspeed: false,
  unitPrice: null,
  crashUnits: 1,
} as const
const startsAt = Date.UTC(2026, 10, 23, 12)

/** Ends come first, then all callers at once: nobody waits for anybody. */
type Moment = {
  readonly funds: readonly number[]
  readonly ends: readonly { readonly which: number; readonly ending: 'done' | 'failed' }[]
  readonly asks: readonly { readonly team: number; readonly units: number; readonly keyKind: KeyKind }[]
  readonly thenMs: number
}

const team = fc.integer({ min: 1, max: TEAMS })
const moments: fc.Arbitrary<Moment[]> = fc.array(
  fc.record({
    funds: fc.array(team, { maxLength: 1 }),
    ends: fc.array(
      fc.record({ which: fc.nat(20), ending: fc.constantFrom('done' as const, 'failed' as const) }),
      { maxLength: 5 },
    ),
    asks: fc.array(
      fc.record({
        team,
        units: fc.integer({ min: 1, max: 3 }),
        keyKind: fc.constantFrom('plan' as const, 'plan' as const, 'api' as const),
      }),
      { maxLength: 6 },
    ),
    thenMs: fc.constantFrom(0, 1, HOUR_MS, WINDOW_MS - 1, WINDOW_MS),
  }),
  { minLength: 1, maxLength: 20, size: 'max' },
)

const entitlements = [
  {
    resource: 'text',
    highspeed: false,
    quotas: [
      { rule: { name: 'five-hours', kind: 'sliding', windowMs: WINDOW_MS } as const, limitUnits: LIMIT },
      { rule: { name: 'day', kind: 'daily', zone: 'UTC' } as const, limitUnits: 3 * LIMIT },
    ],
  },
]

/** What the journal says, some turns of the event loop after it was asked; a subject that is read has no open holds. */
function slowReads(journal: MemoryJournal, counted: { reads: number }): Reads {
  const opsOf = (kind: 'team' | 'subscription', id: number): Op[] =>
    journal.batches.flatMap(({ ops }) => ops).filter((op) => subjectOf(op, kind) === id)
  const read = async (kind: 'team' | 'subscription', id: number) => {
    counted.reads++
    await turn()
    await turn()
    const ops = opsOf(kind, id)
    const ended = new Set(ops.flatMap((op) => (op.kind === 'end' ? [op.hold.id] : [])))
    assert.ok(ops.every((op) => op.kind !== 'hold' || ended.has(op.id)))
    return ops
  }
  return {
    async subscription(id) {
      const state = { id, team: id, planName: 'Max', endsAt: null, meters: new Meters(entitlements) }
      for (const op of await read('subscription', id)) apply({ subscription: state, team: null }, op)
      return state
    },
    async team(id) {
      const state = teamOf(id)
      for (const op of await read('team', id)) apply({ subscription: null, team: state }, op)
      return state
    },
    cost: async () => null,
    lastBatch: async () => 0,
    openHolds: async () => [],
    last: async () => ({ id: 0, at: 0 }),
  }
}

function subjectOf(op: Op, kind: 'team' | 'subscription'): number {
  const by = 'hold' in op && typeof op.hold === 'object' ? op.hold : op
  return kind in by ? Number((by as HoldOp)[kind]) : 0
}

function teamOf(id: number): TeamState {
  const money = { balanceNanos: MONEY, heldNanos: 0 }
  return {
    id,
    lots: [{ ...money, account: id * 10, kind: 'bought', expiresAt: startsAt + 1e12 }],
    wallet: { ...money, account: id * 10 + 1 },
    walletSwitch: { on: false, capNanos: null },
    members: new Map([[MEMBER, { creditsAccess: true, overflow: true, capNanos: null }]]),
    keyCaps: new Map(),
    spending: noSpending(202611),
  }
}

class Life {
  readonly said: unknown[] = []
  readonly counted = { reads: 0 }
  readonly #journal = new MemoryJournal()
  readonly #running: HoldOp[] = []
  #now = startsAt
  #lastId = 0

  async live(moments: readonly Moment[], capacity: number): Promise<void> {
    const reads = slowReads(this.#journal, this.counted)
    const { book } = await LocalBook.open(this.#journal, reads, () => this.#now, { capacity })
    for (const moment of moments) await this.#be(book, moment)
    await book.drain()
    for (let id = 1; id <= TEAMS; id++) await this.#look(book, id)
    for (const hold of this.#running) await book.end(hold, { ending: 'failed', nanos: 0, tokens: NO_TOKENS })
    await book.drain()
    for (let id = 1; id <= TEAMS; id++) await this.#look(book, id)
    assert.ok(book.subjects() <= 2 * TEAMS)
  }

  async #be(book: LocalBook, { funds, ends, asks, thenMs }: Moment): Promise<void> {
    for (const team of funds) {
      const fund = { kind: 'fund', id: ++this.#lastId, at: this.#now, team, account: team * 10 + 1 } as const
      await book.command([{ ...fund, nanos: 3, lot: null, source: operatorAccounts.cash }], [])
    }
    for (const { which, ending } of ends) {
      const [hold] = this.#running.splice(which % this.#running.length, 1)
      if (hold) void book.end(hold, { ending, nanos: ending === 'done' ? hold.nanos : 0, tokens: NO_TOKENS })
    }
    const answers = asks.map((wanted) => {
      const request = { ...wanted, id: ++this.#lastId, nanos: wanted.units, ...text }
      return book.admit(
        { ...askOf(request), team: wanted.team },
        wanted.keyKind === 'plan' ? wanted.team : null,
      )
    })
    for (const answer of await Promise.all(answers)) {
      this.said.push(answer)
      if (answer.kind === 'held') this.#running.push(answer.op)
    }
    this.#now += thenMs
  }

  async #look(book: LocalBook, id: number): Promise<void> {
    this.said.push(JSON.stringify(await book.meters(id, id)))
    const { spending, ...money } = (await book.money(id)) ?? teamOf(id)
    this.said.push(money)
  }
}

test('a book with room for one subject answers as one with room for all, whoever asks at once', async () => {
  let [few, many] = [0, 0]
  await fc.assert(
    fc.asyncProperty(moments, async (list) => {
      const [small, large] = [new Life(), new Life()]
      await small.live(list, 1)
      await large.live(list, Number.POSITIVE_INFINITY)
      assert.deepEqual(small.said, large.said)
      few += large.counted.reads
      many += small.counted.reads
    }),
    { numRuns: 150 },
  )
  assert.ok(many > few + 500, `the small book read ${many} times, the large one ${few} times`)
})
