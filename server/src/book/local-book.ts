import { AssertionFault, assert, assertAmount } from '../assert.ts'
import type { Statement } from '../store/sqlite.ts'
import { type Applied, apply, resume, takeBack } from './apply.ts'
import { Batches } from './batches.ts'
import type { Admitted, Book, Grown, MeterReport, PlanReport } from './book.ts'
import { BookDown } from './book-down.ts'
import { type Corrected, type Correction, decideCorrection } from './correct.ts'
import { type Ask, decide, decideMore, tightest } from './decide.ts'
import type { Journal } from './journal-sqlite.ts'
import { breakage } from './lots.ts'
import { type BreakageOp, type CommandOp, type HoldOp, NO_TOKENS, type Op, type SliceOp } from './op.ts'
import type { Reads } from './reads-sqlite.ts'
import { RefusalNotes } from './refusal-notes.ts'
import { planReport } from './reports.ts'
import { type Outcome, settle } from './settle.ts'
import type { SubscriptionState, TeamState } from './state.ts'

/** The book of a server that is alone with its database: decisions are made in memory and answered when they are durable. */
export class LocalBook implements Book {
  readonly #reads: Reads
  readonly #batches: Batches
  readonly #planNow: () => number
  readonly #subscriptions = new Map<number, SubscriptionState | null>()
  readonly #teams = new Map<number, TeamState | null>()
  readonly #loads = new Map<string, Promise<void>>()
  /** Ids of running holds. Ids alone: the tables that a Map leaves behind keep what was in them alive. */
  readonly #open = new Set<number>()
  /** Those that a slice is being written for. */
  readonly #growing = new Set<number>()
  /** Those of tasks, which are looked up by their ids. */
  readonly #ofTasks = new Map<number, HoldOp>()
  readonly #notes = new RefusalNotes()
  /** Corrections one after the other: each reads what the one before has written. There are few. */
  #corrected: Promise<unknown> = Promise.resolve()
  #lastAt: number

  private constructor(
    journal: Journal,
    reads: Reads,
    planNow: () => number,
    last: { batch: number; at: number },
  ) {
    this.#reads = reads
    this.#planNow = planNow
    this.#lastAt = last.at
    this.#batches = new Batches(journal, last.batch, (ops) => this.#takeBack(ops))
  }

  /** Sweeps what a crash left open, then serves. `sweptHolds` says how many there were. */
  static async open(
    journal: Journal,
    reads: Reads,
    planNow: () => number,
  ): Promise<{ book: LocalBook; sweptHolds: number; lastId: number }> {
    const last = await reads.last()
    const sweptHolds = await journal.sweep(Math.max(planNow(), last.at))
    const book = new LocalBook(journal, reads, planNow, { batch: await reads.lastBatch(), at: last.at })
    for (const hold of await reads.openHolds()) await book.#resume(hold)
    return { book, sweptHolds, lastId: last.id }
  }

  /** Plan time as the book counts it: it never runs backwards, whatever the machine's clock does. */
  now(): number {
    this.#lastAt = Math.max(this.#lastAt, this.#planNow())
    return this.#lastAt
  }

  /** The last batch could not be written; the next request tries again. */
  isFailing(): boolean {
    return this.#batches.isFailing
  }

  openHolds(): number {
    return this.#open.size
  }

