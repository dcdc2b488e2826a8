import { execFile } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { MediaFault } from './fault.ts'
import type { Bench, FromWorker, Kind, Maker, ToWorker, WorkerData } from './orders.ts'

/** Each maker comes with its libraries, so it is loaded when the first order of its kind arrives. */
const makers: { readonly [K in Kind]: () => Promise<Maker<K>> } = {
  image: async () => (await import('./makers/image.ts')).makeImage,
  look: async () => (await import('./makers/look.ts')).makeLook,
  video: async () => (await import('./makers/video.ts')).makeVideo,
  listen: async () => (await import('./makers/listen.ts')).makeListen,
  narration: async () => (await import('./makers/speech.ts')).makeSpeech,
  song: async () => (await import('./makers/song.ts')).makeSong,
  speech: async () => (await import('./makers/speech.ts')).makeSpeech,
}

// On Linux a priority belongs to the thread; elsewhere this would slow the whole process down.
if (process.platform === 'linux' && (workerData as WorkerData).stepsAside) stepBack()

parentPort?.on('message', (job: ToWorker) => void work(job))

/**
 * A thread of the lowest priority still counts as a busy core: whoever wakes queues behind the other core's work instead.
 * One that is "idle" makes way at once, but only the system's own `chrt` can ask for that; where it is not, the priority
 * remains. Beside a film, text at 64 connections had 0.90 of its rate in place of 0.69.
 */
function stepBack(): void {
  setPriority(0, constants.priority.PRIORITY_LOW)
  const thread = readlinkSync('/proc/thread-self').split('/').at(-1) ?? ''
  execFile('chrt', ['-i', '-p', '0', thread], () => undefined)
}

async function work({ kind, order, left }: ToWorker): Promise<void> {
  const send = (message: FromWorker) => parentPort?.postMessage(message)
  const bench: Bench<Kind> = {
    piece: (piece) => send({ piece }),
    gone: () => Atomics.load(left, 0) === 1,
  }
  try {
    const make = (await makers[kind]()) as (order: unknown, bench: Bench<Kind>) => Promise<unknown>
    send({ product: await make(order, bench) })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    send({ fault: { code: error instanceof MediaFault ? error.code : undefined, message } })
  }
}
