import { AssertionFault, assert, assertAmount } from '../assert.ts'
import type { Statement } from '../store/sqlite.ts'
import { type Applied, apply, resume, takeBack } from './apply.ts'
import { Batches, realTimers, type Timers } from './batches.ts'
import type { Admitted, Book, Grown, MeterReport, PlanReport } from './book.ts'
import { type Corrected, type Correction, decideCorrection } from './correct.ts'
import { type Ask, decide, decideMore, tightest } from './decide.ts'
import type { Journal } from './journal-sqlite.ts'
import { breakage } from './lots.ts'
import { type BreakageOp, type CommandOp, type HoldOp, NO_TOKENS, type Op, type SliceOp } from './op.ts'
import type { Reads } from './reads-sqlite.ts'
import { RefusalNotes } from './refusal-notes.ts'
import { planReport } from './reports.ts'
import { type Resident, Residents } from './residents.ts'
import { type Outcome, settle } from './settle.ts'
import type { SubscriptionState, TeamState } from './state.ts'

type Time = { readonly planNow: () => number; readonly timers: Timers }
type Setting = { readonly capacity?: number; readonly timers?: Timers }

/** How many of each kind stay in memory when nobody needs them. */
const CAPACITY = 10_000

type Present = {
  readonly subscription: Resident<SubscriptionState> | null
  readonly team: Resident<TeamState>
}

