import {
  adopt,
  beat,
  failTask,
  HEARTBEAT_MS,
  type Incarnation,
  join,
  leave,
  type Orphan,
  orphans,
} from '../book/journal-nodes.ts'
import type { SharedBook } from '../book/shared-book.ts'
import type { PostgresStore } from '../store/postgres.ts'

type Holder = {
  readonly store: PostgresStore
  /** Given up by the others meanwhile: this server goes on as another one, with other ids. */
  readonly rejoined: (me: Incarnation) => void
  readonly report: (error: unknown) => void
}

type Heir = {
  readonly book: Pick<SharedBook, 'now' | 'sweep' | 'adopt'>
  /** A task that goes on here. */
  readonly watch: (hold: number) => Promise<void>
}

/** This server's place among those that share a database: it tells them that it lives, and sweeps after those that do not. */
export class Lease {
  readonly #holder: Holder
  #me: Incarnation
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> | undefined

  private constructor(holder: Holder, me: Incarnation) {
    this.#holder = holder
    this.#me = me
  }

  static async take(holder: Holder): Promise<Lease> {
    return new Lease(holder, await join(holder.store))
  }

  get incarnation(): Incarnation {
    return this.#me
  }

  /** Resolves after the first round, so that what is due is swept before anything is served. */
  async start(heir: Heir): Promise<void> {
    await this.round(heir)
    this.#timer = setInterval(() => {
      // A round that takes longer than a beat is not joined by another one.
      this.#round ??= this.round(heir)
        .catch(this.#holder.report)
        .finally(() => {
          this.#round = undefined
        })
    }, HEARTBEAT_MS)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#round
    await leave(this.#holder.store, this.#me)
  }

  async round(heir: Heir): Promise<void> {
    if (!(await beat(this.#holder.store, this.#me))) {
      this.#me = await join(this.#holder.store)
      this.#holder.rejoined(this.#me)
    }
    for (const orphan of await orphans(this.#holder.store)) await this.#inherit(orphan, heir)
  }

  /** What an engine works on goes on here; all else ends as crashed. */
  async #inherit(orphan: Orphan, { book, watch }: Heir): Promise<void> {
    if (!orphan.isTaken) {
      await book.sweep(orphan.hold, [failTask(orphan.hold, book.now())])
      return
    }
    if (!(await adopt(this.#holder.store, this.#me, orphan))) return
    book.adopt(orphan.hold)
    await watch(orphan.hold.id)
  }
}