  /** Holds what the request may use, durably, or says why not. Throws BookDown when the books cannot be written. */
  async admit(
    ask: Ask,
    subscriptionId: number | null,
    statementsFor: (hold: HoldOp) => readonly Statement[] = noStatements,
  ): Promise<Admitted> {
    if (!this.#isLoaded(subscriptionId, ask.team)) await this.#load(subscriptionId, ask.team)
    const subscription = subscriptionId === null ? null : (this.#subscriptions.get(subscriptionId) ?? null)
    const team = this.#teams.get(ask.team)
    if (!team) throw new AssertionFault(`team ${ask.team} is not in the book`)
    const now = this.now()
    const decision = decide({ subscription, team }, ask, now)
    if (decision.kind === 'refused') {
      const note = this.#notes.of(ask, subscriptionId, decision.refusal, now)
      // Never waited for: a refusal that is not on disk was a refusal all the same.
      if (note) this.#batches.ride(note)
      return decision
    }
    // Made before anything is taken: what throws here must leave nothing behind.
    const statements = statementsFor(decision.op)
    apply({ subscription, team }, decision.op)
    this.#open.add(decision.op.id)
    if (statements.length > 0) this.#ofTasks.set(decision.op.id, decision.op)
    const report = decision.meter ? tightest(decision.meter, ask.units, now) : null
    await this.#batches.append(decision.op, statements)
    return { kind: 'held', op: decision.op, tightest: report }
  }

  async more(hold: HoldOp, nanos: number): Promise<Grown> {
    assert(this.#open.has(hold.id), `hold ${hold.id} has ended already`)
    assert(!this.#growing.has(hold.id), `hold ${hold.id} is growing already`)
    const team = this.#teams.get(hold.team)
    assert(team, 'the team of a running hold is in memory')
    const decision = decideMore(team, hold, nanos, this.now())
    if (decision.kind === 'refused') return decision
    apply({ subscription: null, team }, decision.op)
    this.#growing.add(hold.id)
    try {
      await this.#batches.append(decision.op)
    } finally {
      this.#growing.delete(hold.id)
    }
    return { kind: 'held', hold: decision.hold }
  }

  end(hold: HoldOp, outcome: Outcome, statements?: readonly Statement[]): Promise<undefined> | undefined {
    if (!this.#open.has(hold.id)) throw new AssertionFault(`hold ${hold.id} has ended already`)
    if (this.#growing.has(hold.id)) throw new AssertionFault(`hold ${hold.id} is growing`)
    const op = settle(hold, outcome, Math.max(this.now(), hold.at))
    this.#open.delete(hold.id)
    this.#ofTasks.delete(hold.id)
    apply(this.#subjectsOf(hold), op)
    if (hold.nanos > 0 || statements) return this.#batches.append(op, statements)
    this.#batches.ride(op)
    return undefined
  }

  /** True until the hold has its end. */
  isOpen(id: number): boolean {
    return this.#open.has(id)
  }

  /** A running hold by its id: of a task, also across a restart. */
  openHold(id: number): HoldOp | undefined {
    return this.#ofTasks.get(id)
  }

  async command(ops: readonly CommandOp[], statements: readonly Statement[]): Promise<void> {
    for (const op of ops) {
      if (op.kind === 'fund') assertAmount(op.nanos, 'what is paid in')
      await this.#load(null, op.team)
    }
    await this.#batches.appendAll(ops, statements)
    for (const op of ops) {
      const team = this.#teams.get(op.team)
      if (team) apply({ subscription: null, team }, op)
      // The team was founded by this very command: the next request loads it.
      else this.#teams.delete(op.team)
    }
  }

  correct(wanted: Correction, statements: readonly Statement[]): Promise<Corrected> {
    const corrected = this.#corrected.then(() => this.#correct(wanted, statements))
    this.#corrected = corrected.catch(() => undefined)
    return corrected
  }

  async #correct(wanted: Correction, statements: readonly Statement[]): Promise<Corrected> {
    // The end of a plan-paid request may still wait for its batch.
    if (!this.#open.has(wanted.hold)) await this.#batches.drain()
    const cost = await this.#reads.cost(wanted.hold)
    const decision = decideCorrection(cost, wanted, this.now())
    if (decision.kind !== 'corrected') return decision
    const { op } = decision
    const subscription = op.subscription === 0 ? null : op.subscription
    // Before it is written, or a load would count it and so would we.
    await this.#load(subscription, op.team)
    await this.#batches.append(op, statements)
    apply(
      {
        subscription: this.#subscriptions.get(op.subscription) ?? null,
        team: this.#teams.get(op.team) ?? null,
      },
      op,
    )
    return decision
  }

  async expire(teamId: number, mintId: () => number): Promise<number> {
    if (!this.#isLoaded(null, teamId)) await this.#load(null, teamId)
    const team = this.#teams.get(teamId)
    if (!team) return 0
    const ops = breakage(team, this.now(), mintId)
    if (ops.length === 0) return 0
    for (const op of ops) apply({ subscription: null, team }, op)
    await this.#batches.appendAll(ops, [])
    return ops.reduce((sum, { nanos }) => sum + nanos, 0)
  }

  async plan(subscriptionId: number, team: number): Promise<PlanReport | null> {
    if (!this.#isLoaded(subscriptionId, team)) await this.#load(subscriptionId, team)
    return planReport(this.#subscriptions.get(subscriptionId) ?? null, this.now())
  }

  async meters(subscriptionId: number, team: number): Promise<readonly MeterReport[] | null> {
    return (await this.plan(subscriptionId, team))?.meters ?? null
  }

  /** A copy of a team's money; null for a team that is not in the book. */
  async money(team: number): Promise<TeamState | null> {
    if (!this.#isLoaded(null, team)) await this.#load(null, team)
    const state = this.#teams.get(team)
    return state ? structuredClone(state) : null
  }

  /** Resolves when everything is on disk. */
  drain(): Promise<void> {
    return this.#batches.drain()
  }

  /** What a task holds is held again after a start; its subjects stay in memory as those of any running request do. */
  async #resume(hold: HoldOp): Promise<void> {
    assert(!this.#open.has(hold.id), `hold ${hold.id} runs already`)
    await this.#load(hold.subscription === 0 ? null : hold.subscription, hold.team)
    resume(this.#subjectsOf(hold), hold)
    this.#open.add(hold.id)
    this.#ofTasks.set(hold.id, hold)
  }

  #isLoaded(subscription: number | null, team: number): boolean {
    return this.#teams.has(team) && (subscription === null || this.#subscriptions.has(subscription))
  }

  async #load(subscription: number | null, team: number): Promise<void> {
    if (subscription !== null && !this.#subscriptions.has(subscription)) {
      await this.#once(`subscription ${subscription}`, async () => {
        this.#subscriptions.set(subscription, await this.#reads.subscription(subscription, this.now()))
      })
    }
    if (!this.#teams.has(team)) {
      await this.#once(`team ${team}`, async () => {
        this.#teams.set(team, await this.#reads.team(team, this.now()))
      })
    }
  }

  /** Two requests that want the same subject share one load. */
  #once(what: string, load: () => Promise<void>): Promise<void> {
    const running = this.#loads.get(what)
    if (running) return running
    const started = orDown(load()).finally(() => this.#loads.delete(what))
    this.#loads.set(what, started)
    return started
  }

  #subjectsOf(hold: HoldOp): Applied {
    return {
      subscription: this.#subscriptions.get(hold.subscription) ?? null,
      team: this.#teams.get(hold.team) ?? null,
    }
  }

  /** Of a batch that was not written, what was taken is undone and its callers told; ends are kept and written later. */
  #takeBack(ops: readonly Op[]): Op[] {
    for (const op of ops) {
      if (op.kind === 'slice') this.#takeBackSlice(op)
      else if (op.kind === 'breakage') this.#takeBackBreakage(op)
      if (op.kind !== 'hold' || !this.#open.delete(op.id)) continue
      this.#ofTasks.delete(op.id)
      apply(this.#subjectsOf(op), settle(op, { ending: 'failed', nanos: 0, tokens: NO_TOKENS }, op.at))
    }
    return ops.filter((op) => op.kind === 'end')
  }

  #takeBackSlice(op: SliceOp): void {
    const team = this.#teams.get(op.hold.team)
    if (team) takeBack(team, op)
  }

  #takeBackBreakage(op: BreakageOp): void {
    apply({ subscription: null, team: this.#teams.get(op.team) ?? null }, { ...op, nanos: -op.nanos })
  }
}

async function orDown(done: Promise<void>): Promise<void> {
  try {
    await done
  } catch (error) {
    throw BookDown.from(error)
  }
}

const noStatements = (): readonly Statement[] => []
