import { Fault } from '../faults.ts'
import type { JsonObject } from '../modalities/media-request.ts'
import type { Collected } from '../upstreams/collect.ts'
import type { Failure, Head } from '../upstreams/send.ts'
import { type Call, idHeaders } from './call.ts'

/** The engine's own words about a request that was the caller's mistake; they pass, uncharged. */
const PASSED_STATUSES = new Set([400, 404, 413, 422])
/** base_resp codes that speak of the operator's account, not of this caller. */
const OPERATOR_CODES = new Set([1004, 1008, 2049, 2056, 2061, 2062])
const BUSY_CODES = new Set([1002, 1039, 1041, 2045])

/** Why there is no answer, in our words. */
export function failureFault(failure: Failure): Fault {
  switch (failure) {
    case 'unreachable':
      return new Fault('upstream_unreachable')
    case 'slow':
      return new Fault('upstream_slow')
    case 'broken':
      return new Fault('upstream_failed')
  }
}

const NO_WORDS = 'the engine refused the request'

/** The engine's own words about a request that was the caller's mistake, with its own code. */
export class EngineRefusal extends Fault {
  readonly code: number

  constructor(code: number, says: string) {
    super('param_invalid', says || NO_WORDS)
    this.code = code
  }
}

/** Undefined: the engine's own answer passes. */
export function refusalFault(head: Head, code: number): Fault | undefined {
  if (OPERATOR_CODES.has(code) || head.status === 401 || head.status === 403)
    return new Fault('upstream_misconfigured')
  if (BUSY_CODES.has(code) || head.status === 429 || head.status === 529) return busy(head.retryAfter)
  if (code !== 0 || PASSED_STATUSES.has(head.status)) return undefined
  return new Fault('upstream_failed')
}

/** An engine's retry-after passes up to a minute: SDKs would sleep as long as they are told. */
function busy(retryAfter: string | null): Fault {
  const seconds = Number(retryAfter)
  const usable = retryAfter !== null && Number.isFinite(seconds) && seconds >= 0
  return new Fault(
    'upstream_busy',
    '',
    usable ? { 'retry-after': String(Math.min(60, Math.ceil(seconds))) } : {},
  )
}

/** MiniMax's code inside a body; 0 where there is none. */
export function baseCode(body: readonly Buffer[]): number {
  try {
    const { base_resp } = JSON.parse(Buffer.concat(body).toString()) as {
      base_resp?: { status_code?: unknown }
    }
    return Number(base_resp?.status_code ?? 0) || 0
  } catch {
    // Not JSON: an HTTP status is all there is to go by.
    return 0
  }
}

export type ReadAnswer =
  | { readonly kind: 'json'; readonly json: JsonObject; readonly upstream: Head['upstream'] }
  | { readonly kind: 'fault'; readonly fault: Fault }
  /** The caller's own mistake, in the engine's words. */
  | { readonly kind: 'passes'; readonly head: Head; readonly bytes: Buffer }

/** What an engine's whole answer says: something was made, or why not. */
export function readCollected(collected: Exclude<Collected, { kind: 'aborted' }>): ReadAnswer {
  if (collected.kind === 'failed') {
    const { failure } = collected
    const fault =
      failure === 'too-large' ? new Fault('upstream_failed', 'its answer has no end') : failureFault(failure)
    return { kind: 'fault', fault }
  }
  const { head, chunks } = collected
  const bytes = Buffer.concat(chunks)
  const json = objectOf(bytes)
  const code = Number((json?.base_resp as { status_code?: unknown } | undefined)?.status_code ?? 0) || 0
  if (head.status < 300 && code === 0) {
    return json ? { kind: 'json', json, upstream: head.upstream } : { kind: 'fault', fault: noAnswer() }
  }
  const fault = refusalFault(head, code)
  if (!fault) return { kind: 'passes', head, bytes }
  fault.cause = `upstream ${head.upstream.name} answered ${head.status}, ${code}`
  return { kind: 'fault', fault }
}

function noAnswer(): Fault {
  return new Fault('upstream_failed', 'what it sent is no answer')
}

/** In the caller's dialect: MiniMax's own passes as it came, in another only its sentence is understood. */
export function passRefusal(call: Call, { head, bytes }: ReadAnswer & { kind: 'passes' }): void {
  if (call.dialect !== 'native') throw new Fault('param_invalid', sentenceIn(bytes))
  const length = ['content-length', String(bytes.length)]
  const type = ['content-type', head.contentType || 'application/json']
  call.res.writeHead(head.status, [...type, ...length, ...idHeaders(call)])
  call.res.end(bytes)
}

function sentenceIn(bytes: Buffer): string {
  const base = objectOf(bytes)?.base_resp as { status_msg?: unknown } | undefined
  return typeof base?.status_msg === 'string' ? withoutPrefix(base.status_msg.slice(0, 300)) : NO_WORDS
}

/** Our sentence begins with the same words. */
export function withoutPrefix(says: string): string {
  return says.replace(/^invalid params, /, '')
}

function objectOf(bytes: Buffer): JsonObject | undefined {
  try {
    const json: unknown = JSON.parse(bytes.toString())
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as JsonObject)
      : undefined
  } catch {
    // A web page, or half an answer.
    return undefined
  }
}
