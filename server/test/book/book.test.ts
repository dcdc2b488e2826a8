import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { apply } from '../../src/book/apply.ts'
import type { Admitted, Book } from '../../src/book/book.ts'
import { BookDown } from '../../src/book/book-down.ts'
import { operatorAccounts } from '../../src/book/ledger.ts'
import type { LocalBook } from '../../src/book/local-book.ts'
import type { HoldOp } from '../../src/book/op.ts'
import { monthOf, turnTo } from '../../src/book/spending.ts'
import type { Account } from '../../src/book/state.ts'
import { MemoryJournal, openBook, readsOf, replayedReads, turn } from './book-under-test.ts'
import { askOf, endOf } from './play.ts'
import { ReferenceModel, type Request, type Verdict } from './reference-model.ts'
import { type Act, acts, type EndAct, type Scene, SUBSCRIPTION, scenes, TEAM, WALLET } from './scenes.ts'

/** The whole book over a journal in memory: many requests at once, a disk that fails, a clock that steps back. */

type Extra =
  | { readonly kind: 'turn' | 'flush' | 'lapse' }
  | { readonly kind: 'back'; readonly ms: number }
  | { readonly kind: 'fail'; readonly times: number }
  | { readonly kind: 'fund'; readonly nanos: number }

const extras: fc.Arbitrary<Extra> = fc.oneof(
  fc.record({ kind: fc.constantFrom('turn' as const, 'flush' as const, 'lapse' as const) }),
  fc.record({ kind: fc.constant('back' as const), ms: fc.constantFrom(1, 3_600_000, 86_400_000) }),
  fc.record({ kind: fc.constant('fail' as const), times: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: fc.constant('fund' as const), nanos: fc.integer({ min: 1, max: 9 }) }),
)

const lives = acts.chain((list) =>
  fc
    .array(fc.tuple(fc.nat(list.length), extras), { maxLength: 30, size: 'max' })
    .map((more): (Act | Extra)[] =>
      list.flatMap((act, index) => [...more.filter(([at]) => at === index).map(([, extra]) => extra), act]),
    ),
)

type Pending = { readonly id: number; readonly verdict: Verdict; readonly answer: Promise<Admitted> }

class Life {
  readonly journal = new MemoryJournal()
  readonly model: ReferenceModel
  readonly lost = new Set<number>()
  readonly running: HoldOp[] = []
  readonly ended = new Map<number, ReturnType<ReferenceModel['end']>>()
  readonly settled: Promise<unknown>[] = []
  readonly funded: number[] = []
  readonly #pending: Pending[] = []
  readonly #requests = new Map<number, Request>()
  #machineNow: number
  #lastNow: number
  #lastId = 0

  constructor(scene: Scene) {
    this.model = new ReferenceModel(scene.terms)
    this.#machineNow = scene.startsAt
    this.#lastNow = scene.startsAt
    this.journal.onLost = (ops) => {
      for (const op of ops) {
        if (op.kind !== 'hold') continue
        this.lost.add(op.id)
        this.model.forget(op.id)
      }
    }
  }

  planNow = () => this.#machineNow

