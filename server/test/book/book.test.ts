import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { apply } from '../../src/book/apply.ts'
import type { Admitted, Book, Grown } from '../../src/book/book.ts'
import { BookDown } from '../../src/book/book-down.ts'
import type { LocalBook } from '../../src/book/local-book.ts'
import type { HoldOp } from '../../src/book/op.ts'
import { monthOf, turnTo } from '../../src/book/spending.ts'
import { MemoryJournal, openBook, readsOf, replayedReads, turn } from './book-under-test.ts'
import { SUBSCRIPTION, TEAM } from './names.ts'
import { askOf, compareMoney, endOf, grownTo, lackOf, opOf, said } from './play.ts'
import { ReferenceModel } from './reference-model.ts'
import { type Act, acts, type EndAct, type Scene, scenes } from './scenes.ts'
import type { Change, Growth, Request, Verdict } from './terms.ts'

/** The whole book over a journal in memory: many requests at once, a disk that fails, a clock that steps back. */

type Extra =
  | { readonly kind: 'turn' | 'flush' | 'lapse' }
  | { readonly kind: 'back'; readonly ms: number }
  | { readonly kind: 'fail'; readonly times: number }

const extras: fc.Arbitrary<Extra> = fc.oneof(
  fc.record({ kind: fc.constantFrom('turn' as const, 'flush' as const, 'lapse' as const) }),
  fc.record({ kind: fc.constant('back' as const), ms: fc.constantFrom(1, 3_600_000, 86_400_000) }),
  fc.record({ kind: fc.constant('fail' as const), times: fc.integer({ min: 1, max: 3 }) }),
)

const lives = acts.chain((list) =>
  fc
    .array(fc.tuple(fc.nat(list.length), extras), { maxLength: 30, size: 'max' })
    .map((more): (Act | Extra)[] =>
      list.flatMap((act, index) => [...more.filter(([at]) => at === index).map(([, extra]) => extra), act]),
    ),
)

type Pending = { readonly id: number; readonly verdict: Verdict; readonly answer: Promise<Admitted> }
type Growing = { readonly hold: HoldOp; readonly growth: Growth; readonly answer: Promise<Grown> }

