import assert from 'node:assert/strict'
import type { Book } from '../../src/book/book.ts'
import { type Batch, type Journal, journalSqlite } from '../../src/book/journal-sqlite.ts'
import { LocalBook } from '../../src/book/local-book.ts'
import type { BreakageOp, Op } from '../../src/book/op.ts'
import { readsSqlite } from '../../src/book/reads-sqlite.ts'
import { migrate } from '../../src/store/migrate.ts'
import { commonRows } from '../book/founding.ts'
import { Disk } from './disk.ts'
import { EventLoop, promisesSettled } from './event-loop.ts'
import { prove, reconcile } from './proof.ts'
import { Random } from './random.ts'
import { ServedTeam, type Surroundings } from './served-team.ts'
import { DAY_MS, HOUR_MS, namesOf, STARTS, termsOf } from './teams.ts'

const TEAMS = 3
/** Turns of the event loop within which everything that is under way has ended. */
const MOST_TURNS = 2_000

const ACTS = {
  ask: 300,
  end: 230,
  endAgain: 15,
  callBack: 40,
  more: 60,
  change: 40,
  expire: 15,
  turns: 400,
  clock: 60,
  letGo: 25,
  crash: 6,
  stop: 4,
} as const

/** How often everything is proven: at every step, or at some that are enough to notice. */
export type Care = { readonly compareEvery: number; readonly proveEvery: number }

/** One process after another over one disk, and the teams that it serves. */
export class Simulation implements Surroundings {
  readonly random: Random
  readonly counts = new Map<string, number>()
  readonly durable = new Set<unknown>()
  /** What expired, as far as it is on the disk. */
  readonly expiries: BreakageOp[] = []
  readonly disk: Disk
  readonly teams: ServedTeam[] = []
  /** Of the sweeps of all starts: one of them ended what a crash had left. */
  readonly sweepsAt: number[] = []
  step = 0
  /** What was done last. */
  doing = 'founding'
  operations = 0
  readonly #loop = new EventLoop()
  #book: LocalBook | undefined
  #errors: unknown[] = []
  #lastId = 100_000_000
  #writing: Batch | null = null
  #clockMs: number

  constructor(seed: number) {
    this.random = new Random(seed)
    this.#clockMs = this.random.of(STARTS)
    this.disk = new Disk(this.#loop, this.random, (fault) => this.saw(fault))
    this.disk.onCommit = () => {
      for (const op of this.#writing?.ops ?? []) {
        this.durable.add(keyOf(op))
        if (op.kind === 'breakage') this.expiries.push(op)
      }
    }
  }

  get book(): Book {
    assert.ok(this.#book, 'a process runs')
    return this.#book
  }

  nextId = () => ++this.#lastId

  saw = (what: string) => {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
  }

  check = (act: () => void) => {
    try {
      act()
    } catch (error) {
      this.#errors.push(error)
    }
  }

  async run(operations: number, care: Care): Promise<void> {
    await this.#found()
    this.disk.faulty = true
    while (this.operations < operations) {
      this.step++
      const kind = this.random.kind(ACTS)
      // Somebody starts again what says that it must be.
      await this.#act(this.disk.isUnknown && this.random.once(12) ? 'stop' : kind)
      await promisesSettled()
      await this.#prove(care)
    }
    this.doing = 'the end'
    await this.#restart(true)
    this.disk.faulty = false
    await this.#settled(this.book.drain())
    for (const team of this.teams) await this.#settled(this.#warm(team))
    await this.#prove({ compareEvery: 1, proveEvery: 1 })
    this.disk.close()
  }

  async #found(): Promise<void> {
    await this.#settled(migrate(this.disk.store))
    await this.#settled(this.disk.store.job(commonRows()))
    await this.#open()
    for (let number = 0; number < TEAMS; number++) {
      const names = namesOf(number)
      const team = new ServedTeam(names, termsOf(this.random, names, this.#clockMs), this)
      await this.#settled(team.found(this.#clockMs))
      this.teams.push(team)
    }
  }

  async #act(kind: keyof typeof ACTS): Promise<void> {
    this.doing = kind
    const team = this.random.of(this.teams)
    if (kind === 'turns') return this.#turns(this.random.between(1, 6))
    if (kind === 'clock') return this.#moveClock()
    if (kind === 'letGo') return this.#letGo()
    if (kind === 'crash' || kind === 'stop') {
      this.saw(kind)
      return this.#restart(kind === 'stop')
    }
    if (kind === 'ask') {
      for (let burst = this.random.between(1, 4); burst > 0; burst--) {
        team.ask()
        this.operations++
      }
    } else if (team[kind]()) this.operations++
  }

  async #turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await this.#loop.turn(this.random)
  }

  /** The machine's clock; that of the book never falls, and what runs goes on, for however long. */
  #moveClock(): void {
    const ms = this.random.of([
      1,
      500,
      HOUR_MS,
      5 * HOUR_MS - 1,
      5 * HOUR_MS,
      DAY_MS,
      8 * DAY_MS,
      40 * DAY_MS,
      -1,
      -HOUR_MS,
      -DAY_MS,
    ])
    const from = this.book.now()
    this.#clockMs += ms
    this.saw(ms < 0 ? 'clock back' : ms >= DAY_MS ? 'clock days ahead' : 'clock ahead')
    assert.ok(this.book.now() >= from, 'the time of the book never falls')
  }

