import type { Book } from '../book/book.ts'
import type { Ask } from '../book/decide.ts'
import type { Labels } from '../book/labels.ts'
import { type HoldOp, NO_TOKENS, type Tokens } from '../book/op.ts'
import { isCapped, type NoMoney, type Refusal } from '../book/refusal.ts'
import type { Outcome } from '../book/settle.ts'
import { type Catalogue, findModel, type Model, type TokenPrices } from '../catalogue/catalogue.ts'
import type { Clock } from '../clock.ts'
import { Fault } from '../faults.ts'
import type { Ids } from '../ids.ts'
import { type Caller, type Keyring, presentedSecret } from '../keys/keyring.ts'
import type { Claims } from '../media/claims.ts'
import type { EngineIds } from '../media/engine-ids.ts'
import type { Media } from '../media/media.ts'
import type { Dialect } from '../modalities/dialect.ts'
import { byteLength } from '../modalities/splice.ts'
import { meterAnswer } from '../modalities/text-answer.ts'
import { estimateTokens, heldOutput, holdPrice, usagePrice } from '../modalities/text-price.ts'
import { checkRange, readTextRequest, scanOf, type TextRequest } from '../modalities/text-request.ts'
import type { ReportedTokens } from '../modalities/text-usage.ts'
import type { Statement } from '../store/sqlite.ts'
import type { Callbacks } from '../tasks/callbacks.ts'
import type { Poller } from '../tasks/poller.ts'
import type { Tasks } from '../tasks/tasks.ts'
import type { Target, Upstreams } from '../upstreams/upstreams.ts'
import { Allowance } from './allowance.ts'
import { readBody, TEXT_BODY_BYTES } from './body.ts'
import { type Call, isGone } from './call.ts'
import { earlyEndIn } from './dialects/early-end.ts'
import type { PaidBy } from './paid-stream.ts'
import { quotaHeaders } from './quota-headers.ts'
import { faultOf } from './refusals.ts'
import { type Relayed, relay } from './relay.ts'
import type { Receipts } from './serve-receipt.ts'
import { editsFor, wantsUsage } from './upstream-body.ts'

/** Everything a request may need; made once by main. */
export type World = {
  readonly book: Book
  readonly catalogue: Catalogue
  readonly keyring: Keyring
  readonly labels: Labels
  /** What the operator calls this server; undefined: what its callers call it. */
  readonly namedUrl: string | undefined
  readonly upstreams: Upstreams
  readonly media: Media
  readonly engineIds: EngineIds
  /** Voices that speak for the first time right now, by their row's id. */
  readonly firstUses: Claims<number>
  /** Names that are about to be given: the team, a space, the name. */
  readonly voiceNames: Claims<string>
  readonly tasks: Tasks
  readonly poller: Poller
  /** How long a conversation over a WebSocket may be silent. */
  readonly speechIdleMs: number
  readonly callbacks: Callbacks
  readonly receipts: Receipts
  readonly ids: Ids
  readonly clock: Clock
  /** Rows that are neither the book's nor committed with one of its ops. */
  readonly write: (statements: readonly Statement[]) => Promise<readonly (readonly unknown[])[]>
}

