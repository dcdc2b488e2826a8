import { Worker } from 'node:worker_threads'
import { MediaFault } from './fault.ts'
import type { Watch } from './lab.ts'
import type { FromWorker, Kind, ToWorker, WorkerData } from './orders.ts'

export interface Job {
  readonly kind: Kind
  readonly order: unknown
  readonly watch: Watch<Kind>
  /** One cell, set to 1 when the client has left. */
  readonly left: Int32Array
  resolve(product: unknown): void
  reject(fault: MediaFault): void
}

/** A place for one job at a time. Its thread comes with the first job and goes when it has been idle for a minute. */
export interface Seat {
  readonly takesHeavy: boolean
  isTaken(): boolean
  begin(job: Job): void
  dismiss(): Promise<void>
}

const IDLE_MS = 60_000
const BROKEN = 1000

export function createSeat(takesHeavy: boolean, onFree: () => void): Seat {
  let worker: Worker | undefined
  let job: Job | undefined
  let idle: NodeJS.Timeout | undefined

  const hire = (): Worker => {
    const hired = openWorker()
    hired.on('message', hear)
    const lose = (why: string) => {
      if (worker !== hired) return
      worker = undefined
      settle((lost) => lost.reject(new MediaFault(BROKEN, `the lab lost this job: ${why}`)))
    }
    hired.on('error', (error) => lose(error instanceof Error ? error.message : String(error)))
    hired.on('exit', () => lose('its thread ended'))
    return hired
  }

  const hear = (message: FromWorker) => {
    if ('piece' in message) return job?.watch.piece?.(message.piece as never)
    worker?.unref()
    idle = setTimeout(dismiss, IDLE_MS).unref()
    settle((done) => {
      if ('product' in message) done.resolve(message.product)
      else done.reject(new MediaFault(message.fault.code ?? BROKEN, message.fault.message))
    })
  }

  const settle = (tell: (job: Job) => void) => {
    const settled = job
    job = undefined
    if (settled !== undefined) tell(settled)
    onFree()
  }

  const dismiss = async () => {
    clearTimeout(idle)
    const dismissed = worker
    worker = undefined
    job?.reject(new MediaFault(BROKEN, 'the lab is closed'))
    job = undefined
    await dismissed?.terminate()
  }

  return {
    takesHeavy,
    isTaken: () => job !== undefined,
    begin(begun) {
      clearTimeout(idle)
      job = begun
      worker ??= hire()
      worker.ref()
      begun.watch.started?.()
      const { kind, order, left } = begun
      worker.postMessage({ kind, order, left } satisfies ToWorker)
    },
    dismiss,
  }
}

/** Run from its sources (tests), a thread does not inherit the loader on Node 20 and registers it itself. */
function openWorker(): Worker {
  // Run from its sources it is under test, beside other tests, and has nobody to make way for.
  const stepsAside = !import.meta.url.endsWith('.ts')
  const workerData = { stepsAside } satisfies WorkerData
  if (stepsAside) return new Worker(new URL('./lab-worker.mjs', import.meta.url), { workerData })
  const entry = JSON.stringify(new URL('./worker.ts', import.meta.url).href)
  const load = `import('tsx/esm/api').then(({ register }) => { register(); return import(${entry}) })`
  return new Worker(load, { eval: true, workerData })
}
