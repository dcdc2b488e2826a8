import { setMaxListeners } from 'node:events'
import { assert } from '../assert.ts'
import type { Book } from '../book/book.ts'
import { NO_TOKENS } from '../book/op.ts'
import type { Outcome } from '../book/settle.ts'
import type { Clock } from '../clock.ts'
import type { Claims } from '../media/claims.ts'
import { payForVoice } from '../media/engine-ids.ts'
import type { Media } from '../media/media.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import type { Upstreams } from '../upstreams/upstreams.ts'
import { keepOutput } from './keep-output.ts'
import { type Progress, readProgress } from './progress.ts'
import { endTask, firstUsesOf, type Task, type TaskEnd, type Tasks } from './tasks.ts'

export type Workshop = {
  readonly book: Book
  readonly clock: Clock
  readonly media: Media
  readonly tasks: Tasks
  readonly upstreams: Upstreams
  readonly firstUses: Claims<number>
  /** How long what it made is kept, in ms of plan time. */
  readonly outputLifetimeMs: number
  readonly told: (task: Task, state: string) => void
  readonly report: (where: string, error: unknown) => void
}

export type TaskPace = {
  /** Between two rounds, real time. */
  readonly tickMs: number
  /** Between two looks at a task of this age. */
  readonly everyMs: (ageMs: number) => number
}

/** Most videos take a minute or two, a long text some seconds. */
export const taskPace: TaskPace = {
  tickMs: 250,
  everyMs: (ageMs) => (ageMs < 30_000 ? 500 : ageMs < 120_000 ? 2_000 : 8_000),
}

/** Looks at once at one engine, so that one which does not answer keeps only its own; the rest wait for the next round. */
const MOST_LOOKS = 16

type Watched = {
  readonly task: Task
  /** The engine's last word. */
  state: string
  nextAt: number
  isLooking: boolean
  /** Decided and not seen on the disk yet: the books could not be written. */
  end: TaskEnd | undefined
  /** Reported already. */
  trouble: string
}

/**
 * Watches the tasks that engines work on, across restarts, and ends each exactly once: with what it made, with a failure,
 * or at its deadline. Until then its hold stays.
 */
export class Poller {
  readonly #shop: Workshop
  readonly #pace: TaskPace
  /** Those that were looked at last stand last, so that none waits for ever. */
  readonly #watched = new Map<number, Watched>()
  readonly #closing = new AbortController()
  #timer: NodeJS.Timeout | undefined
  /** Under way, by engine. */
  readonly #looks = new Map<string, number>()
  #whenQuiet: (() => void) | undefined