  /** Subjects that nobody needs leave memory; the next request reads its own again. */
  #letGo(): void {
    const book = this.#book
    assert.ok(book, 'a process runs')
    const before = book.subjects()
    book.letIdleGo()
    book.letIdleGo()
    if (book.subjects() < before) this.saw('left memory')
    for (const team of this.teams) team.isWarm = false
  }

  /** A stop writes what there is first; a crash may come at any moment, also of the next start. */
  async #restart(isClean: boolean): Promise<void> {
    if (isClean) await this.#stop()
    this.disk.crash()
    await promisesSettled()
    for (const team of this.teams) team.crashed()
    this.#writing = null
    await this.#open()
    await reconcile(this)
    await this.#prove({ compareEvery: 1, proveEvery: 1 })
  }

  /** With a disk that works everything is written, what failed before included. */
  async #stop(): Promise<void> {
    this.disk.faulty = false
    await this.#settled(this.book.drain())
    this.disk.faulty = true
    if (this.disk.isUnknown) return
    for (const { model } of this.teams)
      for (const { id, end } of model.holds)
        assert.ok(!end || this.durable.has(`end ${id}`), `the end of hold ${id} was never written`)
  }

  async #open(): Promise<void> {
    const { store } = this.disk
    for (;;) {
      const opening = LocalBook.open(this.#journal(), readsSqlite(store), () => this.#clockMs, {
        timers: this.#loop,
      })
      const dies = this.disk.faulty && this.random.once(4) ? this.random.between(1, 8) : MOST_TURNS
      try {
        const opened = await this.#settled(opening, dies)
        if (opened) {
          this.#book = opened.book
          return
        }
        this.saw('crash while starting')
        this.disk.crash()
      } catch (error) {
        if (!this.disk.faulty) throw error
        this.saw('start failed')
        this.#loop.end()
      }
    }
  }

  /** The product's journal, which says what it writes. */
  #journal(): Journal {
    const real = journalSqlite(this.disk.store)
    return {
      write: async (batch) => {
        this.#writing = batch
        try {
          await real.write(batch)
        } catch (error) {
          this.#lost(batch.ops)
          throw error
        } finally {
          this.#writing = null
        }
      },
      sweep: (at) => {
        this.sweepsAt.push(at)
        return real.sweep(at)
      },
    }
  }

  /** In the turn in which the book takes them back. */
  #lost(ops: readonly Op[]): void {
    this.saw('batch lost')
    for (const op of ops) {
      const isThere = op.kind !== 'end' && this.durable.has(keyOf(op))
      this.check(() => assert.ok(!isThere || this.disk.isUnknown, 'what failed is not on the disk'))
      const owner = op.kind === 'slice' || op.kind === 'end' || op.kind === 'late' ? op.hold.team : op.team
      const team = this.teams.find(({ names }) => names.team === owner)
      if (op.kind === 'hold') team?.model.forget(op.id)
      if (op.kind === 'slice') team?.model.forgetSlice(op.hold.id)
      if (op.kind === 'breakage') team?.model.forgetExpiry(op)
    }
  }

  async #warm(team: ServedTeam): Promise<void> {
    await this.book.meters(team.names.subscription, team.names.team)
    team.isWarm = true
  }

  async #prove({ compareEvery, proveEvery }: Care): Promise<void> {
    const [error] = this.#errors
    if (error) throw error
    // Asking for the time is a step of the book's own, so it is taken whatever the care.
    this.book.now()
    if (this.step % compareEvery === 0) for (const team of this.teams) await team.compare()
    if (this.step % proveEvery === 0) await prove(this)
  }

  /** Turns the loop until the promise has settled; undefined when that takes more turns than given. */
  async #settled<value>(promise: Promise<value>, turns = MOST_TURNS): Promise<value | undefined> {
    let done: (() => value) | undefined
    promise.then(
      (value) => {
        done = () => value
      },
      (error) => {
        done = () => {
          throw error
        }
      },
    )
    await promisesSettled()
    for (let turn = 0; turn < turns && !done; turn++) await this.#loop.turn(this.random)
    assert.ok(done || turns < MOST_TURNS, 'what was asked for is answered')
    return done?.()
  }
}

function keyOf(op: Op): unknown {
  if (op.kind === 'hold') return `hold ${op.id}`
  if (op.kind === 'end') return `end ${op.hold.id}`
  // One that costs nothing leaves no row, and its number to the next.
  if (op.kind === 'slice' && op.nanos > 0) return `slice ${op.hold.id} ${op.number}`
  if (op.kind === 'breakage') return `breakage ${op.id}`
  return op
}
