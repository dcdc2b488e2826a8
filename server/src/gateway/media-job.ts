import type { Admitted } from '../book/book.ts'
import { type HoldOp, NO_TOKENS } from '../book/op.ts'
import type { Outcome } from '../book/settle.ts'
import { Fault } from '../faults.ts'
import type { Caller } from '../keys/keyring.ts'
import type { JsonObject, MediaRequest } from '../modalities/media-request.ts'
import type { Statement } from '../store/sqlite.ts'
import type { UpstreamRequest } from '../upstreams/send.ts'
import type { Target } from '../upstreams/upstreams.ts'
import type { Call } from './call.ts'
import { type Offer, owedNanos } from './media-offer.ts'
import { faultOf } from './refusals.ts'
import type { World } from './serve.ts'

/** A request for media, ready to be held and sent. */
export type MediaJob = {
  readonly call: Pick<Call, 'id' | 'dialect'>
  readonly caller: Caller
  /** Plan time of its arrival. */
  readonly now: number
  readonly request: MediaRequest
  readonly offer: Offer
  /** What goes upstream, with our ids turned into the engine's. */
  readonly body: JsonObject
  readonly targets: readonly Target[]
  /** Due beside the units: a voice's first use. */
  readonly feeNanos: number
  /** The voices that this is due for. */
  readonly firstUses: readonly number[]
  /** Committed with the end of a request that made something. */
  readonly onMade: readonly Statement[]
  /** How long a voice that never speaks is kept, in ms. */
  readonly voiceLifetimeMs: number
  /** Called once when the request is over, however it went. */
  readonly done?: () => void
}

export type Held = Admitted & { kind: 'held' }

/** Holds what the job may use, durably, or throws what `refuse` says. */
export async function holdFor(
  job: MediaJob,
  world: World,
  statementsFor?: (hold: HoldOp) => readonly Statement[],
): Promise<Held> {
  const { call, caller, request, offer } = job
  const ask = {
    id: call.id,
    keyKind: caller.kind,
    team: caller.team,
    member: caller.member,
    secret: caller.secret,
    resource: offer.resource,
    resourceLabel: world.labels.of(offer.resource ?? 'outside'),
    modelLabel: world.labels.of(offer.model.id),
    highspeed: offer.model.highspeed,
    units: request.units,
    nanos: owedNanos(offer, request.units, 0) + job.feeNanos,
    unitPrice: request.divisible && job.feeNanos === 0 ? offer.price : null,
    // Of media nothing has arrived when we crash (design §4.10).
    crashUnits: 0,
    priceVersion: world.catalogue.version,
  }
  const admitted = await world.book.admit(ask, caller.subscription, statementsFor)
  if (admitted.kind === 'held') return admitted
  throw faultOf(admitted.refusal, aboutOf(job, world.book.now()))
}

export function outsideCoverage(job: MediaJob): Fault {
  return faultOf({ why: 'outside-coverage' }, aboutOf(job, job.now))
}

function aboutOf({ call, request, offer }: MediaJob, now: number) {
  const { variant, units } = request
  // Of a model some sizes may be covered and others not.
  const asked = variant === '' ? request.model : `${request.model} at ${variant}`
  return { asked, model: offer.model, units, unit: offer.price.unit, dialect: call.dialect, now }
}

/** However the work on a hold fails, it gets an end; one that it has got already stays. */
export async function endingOf<Done>(hold: HoldOp, world: World, work: () => Promise<Done>): Promise<Done> {
  try {
    return await work()
  } catch (error) {
    if (world.book.isOpen(hold.id)) await world.book.end(hold, nothingMade('failed'), [])
    throw error
  }
}

/** What goes to an engine; fields of `more` win. */
export function requestOf(job: MediaJob, more: JsonObject = {}): UpstreamRequest {
  return {
    method: 'POST',
    headers: [],
    bodyFor: ({ model }) => {
      const named = 'model' in job.body ? { model } : {}
      return [Buffer.from(written({ ...job.body, ...more, ...named }))]
    },
    release: () => undefined,
  }
}

/** What can be read can be nested too deeply to be written. */
function written(body: JsonObject): string {
  try {
    return JSON.stringify(body)
  } catch (error) {
    if (error instanceof RangeError) throw new Fault('param_invalid', 'the body is nested too deeply')
    throw error
  }
}

export function nothingMade(ending: 'client-left-before' | 'failed' | 'cut-after'): Outcome {
  return { ending, nanos: 0, tokens: NO_TOKENS, madeUnits: 0 }
}

/** The plan pays what it holds of the pieces made, money the rest; a fee is due once something was made. */
export function made(
  job: Pick<MediaJob, 'offer' | 'feeNanos'>,
  hold: HoldOp,
  madeUnits: number,
  ending: 'done' | 'client-left-after' = 'done',
): Outcome {
  const fee = madeUnits > 0 ? job.feeNanos : 0
  const nanos = hold.pool === 'plan' ? 0 : owedNanos(job.offer, madeUnits, hold.units) + fee
  return { ending, nanos, tokens: NO_TOKENS, madeUnits }
}

/** Throws where no engine of this server makes it. */
export function needTargets(targets: readonly Target[], job: Pick<MediaJob, 'offer'>): readonly Target[] {
  if (targets.length > 0) return targets
  throw new Fault('dialect_unspoken', `no engine of this server makes ${job.offer.model.modality}`)
}