  /** Never runs backwards, whatever the machine's clock does. */
  now(book: Book): number {
    const now = book.now()
    assert.equal(now, Math.max(this.#lastNow, this.#machineNow))
    this.#lastNow = now
    return now
  }

  async act(book: LocalBook, act: Act | Extra): Promise<void> {
    switch (act.kind) {
      case 'step':
        this.#machineNow += act.ms
        return
      case 'back':
        this.#machineNow -= act.ms
        return
      case 'fail':
        this.journal.failures = act.times
        return
      case 'turn':
        return turn()
      case 'flush':
        return this.flush()
      case 'lapse':
        return lapse(book)
      case 'fund':
        return this.fund(book, act.nanos)
      case 'ask':
        return this.ask(book, act.request)
      case 'end':
        return this.end(book, act)
    }
  }

  ask(book: Book, wanted: Omit<Request, 'id'>): void {
    const request = { ...wanted, id: ++this.#lastId }
    this.#requests.set(request.id, request)
    const verdict = this.model.ask(request, this.now(book))
    const answer = this.#isTask(request.id)
      ? book.admit(askOf(request), SUBSCRIPTION, ({ id }) => [{ sql: 'hold', params: [id] }])
      : book.admit(askOf(request), SUBSCRIPTION)
    answer.catch(() => undefined)
    this.#pending.push({ id: request.id, verdict, answer })
  }

  end(book: Book, act: EndAct): void {
    const [hold] = this.running.splice(act.which % this.running.length, 1)
    if (!hold) return
    const at = Math.max(this.now(book), hold.at)
    const { outcome, meant } = endOf(this.#requests.get(hold.id), hold, act)
    this.ended.set(hold.id, this.model.end(hold.id, meant, at))
    const isTask = this.#isTask(hold.id)
    const written = book.end(hold, outcome, isTask ? [{ sql: 'end', params: [hold.id] }] : undefined)
    assert.equal(written !== undefined, hold.nanos > 0 || isTask, 'only money and tasks are waited for')
    if (written) this.settled.push(written.catch((error) => assert.ok(error instanceof BookDown)))
    assert.throws(() => book.end(hold, outcome), /has ended already/)
  }

  /** Every second job that is no text: rows of its own share the fate of its hold and of its end. */
  #isTask(id: number): boolean {
    return this.#requests.get(id)?.crashUnits === 0 && id % 2 === 0
  }

  async fund(book: Book, nanos: number): Promise<void> {
    await this.flush()
    const op = {
      kind: 'fund',
      id: ++this.#lastId,
      at: this.now(book),
      team: TEAM,
      account: WALLET,
      nanos,
      lot: null,
    } as const
    const statement = { sql: 'fund', params: [op.id] }
    try {
      await book.command([{ ...op, source: operatorAccounts.cash }], [statement])
      this.model.fund(op)
      this.funded.push(op.id)
    } catch (error) {
      assert.ok(error instanceof BookDown)
    }
  }

  async flush(): Promise<void> {
    await Promise.allSettled(this.settled)
    for (const { id, verdict, answer } of this.#pending.splice(0)) {
      const admitted = await answer.catch((error) => {
        assert.ok(error instanceof BookDown, String(error))
        return null
      })
      assert.equal(admitted === null, this.lost.has(id), 'a caller is told exactly when nothing was written')
      if (admitted?.kind === 'refused') assert.deepEqual({ why: admitted.refusal.why }, verdict)
      if (admitted?.kind !== 'held') continue
      const { pool, units, parts } = admitted.op
      assert.deepEqual(
        { pool, units, parts: parts.map(({ account, nanos }) => ({ account, nanos })) },
        verdict,
      )
      this.running.push(admitted.op)
    }
  }

  async compare(book: Book): Promise<void> {
    const now = this.now(book)
    for (const { resource, windows } of (await book.meters(SUBSCRIPTION, TEAM)) ?? []) {
      const used = windows.map(({ rule }) => Math.max(0, this.model.used(resource, rule, now)))
      assert.deepEqual(
        windows.map(({ usedUnits }) => usedUnits),
        used,
      )
      assert.ok(windows.every(({ heldUnits }) => heldUnits === this.model.heldUnits(resource)))
    }
    const team = await book.money(TEAM)
    assert.ok(team)
    for (const account of [...this.model.terms.lots, this.model.terms.wallet]) {
      const state: Account | undefined = [...team.lots, team.wallet].find(
        (candidate) => candidate.account === account.account,
      )
      assert.equal(state?.balanceNanos, this.model.balanceOf(account))
      assert.equal(state?.heldNanos, this.model.heldIn(account))
    }
  }

  /** What is in the journal is what the callers were told: each hold and each end once, nothing else. */
  checkJournal(): void {
    const holds = this.journal.ops('hold')
    const ids = holds.map(({ id }) => id)
    assert.deepEqual(
      [...new Set([...this.ended.keys(), ...this.running.map(({ id }) => id)])].sort(),
      [...ids].sort(),
    )
    assert.ok(ids.every((id) => !this.lost.has(id)))
    const ends = this.journal.ops('end')
    assert.equal(ends.length, this.ended.size)
    for (const { hold, at, madeUnits, units, absorbedNanos, ...end } of ends) {
      const charges = end.charges.map(({ account, nanos }) => ({ account, nanos }))
      assert.deepEqual({ at, madeUnits, units, charges, absorbedNanos }, this.ended.get(hold.id))
    }
    assert.deepEqual(
      this.journal.ops('fund').map(({ id }) => id),
      this.funded,
    )
    for (const { ops, statements } of this.journal.batches) {
      const idsOf = (kind: string) => statements.flatMap(({ sql, params }) => (sql === kind ? params : []))
      const tasks = (kind: 'hold' | 'end') =>
        ops
          .flatMap((op) => (op.kind === kind ? [op.kind === 'end' ? op.hold.id : op.id] : []))
          .filter((id) => this.#isTask(id))
      assert.deepEqual(idsOf('hold'), tasks('hold'))
      assert.deepEqual(idsOf('end'), tasks('end'))
      assert.deepEqual(
        idsOf('fund'),
        ops.flatMap((op) => (op.kind === 'fund' ? [op.id] : [])),
      )
    }
    const numbers = this.journal.attempts.map(({ number }) => number)
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    )
  }

  /** `apply` is the only mutator, so the journal alone makes the same state again. */
  async checkReplay(book: Book): Promise<void> {
    const reads = readsOf(this.model.terms)
    const [subscription, team] = [await reads.subscription(SUBSCRIPTION, 0), await reads.team(TEAM, 0)]
    for (const { ops } of this.journal.batches) for (const op of ops) apply({ subscription, team }, op)
    const now = this.now(book)
    const money = await book.money(TEAM)
    assert.ok(team && money)
    // What was not spent in turned no page.
    for (const { spending } of [team, money]) turnTo(spending, monthOf(now))
    assert.deepEqual(team, money)
    for (const [resource, meter] of subscription?.meters ?? []) {
      assert.deepEqual(
        meter.windows.map((window) => window.usedAt(now)),
        meter.entitlement.quotas.map(({ rule }) => this.model.used(resource, rule, now)),
      )
    }
  }
}

/** Nobody asks for anything for a while: what need not stay in memory goes, and is read back by whoever asks next. */
function lapse(book: LocalBook): void {
  book.letIdleGo()
  book.letIdleGo()
}

test('the book answers, holds, ends and keeps what the reference model does, whatever the disk and the clock do', async () => {
  let lost = 0
  let endsTriedAgain = 0
  let statementsTriedAgain = 0
  let readAgain = 0
  await fc.assert(
    fc.asyncProperty(scenes, lives, async (scene, life) => {
      const run = new Life(scene)
      const replayed = replayedReads(scene.terms, run.journal)
      const { book, journal } = await openBook(scene.terms, run.planNow, run.journal, replayed.reads)
      await book.money(TEAM)
      await book.meters(SUBSCRIPTION, TEAM)
      for (const act of life) {
        await run.act(book, act)
        await run.compare(book)
      }
      journal.failures = 0
      await run.flush()
      await book.drain()
      await run.compare(book)
      assert.equal(book.openHolds(), run.running.length)
      run.checkJournal()
      await run.checkReplay(book)
      lost += run.lost.size
      readAgain += replayed.loads.count - 2
      const tried = journal.attempts.flatMap(({ ops }) => ops.filter(({ kind }) => kind === 'end'))
      endsTriedAgain += tried.length - journal.ops('end').length
      const [asked, written] = [journal.attempts, journal.batches].map((batches) =>
        batches.flatMap(({ statements }) => statements.filter(({ sql }) => sql === 'end')),
      )
      statementsTriedAgain += (asked?.length ?? 0) - (written?.length ?? 0)
    }),
    { numRuns: 150 },
  )
  assert.ok(readAgain > 100, `subjects were let go and read again ${readAgain} times`)
  assert.ok(
    lost > 100 && endsTriedAgain > 20 && statementsTriedAgain > 5,
    `the disk failed for ${lost} holds, ${endsTriedAgain} ends and ${statementsTriedAgain} of their statements`,
  )
})
