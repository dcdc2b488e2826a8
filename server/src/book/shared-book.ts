import { assert, assertAmount } from '../assert.ts'
import type { Statement } from '../store/store.ts'
import type { Admitted, Book, Ended, Grown, MeterReport, PlanReport } from './book.ts'
import { BookDown } from './book-down.ts'
import { type Corrected, type Correction, type Cost, decideCorrection } from './correct.ts'
import { type Ask, decide, decideMore, tightest } from './decide.ts'
import type { Found, Job, Work } from './jobs.ts'
import type { SharedJournal } from './journal-postgres.ts'
import { breakage } from './lots.ts'
import { type CommandOp, type HoldOp, NO_TOKENS } from './op.ts'
import { readCost } from './reads-corrections.ts'
import { RefusalNotes } from './refusal-notes.ts'
import { planReport } from './reports.ts'
import { type Outcome, settle, settleLate } from './settle.ts'
import type { TeamState } from './state.ts'
import { Turns } from './turns.ts'

/**
 * The book of servers that share a database: every answer, refusals included, is decided inside the transaction that
 * locks its subjects, so all servers together are as exact as one.
 */
export class SharedBook implements Book {
  readonly #turns: Turns
  readonly #journal: SharedJournal
  readonly #cost: (hold: number) => Promise<Cost | null>
  readonly #planNow: () => number
  readonly #report: (error: unknown) => void
  /** Ids of the holds that this server runs. */
  readonly #open = new Set<number>()
  readonly #growing = new Set<number>()
  readonly #ofTasks = new Map<number, HoldOp>()
  readonly #notes = new RefusalNotes()

  /** `cost`: what a request has cost, to find whose it was; `planNow`: the database's time as far as it is known here; `report` hears of ends that make no sense. */
  constructor(
    journal: SharedJournal,
    cost: (hold: number) => Promise<Cost | null>,
    planNow: () => number,
    report: (error: unknown) => void,
  ) {
    this.#journal = journal
    this.#cost = cost
    this.#turns = new Turns((jobs) => journal.write(jobs), journal.isOfOne)
    this.#planNow = planNow
    this.#report = report
  }

  now(): number {
    return this.#planNow()
  }

  isFailing(): boolean {
    return this.#turns.isFailing
  }

  openHolds(): number {
    return this.#open.size
  }