class Life {
  readonly journal = new MemoryJournal()
  readonly model: ReferenceModel
  readonly lost = new Set<number>()
  lostSlices = 0
  lostExpiries = 0
  readonly running: HoldOp[] = []
  readonly ended = new Map<number, ReturnType<ReferenceModel['end']>>()
  readonly settled: Promise<unknown>[] = []
  readonly changed: number[] = []
  readonly #pending: Pending[] = []
  readonly #growing: Growing[] = []
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
        if (op.kind === 'slice') this.model.forgetSlice(op.hold.id)
        if (op.kind === 'breakage') this.model.forgetExpiry(op)
        if (op.kind !== 'hold') continue
        this.lost.add(op.id)
        this.model.forget(op.id)
      }
      this.lostSlices += ops.filter(({ kind }) => kind === 'slice').length
      this.lostExpiries += ops.filter(({ kind }) => kind === 'breakage').length
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
      case 'ask':
        return this.ask(book, act.request)
      case 'end':
        return this.end(book, act)
      case 'more':
        return this.more(book, act.which, act.nanos)
      case 'expire':
        return this.expire(book)
      default:
        return this.change(book, act)
    }
  }

  ask(book: Book, wanted: Omit<Request, 'id'>): void {
    const request = { ...wanted, id: ++this.#lastId }
    this.#requests.set(request.id, request)
    const verdict = this.model.ask(request, this.now(book))
    const seat = request.seated ? SUBSCRIPTION : null
    const answer = this.#isTask(request.id)
      ? book.admit(askOf(request), seat, ({ id }) => [{ sql: 'hold', params: [id] }])
      : book.admit(askOf(request), seat)
    answer.catch(() => undefined)
    this.#pending.push({ id: request.id, verdict, answer })
  }

  more(book: Book, which: number, nanos: number): void {
    const hold = this.running[which % this.running.length]
    if (!hold || hold.nanos === 0 || this.#isGrowing(hold)) return
    const growth = this.model.more(hold.id, nanos, this.now(book))
    const answer = book.more(hold, nanos)
    answer.catch(() => undefined)
    this.#growing.push({ hold, growth, answer })
  }

  #isGrowing({ id }: HoldOp): boolean {
    return this.#growing.some(({ hold }) => hold.id === id)
  }

  end(book: Book, act: EndAct): void {
    const chosen = this.running[act.which % this.running.length]
    if (!chosen || this.#isGrowing(chosen)) return
    const [hold] = this.running.splice(this.running.indexOf(chosen), 1)
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

  async change(book: Book, change: Change): Promise<void> {
    await this.flush()
    const op = opOf(this.model, change, this.now(book))
    const statement = { sql: change.kind, params: [++this.#lastId] }
    try {
      await book.command([op], [statement])
      this.model.change(change)
      this.changed.push(this.#lastId)
    } catch (error) {
      assert.ok(error instanceof BookDown)
    }
  }

  async expire(book: Book): Promise<void> {
    const expected = this.model.expire(this.now(book)).reduce((sum, { nanos }) => sum + nanos, 0)
    const booked = book.expire(TEAM, () => ++this.#lastId)
    const lost = this.lostExpiries
    try {
      assert.equal(await booked, expected)
    } catch (error) {
      assert.ok(error instanceof BookDown && this.lostExpiries > lost, String(error))
    }
  }

  async flush(): Promise<void> {
    await Promise.allSettled(this.settled)
    for (const { hold, growth, answer } of this.#growing.splice(0)) {
      const grown = await answer.catch((error) => {
        assert.ok(error instanceof BookDown, String(error))
        return null
      })
      if (grown?.kind === 'refused') assert.deepEqual({ lack: lackOf(grown.why) }, growth)
      if (grown?.kind !== 'held') continue
      assert.deepEqual(grownTo(grown.hold), growth)
      this.running[this.running.indexOf(hold)] = grown.hold
    }
    for (const { id, verdict, answer } of this.#pending.splice(0)) {
      const admitted = await answer.catch((error) => {
        assert.ok(error instanceof BookDown, String(error))
        return null
      })
      assert.equal(admitted === null, this.lost.has(id), 'a caller is told exactly when nothing was written')
      if (admitted?.kind === 'refused') assert.deepEqual(said(admitted.refusal), verdict)
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
      const used = windows.map(({ rule }) => this.model.used(resource, rule, now))
      assert.deepEqual(
        windows.map(({ usedUnits }) => usedUnits),
        used,
      )
      assert.ok(windows.every(({ heldUnits }) => heldUnits === this.model.heldUnits(resource)))
    }
    const team = await book.money(TEAM)
    assert.ok(team)
    compareMoney(team, this.model, now)
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
    const changes = this.journal.batches.flatMap(({ statements }) => statements.filter(isOfChange))
    assert.deepEqual(
      changes.flatMap(({ params }) => params),
      this.changed,
    )
    for (const { ops, statements } of this.journal.batches) {
      const idsOf = (kind: string) => statements.flatMap(({ sql, params }) => (sql === kind ? params : []))
      const tasks = (kind: 'hold' | 'end') =>
        ops
          .flatMap((op) => (op.kind === kind ? [op.kind === 'end' ? op.hold.id : op.id] : []))
          .filter((id) => this.#isTask(id))
      assert.deepEqual(idsOf('hold'), tasks('hold'))
      assert.deepEqual(idsOf('end'), tasks('end'))
      const commands = ops.filter(({ kind }) => ['fund', 'access', 'switch', 'key-cap'].includes(kind))
      assert.equal(statements.filter(isOfChange).length, commands.length)
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
    for (const meter of subscription?.meters.values() ?? []) {
      const { resource } = meter.entitlement
      assert.deepEqual(
        meter.windows.map((window) => window.usedAt(now)),
        meter.entitlement.quotas.map(({ rule }) => this.model.used(resource, rule, now)),
      )
    }
  }
}

function isOfChange({ sql }: { readonly sql: string }): boolean {
  return sql !== 'hold' && sql !== 'end'
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
  let [slicesLost, expiriesLost] = [0, 0]
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
      slicesLost += run.lostSlices
      expiriesLost += run.lostExpiries
      readAgain += replayed.loads.count - 2
      const tried = journal.attempts.flatMap(({ ops }) => ops.filter(({ kind }) => kind === 'end'))
      endsTriedAgain += tried.length - journal.ops('end').length
      const [asked, written] = [journal.attempts, journal.batches].map((batches) =>
        batches.flatMap(({ statements }) => statements.filter(({ sql }) => sql === 'end')),
      )
      statementsTriedAgain += (asked?.length ?? 0) - (written?.length ?? 0)
    }),
    { numRuns: 150, includeErrorInReport: true },
  )
  assert.ok(readAgain > 100, `subjects were let go and read again ${readAgain} times`)
  assert.ok(
    lost > 100 && endsTriedAgain > 20 && statementsTriedAgain > 5 && slicesLost > 10 && expiriesLost > 0,
    `the disk failed for ${lost} holds, ${slicesLost} slices, ${expiriesLost} expiries, ${endsTriedAgain} ends and ${statementsTriedAgain} of their statements`,
  )
})