  constructor(shop: Workshop, pace = taskPace) {
    this.#shop = shop
    this.#pace = pace
    // One for each look.
    setMaxListeners(0, this.#closing.signal)
  }

  /** Goes on where the last process stopped. */
  async resume(): Promise<void> {
    for (const task of await this.#shop.tasks.running()) this.#goOn(task)
  }

  /** Goes on where another server stopped, whose hold this one has taken over. */
  async adopt(hold: number): Promise<void> {
    const task = await this.#shop.tasks.ofHold(hold)
    if (task && task.ended_at === null) this.#goOn(task)
  }

  #goOn(task: Task): void {
    for (const voice of firstUsesOf(task)) this.#shop.firstUses.claim(voice)
    this.watch(task)
  }

  /** The first uses of voices in it are claimed, and let go with its end. */
  watch(task: Task): void {
    const { state } = task
    this.#watched.set(task.id, { task, state, nextAt: 0, isLooking: false, end: undefined, trouble: '' })
    this.#tickLater()
  }

  /** The engine's last word for a running task; undefined when it does not run. */
  stateOf(id: number): string | undefined {
    return this.#watched.get(id)?.state
  }

  /** Looks that are under way are broken off; the tasks go on at their engines and are watched again after the next start. */
  close(): Promise<void> {
    this.#closing.abort(new Error('this server stops'))
    clearTimeout(this.#timer)
    if (this.#looks.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenQuiet = resolve
    })
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  #tickLater(): void {
    if (this.#isClosed || this.#timer || this.#watched.size === 0) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#tick()
      this.#tickLater()
    }, this.#pace.tickMs)
    this.#timer.unref()
  }

  #tick(): void {
    const now = this.#shop.clock.realNow()
    for (const watched of this.#watched.values()) {
      if (watched.isLooking || now < watched.nextAt) continue
      if ((this.#looks.get(watched.task.upstream) ?? 0) < MOST_LOOKS) void this.#look(watched)
    }
  }

  /** Never rejects: what goes wrong is reported, and the task is looked at again. */
  async #look(watched: Watched): Promise<void> {
    const { id, created_at: createdAt, upstream } = watched.task
    watched.isLooking = true
    this.#count(upstream, 1)
    try {
      await this.#advance(watched)
    } catch (error) {
      this.#report(watched, error)
    }
    const now = this.#shop.clock.realNow()
    watched.nextAt = now + this.#pace.everyMs(now - createdAt)
    watched.isLooking = false
    this.#count(upstream, -1)
    if (this.#watched.delete(id)) this.#watched.set(id, watched)
    if (this.#isClosed && this.#looks.size === 0) this.#whenQuiet?.()
  }

  #count(upstream: string, change: 1 | -1): void {
    const looks = (this.#looks.get(upstream) ?? 0) + change
    if (looks > 0) this.#looks.set(upstream, looks)
    else this.#looks.delete(upstream)
  }

  async #advance(watched: Watched): Promise<void> {
    const { task } = watched
    if (watched.end) {
      const row = await this.#shop.tasks.find(task.id, task.team)
      if (row && row.ended_at !== null) this.#over(watched, watched.end)
      return
    }
    const upstream = this.#shop.upstreams.named(task.upstream)
    // An engine that left the configuration may come back until the deadline.
    const progress: Progress = upstream
      ? await readProgress(upstream, task, this.#closing.signal)
      : { kind: 'unknown' }
    if (progress.kind === 'failed') {
      await this.#end(watched, failed(progress.code, progress.message))
    } else if (progress.kind === 'done' && upstream) {
      if (await this.#isKept(watched, upstream, progress)) {
        const { width, height } = progress
        await this.#end(watched, { state: 'Success', file: task.file, width, height, code: 0, message: '' })
      }
    } else if (progress.kind === 'running' && progress.state !== watched.state) {
      watched.state = progress.state
      this.#shop.told(task, progress.state)
    }
    if (!watched.end && this.#shop.clock.realNow() >= task.deadline_at)
      await this.#end(watched, failed(1001, 'it was not done by its deadline'))
  }

  /** False when the file could not be fetched or kept: it is tried again, until the deadline. */
  async #isKept(watched: Watched, upstream: Upstream, made: Progress & { kind: 'done' }): Promise<boolean> {
    const { media, clock, outputLifetimeMs } = this.#shop
    const expiresAt = clock.planNow() + outputLifetimeMs
    try {
      const from = { upstream, remoteFile: made.file, signal: this.#closing.signal }
      await keepOutput(media, watched.task, from, expiresAt)
      return true
    } catch (error) {
      this.#report(watched, error)
      return false
    }
  }

  /**
   * The hold and the row end in one transaction. Where the books are down it is decided all the same and is written when
   * they are back; until it is seen there nobody is told.
   */
  async #end(watched: Watched, told: Omit<TaskEnd, 'at'>): Promise<void> {
    const { task } = watched
    const { book, clock } = this.#shop
    const hold = book.openHold(task.hold)
    assert(hold, 'a running task has its hold')
    const end: TaskEnd = { ...told, at: clock.planNow() }
    const isMade = end.state === 'Success'
    const outcome: Outcome = {
      ending: isMade ? 'done' : 'failed',
      madeUnits: isMade ? hold.askedUnits : 0,
      // A task is held at its exact price.
      nanos: isMade ? hold.nanos : 0,
      tokens: NO_TOKENS,
    }
    const paid = isMade ? firstUsesOf(task).map((voice) => payForVoice(voice, end.at)) : []
    const statements = [endTask(task.id, end), ...paid]
    watched.end = end
    if ((await book.end(hold, outcome, statements)) === 'elsewhere') this.#leave(watched)
    else this.#over(watched, end)
  }

  /** While this server was asleep another one took the task over and ended it, and told of it. */
  #leave({ task }: Watched): void {
    this.#watched.delete(task.id)
    this.#shop.firstUses.release(firstUsesOf(task))
  }

  #over(watched: Watched, end: TaskEnd): void {
    const { task } = watched
    this.#leave(watched)
    const { at, ...told } = end
    this.#shop.told({ ...task, ...told, ended_at: at }, end.state)
  }

  /** The same trouble every few seconds is one line. */
  #report(watched: Watched, error: unknown): void {
    const trouble = error instanceof Error ? `${error.message} ${error.cause}` : String(error)
    if (this.#isClosed || trouble === watched.trouble) return
    watched.trouble = trouble
    this.#shop.report(`task ${watched.task.id}`, error)
  }
}

function failed(code: number, message: string): Omit<TaskEnd, 'at'> {
  return { state: 'Fail', file: null, width: null, height: null, code, message }
}