  async admit(
    ask: Ask,
    subscription: number | null,
    statementsFor: (hold: HoldOp) => readonly Statement[] = noStatements,
  ): Promise<Admitted> {
    const run = (found: Found): Work<Admitted> => {
      assert(found.team, `team ${ask.team} is not in the book`)
      const decision = decide({ subscription: found.subscription, team: found.team }, ask, found.now)
      if (decision.kind === 'refused') {
        // In the same commit: a refusal is decided on what is locked, so it is durable like everything else.
        const note = this.#notes.of(ask, subscription, decision.refusal, found.now)
        return { ops: note ? [note] : [], answer: () => decision }
      }
      const { op, meter } = decision
      const statements = statementsFor(op)
      const answer = (): Admitted => ({
        kind: 'held',
        op,
        tightest: meter ? tightest(meter, ask.units, found.now) : null,
      })
      return { ops: [op], statements, answer }
    }
    const admitted = await this.#admitted(ask, {
      team: ask.team,
      subscription: subscription ?? 0,
      hold: 0,
      run,
    })
    if (admitted.kind === 'refused') return admitted
    this.#open.add(admitted.op.id)
    // A task is known by the rows it brought along.
    if (statementsFor !== noStatements) this.#ofTasks.set(admitted.op.id, admitted.op)
    return admitted
  }

  /** Where nobody can say whether the hold was written, it is let go as soon as the database is back. */
  async #admitted(ask: Ask, job: Job<Admitted>): Promise<Admitted> {
    try {
      return await this.#turns.take(job)
    } catch (error) {
      this.#turns.ride(releaseOf(ask, job.subscription), this.#report)
      throw error
    }
  }

  async more(hold: HoldOp, nanos: number): Promise<Grown> {
    assert(this.#open.has(hold.id), `hold ${hold.id} has ended already`)
    assert(!this.#growing.has(hold.id), `hold ${hold.id} is growing already`)
    this.#growing.add(hold.id)
    try {
      return await this.#turns.take({ ...subjectsOf(hold), run: (found) => grow(found, hold, nanos) })
    } finally {
      this.#growing.delete(hold.id)
    }
  }

  end(hold: HoldOp, outcome: Outcome, statements?: readonly Statement[]): Promise<Ended> | undefined {
    assert(this.#open.has(hold.id), `hold ${hold.id} has ended already`)
    assert(!this.#growing.has(hold.id), `hold ${hold.id} is growing`)
    // What makes no sense is refused before anything is let go of.
    settle(hold, outcome, hold.at)
    this.#open.delete(hold.id)
    this.#ofTasks.delete(hold.id)
    const job = endOf(hold, outcome, statements ?? [])
    if (hold.nanos > 0 || statements) return this.#turns.take(job, true)
    this.#turns.ride(job, this.#report)
    return undefined
  }

  isOpen(id: number): boolean {
    return this.#open.has(id)
  }

  openHold(id: number): HoldOp | undefined {
    return this.#ofTasks.get(id)
  }

  /** A running task of a server that is gone goes on here. */
  adopt(hold: HoldOp): void {
    this.#open.add(hold.id)
    this.#ofTasks.set(hold.id, hold)
  }

  /** Ends what a server that is gone left open (design §4.10). */
  sweep(hold: HoldOp, statements: readonly Statement[]): Promise<Ended> {
    return this.#turns.take(endOf(hold, { ending: 'crashed', nanos: 0, tokens: NO_TOKENS }, statements))
  }

  async command(ops: readonly CommandOp[], statements: readonly Statement[]): Promise<void> {
    for (const op of ops) if (op.kind === 'fund') assertAmount(op.nanos, 'what is paid in')
    const [first] = ops
    // Nothing of the book's changes: rows alone, as the revocation of a key.
    if (!first) return this.#journal.commit(statements)
    assert(
      ops.every(({ team }) => team === first.team),
      'a command is about one team',
    )
    const run = (found: Found): Work<void> => ({
      ops: ops.map((op) => ({ ...op, at: Math.max(op.at, found.now) })),
      statements,
      answer: () => undefined,
    })
    await this.#turns.take({ team: first.team, subscription: 0, hold: 0, run })
  }

  async correct(wanted: Correction, statements: readonly Statement[]): Promise<Corrected> {
    // The end of a plan-paid request may still wait for its batch.
    if (!this.#open.has(wanted.hold)) await this.drain()
    const cost = await this.#cost(wanted.hold)
    if (!cost) return { kind: 'unknown' }
    const run = ({ looked, now }: Found): Work<Corrected> => {
      const decision = decideCorrection(looked as Cost | null, wanted, now)
      return decision.kind === 'corrected'
        ? { ops: [decision.op], statements, answer: () => decision }
        : { ops: [], answer: () => decision }
    }
    const { team, subscription, hold } = cost
    // Read again under the lock: two corrections at once never give back the same twice.
    return this.#turns.take({ team, subscription, hold, look: (read) => readCost({ read }, hold), run })
  }

  expire(team: number, mintId: () => number): Promise<number> {
    const run = (found: Found): Work<number> => {
      const ops = found.team ? breakage(found.team, found.now, mintId) : []
      return { ops, answer: () => ops.reduce((sum, { nanos }) => sum + nanos, 0) }
    }
    return this.#turns.take({ team, subscription: 0, hold: 0, run })
  }

  plan(subscription: number, team: number): Promise<PlanReport | null> {
    const run = (found: Found): Work<PlanReport | null> => ({
      ops: [],
      answer: () => planReport(found.subscription, found.now),
    })
    return this.#turns.take({ team, subscription, hold: 0, run })
  }

  async meters(subscription: number, team: number): Promise<readonly MeterReport[] | null> {
    return (await this.plan(subscription, team))?.meters ?? null
  }

  money(team: number): Promise<TeamState | null> {
    const run = (found: Found): Work<TeamState | null> => ({
      ops: [],
      answer: () => (found.team ? structuredClone(found.team) : null),
    })
    return this.#turns.take({ team, subscription: 0, hold: 0, run })
  }

  drain(): Promise<void> {
    return this.#turns.drain()
  }
}

const NOTHING_CAME: Outcome = { ending: 'failed', nanos: 0, tokens: NO_TOKENS }
const noStatements = (): readonly Statement[] => []

function subjectsOf(hold: HoldOp): Pick<Job, 'team' | 'subscription' | 'hold'> {
  return { team: hold.team, subscription: hold.subscription, hold: hold.id }
}

function grow({ team, now, fate }: Found, hold: HoldOp, nanos: number): Work<Grown> {
  assert(team, 'a running hold has a team')
  // Of a server that others took for dead; what it still reports is settled late.
  if (fate !== 'running') throw new BookDown('another server has ended this request meanwhile')
  const decision = decideMore(team, hold, nanos, now)
  if (decision.kind === 'refused') return { ops: [], answer: () => decision }
  return { ops: [decision.op], answer: () => ({ kind: 'held', hold: decision.hold }) }
}

/** Once: what another server has ended meanwhile is settled late, for the operator to bear. */
function endOf(hold: HoldOp, outcome: Outcome, statements: readonly Statement[]): Job<Ended> {
  const run = ({ now, fate }: Found): Work<Ended> => {
    const at = Math.max(now, hold.at)
    if (fate === 'running') return { ops: [settle(hold, outcome, at)], statements, answer: () => undefined }
    const answer = () => 'elsewhere' as const
    if (fate === 'swept' && outcome.ending !== 'crashed')
      return { ops: [settleLate(hold, outcome, at)], answer }
    return { ops: [], answer }
  }
  return { ...subjectsOf(hold), run }
}

/** Of a hold that may never have been written: nothing is known of it but its id. */
function releaseOf(ask: Ask, subscription: number): Job<void> {
  return {
    team: ask.team,
    subscription,
    hold: ask.id,
    run: ({ now, open }) => {
      const hold = open()
      const ops = hold ? [settle(hold, NOTHING_CAME, Math.max(now, hold.at))] : []
      return { ops, answer: () => undefined }
    },
  }
}
