import type { HoldOp } from '../book/op.ts'
import { Fault } from '../faults.ts'
import type { JsonObject } from '../modalities/media-request.ts'
import { storable } from '../store/storable.ts'
import { beginTask, endTask, type Task, takenOn } from '../tasks/tasks.ts'
import { answerNative } from './answer-native.ts'
import { type Call, isGone } from './call.ts'
import { holdFor, type MediaJob, nothingMade } from './media-job.ts'
import { quotaHeaders } from './quota-headers.ts'
import type { World } from './serve.ts'
import { answerOf } from './serve-media.ts'

/** A job at an engine may take this long, real time; then everything is given back. */
const DEADLINE_MS = 3 * 3_600_000

export type Begun = {
  readonly kind: Task['kind']
  readonly callbackUrl: string | null
  readonly answer: (task: Task, engine: JsonObject) => JsonObject
}

/**
 * Begins what outlives its request. Hold and task are one transaction, before the engine is asked; from the engine's
 * answer on the task runs until it ends, whatever happens to this process. What did not begin is ended here.
 */
export async function serveTask(call: Call, world: World, job: MediaJob, begun: Begun): Promise<void> {
  const task = taskOf(call, world, job, begun)
  let runs = false
  try {
    const held = await holdFor(job, world, () => [beginTask(task)])
    const got = await begin(call, world, job, task)
    if (got.kind !== 'running') {
      await endUnbegun(world, held.op, task, got.kind === 'gone' ? leftOrCut(call) : 'failed')
      if (got.kind === 'refused') got.say()
      return
    }
    runs = true
    const running = { ...task, remote_id: got.remoteId }
    world.poller.watch(running)
    const headers = quotaHeaders(call, held, job.request.units, world.book.now())
    answerNative(call, begun.answer(running, got.engine), headers)
  } finally {
    // A running task keeps its voices' first use until it ends.
    if (!runs) job.done?.()
  }
}

type Got =
  | { readonly kind: 'running'; readonly remoteId: string; readonly engine: JsonObject }
  | { readonly kind: 'gone' }
  /** `say` tells the caller, or throws what `refuse` says. */
  | { readonly kind: 'refused'; readonly say: () => void }

/** Never throws: whatever comes, the hold has to be ended or watched. */
async function begin(call: Call, world: World, job: MediaJob, task: Task): Promise<Got> {
  if (isGone(call)) return { kind: 'gone' }
  try {
    const got = await answerOf(call, world, job)
    if (got.kind !== 'answer') return got
    const remoteId = idIn(got.answer)
    if (remoteId === undefined) throw new Fault('upstream_failed', 'it named no task')
    await world.write([takenOn(task.id, remoteId)])
    // Who has left would never learn its number.
    return isGone(call) ? { kind: 'gone' } : { kind: 'running', remoteId, engine: got.answer }
  } catch (error) {
    const say = () => {
      throw error
    }
    return { kind: 'refused', say }
  }
}

type Unbegun = 'failed' | 'client-left-before'

/** Whom this server cut off did not leave. */
function leftOrCut(call: Call): Unbegun {
  return call.gate.cutting ? 'failed' : 'client-left-before'
}

async function endUnbegun(world: World, hold: HoldOp, task: Task, ending: Unbegun): Promise<void> {
  const message = ending === 'failed' ? 'it was not begun' : 'the caller left before it was begun'
  const at = world.book.now()
  await world.book.end(hold, nothingMade(ending), [
    endTask(task.id, { state: 'Fail', file: null, width: null, height: null, code: 1000, message, at }),
  ])
}

function taskOf(call: Call, world: World, job: MediaJob, { kind, callbackUrl }: Begun): Task {
  const realNow = world.clock.realNow()
  // The file that will be: one id for it whatever breaks off on the way, so that it is never there twice.
  const file = world.ids.next()
  return {
    id: world.ids.next(),
    hold: call.id,
    team: job.caller.team,
    member: job.caller.member,
    kind,
    model: job.offer.model.id,
    upstream: job.targets[0]?.upstream.name ?? '',
    remote_id: null,
    state: 'Preparing',
    file,
    width: null,
    height: null,
    code: 0,
    message: '',
    callback_url: callbackUrl === null ? null : storable(callbackUrl),
    first_uses: JSON.stringify(job.firstUses),
    created_at: realNow,
    deadline_at: realNow + DEADLINE_MS,
    ended_at: null,
  }
}

function idIn({ task_id: id }: JsonObject): string | undefined {
  const text = typeof id === 'string' ? storable(id) : typeof id === 'number' ? String(id) : ''
  return text === '' ? undefined : text
}
