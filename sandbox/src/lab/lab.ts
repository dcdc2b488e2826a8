import { setMaxListeners } from 'node:events'
import { MediaFault } from './fault.ts'
import { heavyKinds, type Kind, type Orders, type Pieces, type Products } from './orders.ts'
import { createSeat, type Job, type Seat } from './seat.ts'

/** What the one who ordered wants to know while the work is on. */
export interface Watch<K extends Kind> {
  /** The client: when it goes, a waiting job is dropped, and a maker at work may stop. */
  readonly gone?: AbortSignal | undefined
  readonly started?: (() => void) | undefined
  readonly piece?: ((piece: Pieces[K]) => void) | undefined
}

/** A queue in front of two threads. It takes any number of jobs and begins them in order. */
export interface Lab {
  /** Rejects with a `MediaFault`: the maker's own, or 1000 where something broke. */
  make<K extends Kind>(kind: K, order: Orders[K], watch?: Watch<K>): Promise<Products[K]>
  close(): Promise<void>
}

export function openLab(): Lab {
  const waiting = new Set<Job>()
  let closed = false
  const serve = () => {
    for (const seat of seats) {
      const job = closed || seat.isTaken() ? undefined : next(waiting, seat)
      if (job === undefined) continue
      waiting.delete(job)
      seat.begin(job)
    }
  }
  // One at work on films and songs is enough; the rest must not wait behind them.
  const seats = [false, true].map((takesHeavy) => createSeat(takesHeavy, serve))
  return {
    make: (kind, order, watch = {}) =>
      new Promise((resolve, reject) => {
        const job = jobOf({ kind, order, watch: watch as Watch<Kind> }, resolve as Job['resolve'], reject)
        if (closed) return job.reject(CLOSED)
        waiting.add(job)
        watchClient(job, waiting)
        serve()
      }),
    async close() {
      closed = true
      for (const job of waiting) job.reject(CLOSED)
      waiting.clear()
      await Promise.all(seats.map((seat) => seat.dismiss()))
    },
  }
}

const BROKEN = 1000
const CLOSED = new MediaFault(BROKEN, 'the lab is closed')
const LEFT = new MediaFault(BROKEN, 'the client has left')

function next(waiting: ReadonlySet<Job>, seat: Seat): Job | undefined {
  for (const job of waiting) if (seat.takesHeavy || !heavyKinds.has(job.kind)) return job
  return undefined
}

function jobOf(
  wanted: Pick<Job, 'kind' | 'order' | 'watch'>,
  resolve: Job['resolve'],
  reject: Job['reject'],
): Job {
  return { ...wanted, left: new Int32Array(new SharedArrayBuffer(4)), resolve, reject }
}

function watchClient(job: Job, waiting: Set<Job>): void {
  const { gone } = job.watch
  if (gone === undefined) return
  const leave = () => {
    Atomics.store(job.left, 0, 1)
    if (waiting.delete(job)) job.reject(LEFT)
  }
  // One request may order many pieces.
  setMaxListeners(0, gone)
  gone.addEventListener('abort', leave, { once: true })
  if (gone.aborted) leave()
}
