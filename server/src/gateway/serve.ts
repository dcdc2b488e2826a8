import type { Admitted, Book } from '../book/book.ts'
import type { Ask } from '../book/decide.ts'
import type { Labels } from '../book/labels.ts'
import { NO_TOKENS, type Tokens } from '../book/op.ts'
import type { Outcome } from '../book/settle.ts'
import { type Catalogue, findModel, type Model } from '../catalogue/catalogue.ts'
import { Fault } from '../faults.ts'
import { type Caller, type Keyring, presentedSecret } from '../keys/keyring.ts'
import type { Dialect } from '../modalities/dialect.ts'
import { byteLength } from '../modalities/splice.ts'
import { estimateTokens, heldOutput, holdPrice, usagePrice } from '../modalities/text-price.ts'
import { checkRange, readTextRequest, scanOf, type TextRequest } from '../modalities/text-request.ts'
import type { ReportedTokens } from '../modalities/text-usage.ts'
import type { Target, Upstreams } from '../upstreams/upstreams.ts'
import { readBody, TEXT_BODY_BYTES } from './body.ts'
import { type Call, idHeaders, isGone } from './call.ts'
import { faultOf, secondsUntil } from './refusals.ts'
import { type Relayed, relay } from './relay.ts'
import { editsFor } from './upstream-body.ts'

/** Everything a request may need; made once by main. */
export type World = {
  readonly book: Book
  readonly catalogue: Catalogue
  readonly keyring: Keyring
  readonly labels: Labels
  readonly upstreams: Upstreams
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
    throw faultOf(admitted.refusal, about)
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
  const answer = { headers: answerHeaders(call, admitted, world.book.now()), countOutput: paidByMoney }
  let relayed: Relayed
  try {
    relayed = await relay(call, targets, upstreamRequest, answer)
  } catch (error) {
    await world.book.end(hold, nothing('failed'))
    throw error
  }
  const outcome = outcomeOf(relayed, model, bodyBytes, paidByMoney)
  // Money is settled before the last byte; what the plan pays is on record since its hold.
  const settled = world.book.end(hold, outcome)
  if (settled) await settled
  relayed.finish()
}

/** Throws a Fault unless the request carries a living key. */
export function callerOf(call: Call, keyring: Keyring): Caller | Promise<Caller> {
  const { authorization, 'x-api-key': apiKey } = call.req.headers
  const secret = presentedSecret(authorization, Array.isArray(apiKey) ? apiKey[0] : apiKey)
  if (secret === null) throw new Fault('key_missing')
  const found = keyring.recognise(secret)
  return found instanceof Promise ? found.then(known) : known(found)
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
  if (!model.tokenPrices) throw new Error(`the text model ${model.id} has no prices`)
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
    nanos: holdPrice(model.tokenPrices, bodyBytes, heldOutput(request.outputLimit)),
    priceVersion: catalogue.version,
  }
}

/** `anthropic-*` headers change what an Anthropic engine does; nothing else of a caller's headers is passed. */
function passedHeaders(call: Call): string[] {
  if (call.dialect !== 'anthropic') return []
  const { 'anthropic-version': version, 'anthropic-beta': beta } = call.req.headers
  const passed = ['anthropic-version', typeof version === 'string' ? version : '2023-06-01']
  return typeof beta === 'string' ? [...passed, 'anthropic-beta', beta] : passed
}

function answerHeaders(call: Call, admitted: Admitted & { kind: 'held' }, now: number): string[] {
  const headers = idHeaders(call)
  headers.push('tokenplan-pool', admitted.op.pool, 'tokenplan-units', '1')
  const report = admitted.tightest
  if (!report) return headers
  const remaining = Math.max(0, report.limitUnits - report.usedUnits)
  headers.push(
    'tokenplan-remaining',
    String(remaining),
    'tokenplan-reset',
    String(secondsUntil(report.usefulAt, now)),
  )
  return headers
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