/** The book of a server that is alone with its database: decisions are made in memory and answered when they are durable. */
export class LocalBook implements Book {
  readonly #reads: Reads
  readonly #batches: Batches
  readonly #planNow: () => number
  readonly #subscriptions: Residents<SubscriptionState>
  readonly #teams: Residents<TeamState>
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
    time: Time,
    last: { readonly batch: number; readonly at: number; readonly capacity: number },
  ) {
    this.#reads = reads
    this.#planNow = time.planNow
    this.#lastAt = last.at
    const batches = new Batches(journal, last.batch, (ops) => this.#takeBack(ops), time.timers)
    const writtenBatch = () => batches.writtenNumber
    const { capacity } = last
    this.#batches = batches
    this.#subscriptions = new Residents((id) => reads.subscription(id, this.now()), writtenBatch, capacity)
    this.#teams = new Residents((id) => reads.team(id, this.now()), writtenBatch, capacity)
  }

  /** Sweeps what a crash left open, then serves. `sweptHolds` says how many there were. */
  static async open(
    journal: Journal,
    reads: Reads,
    planNow: () => number,
    { capacity = CAPACITY, timers = realTimers }: Setting = {},
  ): Promise<{ book: LocalBook; sweptHolds: number; lastId: number }> {
    const last = await reads.last()
    const sweptHolds = await journal.sweep(Math.max(planNow(), last.at))
    const batch = await reads.lastBatch()
    const book = new LocalBook(journal, reads, { planNow, timers }, { batch, at: last.at, capacity })
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

  /** Subjects in memory: subscriptions and teams. */
  subjects(): number {
    return this.#subscriptions.size + this.#teams.size
  }

  /** Lets go of the subjects that nobody has asked for since the last call. */
  letIdleGo(): void {
    this.#subscriptions.letIdleGo()
    this.#teams.letIdleGo()
  }

  /** Holds what the request may use, durably, or says why not. Throws BookDown when the books cannot be written. */
  admit(
    ask: Ask,
    subscription: number | null,
    statementsFor: (hold: HoldOp) => readonly Statement[] = noStatements,
  ): Promise<Admitted> {
    const present = this.#find(subscription, ask.team)
    if (present) return this.#admit(present, ask, statementsFor)
    return this.#loaded(subscription, ask.team, (loaded) => this.#admit(loaded, ask, statementsFor))
  }

  /** Up to the append in one go: nobody else decides in between, and nothing it needs leaves memory. */
  async #admit(
    present: Present,
    ask: Ask,
    statementsFor: (hold: HoldOp) => readonly Statement[],
  ): Promise<Admitted> {
    const team = present.team.state
    if (!team) throw new AssertionFault(`team ${ask.team} is not in the book`)
    const subjects = { subscription: present.subscription?.state ?? null, team }
    const now = this.now()
    const decision = decide(subjects, ask, now)
    if (decision.kind === 'refused') {
      const note = this.#notes.of(ask, subjects.subscription?.id ?? null, decision.refusal, now)
      // Never waited for: a refusal that is not on disk was a refusal all the same.
      if (note) this.#batches.ride(note)
      return decision
    }
    const { op, meter } = decision
    // Made before anything is taken: what throws here must leave nothing behind.
    const statements = statementsFor(op)
    apply(subjects, op)
    this.#open.add(op.id)
    this.#keep(op, 1)
    if (statements.length > 0) this.#ofTasks.set(op.id, op)
    const report = meter ? tightest(meter, ask.units, now) : null
    await this.#batches.append(op, statements)
    return { kind: 'held', op, tightest: report }
  }

  async more(hold: HoldOp, nanos: number): Promise<Grown> {
    assert(this.#open.has(hold.id), `hold ${hold.id} has ended already`)
    assert(!this.#growing.has(hold.id), `hold ${hold.id} is growing already`)
    const { team } = this.#subjectsOf(hold)
    assert(team, 'the team of a running hold is in memory')
    const decision = decideMore(team, hold, nanos, this.now())
    if (decision.kind === 'refused') return decision
    apply({ subscription: null, team }, decision.op)
    this.#keep(hold, 0)
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
    this.#keep(hold, -1)
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
    const needed: Resident<TeamState>[] = []
    try {
      for (const op of ops) {
        if (op.kind === 'fund') assertAmount(op.nanos, 'what is paid in')
        needed.push(await this.#teams.need(op.team))
      }
      await this.#batches.appendAll(ops, statements)
      for (const [index, op] of ops.entries()) {
        const team = needed[index]?.state
        if (team) apply({ subscription: null, team }, op)
        // The team was founded by this very command: the next request loads it.
        else this.#teams.forget(op.team)
      }
    } finally {
      for (const resident of needed) resident.needs--
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
    // In memory before it is written, or a load would count it and so would we.
    await this.#loaded(subscription, op.team, async (present) => {
      this.#keep(op, 1)
      try {
        await this.#batches.append(op, statements)
      } finally {
        this.#keep(op, -1)
      }
      apply({ subscription: present.subscription?.state ?? null, team: present.team.state }, op)
    })
    return decision
  }

  expire(team: number, mintId: () => number): Promise<number> {
    return this.#loaded(null, team, async ({ team: { state: found } }) => {
      const ops = found ? breakage(found, this.now(), mintId) : []
      if (ops.length === 0) return 0
      for (const op of ops) apply({ subscription: null, team: found }, op)
      this.#keep({ team, subscription: 0 }, 0)
      await this.#batches.appendAll(ops, [])
      return ops.reduce((sum, { nanos }) => sum + nanos, 0)
    })
  }

  plan(subscription: number, team: number): Promise<PlanReport | null> {
    return this.#loaded(subscription, team, async (present) =>
      planReport(present.subscription?.state ?? null, this.now()),
    )
  }

  async meters(subscriptionId: number, team: number): Promise<readonly MeterReport[] | null> {
    return (await this.plan(subscriptionId, team))?.meters ?? null
  }

  /** A copy of a team's money; null for a team that is not in the book. */
  money(team: number): Promise<TeamState | null> {
    return this.#loaded(null, team, async ({ team: { state } }) => (state ? structuredClone(state) : null))
  }

  /** Resolves when everything is on disk. */
  drain(): Promise<void> {
    return this.#batches.drain()
  }

  /** What a task holds is held again after a start; its subjects stay in memory as those of any running request do. */
  async #resume(hold: HoldOp): Promise<void> {
    assert(!this.#open.has(hold.id), `hold ${hold.id} runs already`)
    await this.#loaded(hold.subscription === 0 ? null : hold.subscription, hold.team, async (present) => {
      resume({ subscription: present.subscription?.state ?? null, team: present.team.state }, hold)
      this.#open.add(hold.id)
      this.#keep(hold, 1)
      this.#ofTasks.set(hold.id, hold)
    })
  }

  /** Both, when they are in memory: then nobody waits. */
  #find(subscription: number | null, team: number): Present | null {
    const ofPlan = subscription === null ? null : this.#subscriptions.find(subscription)
    const ofTeam = this.#teams.find(team)
    return ofPlan === undefined || !ofTeam ? null : { subscription: ofPlan, team: ofTeam }
  }

  /** Both are loaded and stay in memory until `act` has gone as far as it goes without waiting. */
  async #loaded<answer>(
    subscription: number | null,
    team: number,
    act: (present: Present) => Promise<answer>,
  ): Promise<answer> {
    const ofPlan = subscription === null ? null : await this.#subscriptions.need(subscription)
    try {
      const ofTeam = await this.#teams.need(team)
      try {
        return act({ subscription: ofPlan, team: ofTeam })
      } finally {
        ofTeam.needs--
      }
    } finally {
      if (ofPlan) ofPlan.needs--
    }
  }

  #subjectsOf(hold: Pick<HoldOp, 'subscription' | 'team'>): Applied {
    return {
      subscription: this.#subscriptions.find(hold.subscription)?.state ?? null,
      team: this.#teams.find(hold.team)?.state ?? null,
    }
  }

  /** Its subjects stay in memory while it runs, and until the batch is written that an op of it joins now. */
  #keep(hold: Pick<HoldOp, 'subscription' | 'team'>, holdsMore: number): void {
    const batch = this.#batches.nextNumber
    for (const kept of [this.#subscriptions.find(hold.subscription), this.#teams.find(hold.team)]) {
      if (!kept) continue
      kept.needs += holdsMore
      kept.batch = batch
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
      this.#keep(op, -1)
    }
    return ops.filter((op) => op.kind === 'end')
  }

  #takeBackSlice(op: SliceOp): void {
    const { team } = this.#subjectsOf(op.hold)
    if (team) takeBack(team, op)
  }

  #takeBackBreakage(op: BreakageOp): void {
    apply(this.#subjectsOf({ team: op.team, subscription: 0 }), { ...op, nanos: -op.nanos })
  }
}

const noStatements = (): readonly Statement[] => []