/** One text request from the key to the last byte: all of its branching is here. Throws what `refuse` says. */
export async function serveText(call: Call, world: World): Promise<void> {
  const found = callerOf(call, world.keyring)
  const caller = found instanceof Promise ? await found : found
  const scan = scanOf(call.dialect)
  const chunks = await readBody(call, TEXT_BODY_BYTES, scan)
  const bodyBytes = byteLength(chunks)
  const request = readTextRequest(scan, call.dialect)
  const model = textModel(world.catalogue, request.model)
  const routed = world.upstreams.targets(model, request.model, call.dialect)
  const targets = routed instanceof Promise ? await routed : routed
  if (targets.length === 0) throw await unspoken(world.upstreams, model, call.dialect)
  checkRanges(request, targets)
  const ask = askOf({ call, caller, request, model, bodyBytes }, world)

  const admitted = await world.book.admit(ask, caller.subscription)
  if (admitted.kind === 'refused') {
    const about = { asked: request.model, model, dialect: call.dialect, now: world.book.now() }
    throw faultOf(admitted.refusal, { ...about, units: ask.units, unit: 'request' })
  }
  const { op: hold } = admitted
  if (isGone(call)) {
    await world.book.end(hold, nothing('client-left-before'))
    return
  }

  const paidByMoney = hold.nanos > 0
  const upstreamRequest = {
    method: 'POST',
    bodyFor: (target) =>
      editsFor(chunks, request, target, { dialect: call.dialect, asked: request.model, paidByMoney }),
    headers: passedHeaders(call),
    release: () => {
      chunks.length = 0
    },
  } satisfies Parameters<typeof relay>[2]
  const answer = {
    headers: quotaHeaders(call, admitted, 1, world.book.now()),
    meter: (streaming: boolean) => meterAnswer(call.dialect, streaming, paidByMoney),
    cut: 'answer_cut',
    paidBy: paidByMoney && request.stream ? paidBy(hold, { call, request, model }, world) : undefined,
  } as const
  let relayed: Relayed
  try {
    relayed = await relay(call, targets, upstreamRequest, answer)
  } catch (error) {
    await world.book.end(await grown(hold, answer.paidBy), nothing('failed'))
    throw error
  }
  const outcome = outcomeOf(relayed, model, bodyBytes, paidByMoney)
  // Money is settled before the last byte; what the plan pays is on record since its hold.
  const last = grown(hold, answer.paidBy)
  const settled = world.book.end(last instanceof Promise ? await last : last, outcome)
  if (settled) await settled
  relayed.finish(outcome.tokens)
  if (relayed.failure) throw relayed.failure
}

/** The hold that is to be ended: a stream's has grown, and may be growing yet. */
function grown(hold: HoldOp, paidBy: PaidBy | undefined): HoldOp | Promise<HoldOp> {
  return paidBy ? paidBy.allowance.lastHold() : hold
}

/** What a stream that money pays holds slice by slice, and how it ends where there is no more (design §4.9). */
function paidBy(
  hold: HoldOp,
  { call, request, model }: Pick<Asking, 'call' | 'request' | 'model'>,
  { book, keyring }: World,
): PaidBy {
  const { requestId, dialect } = call
  const nanosPerMillion = pricesOf(model).outputNanosPerMillion
  const { outputLimit } = request
  const about = { asked: request.model, model, dialect, now: hold.at, units: 1, unit: 'request' } as const
  return {
    allowance: new Allowance({
      book,
      isKeyValid: () => isKeyValid(call, keyring),
      hold,
      outputTokens: heldOutput(request),
      outputLimit,
      nanosPerMillion,
    }),
    earlyEnd: earlyEndIn(dialect, { requestId, model: request.model, wantsUsage: wantsUsage(request) }),
    refusalFor: (why) =>
      why === 'revoked' ? new Fault('key_unknown') : faultOf(refusalIn(why, hold), about),
  }
}

/** A slice was refused before anything was said. */
function refusalIn(why: NoMoney, { pool }: HoldOp): Refusal {
  if (typeof why === 'string') return { why: 'no-plan' }
  if (isCapped(why)) return { why: 'cap-reached', capped: why }
  return { why: pool === 'wallet' ? 'wallet-empty' : 'credits-empty', shortage: why }
}

/** Throws a Fault unless the request carries a living key. */
export function callerOf(call: Pick<Call, 'req'>, keyring: Keyring): Caller | Promise<Caller> {
  const secret = secretOf(call)
  if (secret === null) throw new Fault('key_missing')
  const found = keyring.recognise(secret)
  return found instanceof Promise ? found.then(known) : known(found)
}

function secretOf({ req }: Pick<Call, 'req'>): string | null {
  const { authorization, 'x-api-key': apiKey } = req.headers
  return presentedSecret(authorization, Array.isArray(apiKey) ? apiKey[0] : apiKey)
}

