import { meterMedia } from '../modalities/media-meter.ts'
import type { JsonObject } from '../modalities/media-request.ts'
import { collect } from '../upstreams/collect.ts'
import { type Call, isGone } from './call.ts'
import type { Arrived, Making } from './making.ts'
import { adopted } from './media-files.ts'
import { endingOf, type Held, holdFor, type MediaJob, made, nothingMade, requestOf } from './media-job.ts'
import { quotaHeaders } from './quota-headers.ts'
import { readEvents } from './read-events.ts'
import { readJson } from './read-json.ts'
import { relay } from './relay.ts'
import { callerOf, type World } from './serve.ts'
import { passRefusal, readCollected } from './upstream-refusal.ts'

/** An answer with nine pictures in base64 or five minutes of sound in hexadecimal. */
const MOST_ANSWER_BYTES = 256 * 1024 * 1024

/** One request for something that is made while its caller waits: all of its branching is here. */
export async function serveMedia(call: Call, world: World, making: Making): Promise<void> {
  const caller = await callerOf(call, world.keyring)
  await makeFor(call, world, making, { caller, body: await readJson(call, making.mostBytes) })
}

/** The same, where who calls and what is asked is known already. */
export async function makeFor(
  call: Call,
  world: World,
  making: Making,
  asked: Pick<Arrived, 'caller' | 'body'>,
): Promise<void> {
  const job = await making.prepare({ call, world, ...asked })
  try {
    const held = await holdFor(job, world)
    await endingOf(held.op, world, async () => {
      if (isGone(call)) await world.book.end(held.op, nothingMade('client-left-before'), [])
      else if (making.passes(job)) await pass(call, world, job, held)
      else await deliver(call, world, { job, held, making })
    })
  } finally {
    job.done?.()
  }
}

/** Sound as it is made, or in hexadecimal: the bytes pass as they come. */
async function pass(call: Call, world: World, job: MediaJob, held: Held): Promise<void> {
  const { op: hold } = held
  const answer = {
    headers: quotaHeaders(call, held, job.request.units, world.book.now()),
    meter: meterMedia,
    cut: 'upstream_failed',
  } as const
  const { ending, report, finish } = await relay(call, job.targets, requestOf(job), answer)
  const hasHeard = ending === 'client-left-after' && report !== null && report.deliveredBytes > 0
  const whole = ending === 'done' || hasHeard
  const outcome = whole ? made(job, hold, job.request.units, ending) : nothingMade(endedAs(ending))
  await world.book.end(hold, outcome, whole ? job.onMade : [])
  finish()
}

/** An answer that is looked into: what was made is counted, and its files become ours, before a byte goes out. */
async function deliver(
  call: Call,
  world: World,
  { job, held, making }: { readonly job: MediaJob; readonly held: Held; readonly making: Making },
): Promise<void> {
  const { op: hold } = held
  const got = await answerOf(call, world, job)
  if (got.kind !== 'answer') {
    await world.book.end(hold, nothingMade(got.kind === 'gone' ? 'client-left-before' : 'failed'), [])
    if (got.kind === 'refused') got.say()
    return
  }
  const { answer } = got
  const { units } = job.request
  const pieces = Math.min(making.made(answer, job.request), units)
  // What counts no units is made when it is answered.
  const isMade = pieces > 0 || units === 0
  const outcome = isMade ? made(job, hold, pieces) : nothingMade('failed')
  const statements = isMade ? [...job.onMade, ...(making.owned?.(job, answer) ?? [])] : []
  await world.book.end(hold, outcome, statements)
  making.answer(call, answer, job, quotaHeaders(call, held, pieces, world.book.now()))
}

type Got =
  | { readonly kind: 'answer'; readonly answer: JsonObject }
  /** The caller has gone, and the engine was told to stop. */
  | { readonly kind: 'gone' }
  /** Costs nothing. `say` tells the caller, or throws what `refuse` says. */
  | { readonly kind: 'refused'; readonly say: () => void }

/** An engine's answer with its files made ours; what else there may be instead of one. */
export async function answerOf(call: Call, world: World, job: MediaJob): Promise<Got> {
  const gone = new AbortController()
  const leave = () => gone.abort()
  call.res.once('close', leave)
  try {
    const got = await collected(call, world, job, gone.signal)
    return gone.signal.aborted ? { kind: 'gone' } : got
  } finally {
    call.res.off('close', leave)
  }
}

async function collected(call: Call, world: World, job: MediaJob, signal: AbortSignal): Promise<Got> {
  try {
    const answered = await collect(job.targets, requestOf(job), { mostBytes: MOST_ANSWER_BYTES, signal })
    if (answered.kind === 'aborted') return { kind: 'gone' }
    const read = job.request.stream ? readEvents(answered) : readCollected(answered)
    if (read.kind === 'passes') return { kind: 'refused', say: () => passRefusal(call, read) }
    if (read.kind === 'fault') throw read.fault
    const { upstream } = read
    const by = { call, world, owner: job.caller, upstream, signal }
    const { answer, discard } = await adopted(by, read.json)
    if (signal.aborted) await discard()
    return { kind: 'answer', answer }
  } catch (error) {
    const say = () => {
      throw error
    }
    return { kind: 'refused', say }
  }
}

function endedAs(ending: string): 'client-left-before' | 'failed' | 'cut-after' {
  switch (ending) {
    case 'client-left-before':
    case 'cut-after':
      return ending
    // Bytes had come, and no sound yet.
    case 'client-left-after':
      return 'client-left-before'
    default:
      return 'failed'
  }
}