/** Asked again while a stream runs: a key may be revoked meanwhile. */
async function isKeyValid(call: Call, keyring: Keyring): Promise<boolean> {
  return (await keyring.recognise(secretOf(call) ?? '')) !== undefined
}

function known(caller: Caller | undefined): Caller {
  if (!caller) throw new Fault('key_unknown')
  return caller
}

function textModel(catalogue: Catalogue, id: string): Model {
  const model = findModel(catalogue, id)
  if (model?.modality !== 'text') {
    const shown = JSON.stringify(id.slice(0, 100))
    throw new Fault('model_unknown', model ? `${shown} is not a text model` : shown)
  }
  return model
}

async function unspoken(upstreams: Upstreams, model: Model, dialect: Dialect): Promise<Fault> {
  const spoken = (await upstreams.dialectsFor(model)).join(', ') || 'none'
  return new Fault('dialect_unspoken', `${model.id} does not speak ${dialect}; it speaks: ${spoken}`)
}

/** Which values of a sampling parameter are right is the engine's to say. */
function checkRanges(request: TextRequest, [first]: readonly Target[]): void {
  if (!first) return
  const { ranges } = first.upstream.adapter
  checkRange(request.scan, 'temperature', ranges.temperature)
  checkRange(request.scan, 'top_p', ranges.top_p)
}

type Asking = {
  readonly call: Call
  readonly caller: Caller
  readonly request: TextRequest
  readonly model: Model
  readonly bodyBytes: number
}

function askOf({ call, caller, request, model, bodyBytes }: Asking, { catalogue, labels }: World): Ask {
  return {
    id: call.id,
    keyKind: caller.kind,
    team: caller.team,
    member: caller.member,
    secret: caller.secret,
    resource: model.resource,
    resourceLabel: labels.of(model.resource ?? 'outside'),
    modelLabel: labels.of(model.id),
    highspeed: model.highspeed,
    units: 1,
    nanos: holdPrice(pricesOf(model), bodyBytes, heldOutput(request)),
    unitPrice: null,
    crashUnits: 1,
    priceVersion: catalogue.version,
  }
}

function pricesOf(model: Model): TokenPrices {
  if (!model.tokenPrices) throw new Error(`the text model ${model.id} has no prices`)
  return model.tokenPrices
}

/** `anthropic-*` headers change what an Anthropic engine does; nothing else of a caller's headers is passed. */
function passedHeaders(call: Call): string[] {
  if (call.dialect !== 'anthropic') return []
  const { 'anthropic-version': version, 'anthropic-beta': beta } = call.req.headers
  const passed = ['anthropic-version', typeof version === 'string' ? version : '2023-06-01']
  return typeof beta === 'string' ? [...passed, 'anthropic-beta', beta] : passed
}

function nothing(ending: 'client-left-before' | 'failed'): Outcome {
  return { ending, nanos: 0, tokens: NO_TOKENS }
}

/** What was really used: reported by the engine, else counted and flagged as such. */
function outcomeOf(
  { ending, report }: Relayed,
  model: Model,
  bodyBytes: number,
  paidByMoney: boolean,
): Outcome {
  if (!report || !model.tokenPrices || ending === 'failed') return { ending, nanos: 0, tokens: NO_TOKENS }
  const reported = report.tokens
  if (!paidByMoney)
    return {
      ending,
      nanos: 0,
      tokens: reported ? told(reported, { input: reported.input, estimated: false }) : NO_TOKENS,
    }
  const counted = reported ?? estimateTokens(bodyBytes, report)
  // An engine that cut its answer short is paid for what it delivered and for nothing else.
  const isCut = ending === 'cut-after' && !reported
  const tokens = told(counted, { input: isCut ? 0 : counted.input, estimated: !reported })
  return { ending, nanos: usagePrice(model.tokenPrices, tokens), tokens }
}

function told(
  { output, cacheRead, cacheWrite }: ReportedTokens,
  { input, estimated }: Pick<Tokens, 'input' | 'estimated'>,
): Tokens {
  return { input, output, cacheRead, cacheWrite, estimated }
}
