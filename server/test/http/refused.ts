import assert from 'node:assert/strict'
import type { Dialect } from '../../src/modalities/dialect.ts'
import type { Answer } from '../calling.ts'
import { UPSTREAM_KEY, type World } from '../harness.ts'
import { PROMPT } from '../samples.ts'

/** How a refusal must look in a dialect, whatever its reason. */
export type Refused = {
  readonly status: number
  /** MiniMax's code: in brackets at the end of a message, or `base_resp.status_code`. */
  readonly code: number
  readonly says?: RegExp | string
  /** Default: neither header, the client decides. */
  readonly retry?: 'never' | 'soon'
}

/** Planted in what scripted engines say; it must not reach a caller. */
export const PLANTED = 'host gpu-17.internal, account sk-planted-secret'

const REQUEST_ID = /^[0-9a-f]{32}$/
/** Paths of source files, stacks, SQL, the operator's key, the customer's words. */
const INTERNALS = [
  /\bat .*\.(?:ts|js|mjs):\d/,
  /node_modules|\/src\//,
  /sqlite|select \*/i,
  /ECONN|UND_ERR/,
  /undici/i,
]

type ErrorBody = {
  readonly type?: string
  readonly request_id?: string
  readonly trace_id?: string
  readonly error?: { readonly type: string; readonly message: string; readonly http_code?: string }
  readonly base_resp?: { readonly status_code: number; readonly status_msg: string }
}

export function assertRefused(answer: Answer, dialect: Dialect, wanted: Refused): void {
  const told = `${dialect}: ${answer.status} ${answer.text}`
  const body = JSON.parse(answer.text) as ErrorBody
  assert.equal(answer.status, dialect === 'native' ? 200 : wanted.status, told)
  const sentence = assertShape(body, dialect, wanted, told)
  if (wanted.says instanceof RegExp) assert.match(sentence, wanted.says)
  else if (wanted.says !== undefined)
    assert.ok(sentence.includes(wanted.says), `${told} does not say: ${wanted.says}`)
  assertIds(answer, body.request_id ?? '')
  assertRetry(answer, wanted.retry ?? (isFinal(wanted.status) ? 'never' : undefined))
  assertNoInternals(answer.text)
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
  for (const name of ['tokenplan-pool', 'tokenplan-units'])
    assert.equal(answer.headers[name], undefined, name)
}

function assertShape(body: ErrorBody, dialect: Dialect, { status, code }: Refused, told: string): string {
  if (dialect === 'native') {
    assert.equal(body.base_resp?.status_code, code, told)
    assert.equal(body.trace_id, body.request_id)
    assert.doesNotMatch(body.base_resp?.status_msg ?? '', /\(\d{4}\)$/, told)
    return body.base_resp?.status_msg ?? ''
  }
  const message = body.error?.message ?? ''
  assert.equal(body.type, 'error', told)
  assert.ok(message.endsWith(` (${code})`), told)
  if (dialect === 'anthropic') assert.ok(anthropicTypes[status]?.includes(body.error?.type ?? ''), told)
  else {
    assert.ok(openaiTypes[status]?.includes(body.error?.type ?? ''), told)
    assert.equal(body.error?.http_code, String(status), told)
  }
  return message
}

const anthropicTypes: Readonly<Record<number, readonly string[]>> = {
  400: ['invalid_request_error'],
  401: ['authentication_error'],
  402: ['billing_error'],
  403: ['permission_error'],
  404: ['not_found_error'],
  405: ['not_found_error'],
  413: ['request_too_large'],
  429: ['rate_limit_error'],
  501: ['invalid_request_error'],
  502: ['api_error'],
  503: ['overloaded_error'],
  504: ['timeout_error'],
  529: ['overloaded_error'],
}
const openaiTypes: Readonly<Record<number, readonly string[]>> = {
  400: ['bad_request_error'],
  401: ['authorized_error'],
  402: ['insufficient_balance_error'],
  403: ['permission_error'],
  404: ['bad_request_error'],
  405: ['bad_request_error'],
  413: ['bad_request_error'],
  416: ['bad_request_error'],
  // Codex knows a used-up plan by the second word, on its own endpoint.
  429: ['rate_limit_error', 'usage_limit_reached'],
  501: ['bad_request_error'],
  502: ['server_error'],
  503: ['overloaded_error'],
  504: ['server_error'],
  529: ['overloaded_error'],
}

/** One id, under all three names, and in the body where there is one of ours. */
export function assertIds({ headers }: Answer, inBody?: string): void {
  const id = headers['x-request-id']
  assert.match(String(id), REQUEST_ID)
  assert.equal(headers['request-id'], id)
  assert.equal(headers['trace-id'], id)
  if (inBody !== undefined) assert.equal(inBody, id)
}

/** A wrong key and a dialect nobody speaks stay wrong; Claude Code would try for minutes. */
const isFinal = (status: number) => status === 401 || status === 501

/** Both SDKs obey `retry-after` without a bound, so final refusals carry none and passing trouble at most a minute. */
function assertRetry({ headers }: Answer, retry: Refused['retry']): void {
  assert.equal(headers['x-should-retry'], retry === 'never' ? 'false' : undefined)
  if (retry !== 'soon') {
    assert.equal(headers['retry-after'], undefined)
    return
  }
  const seconds = Number(headers['retry-after'])
  assert.ok(
    Number.isInteger(seconds) && seconds >= 0 && seconds <= 60,
    `retry-after: ${headers['retry-after']}`,
  )
}

export function assertNoInternals(text: string): void {
  for (const pattern of INTERNALS) assert.doesNotMatch(text, pattern)
  for (const secret of [UPSTREAM_KEY, PLANTED, PROMPT])
    assert.ok(!text.includes(secret), `it tells: ${secret}`)
}

/** The log is for the operator, but keys and prompts are nobody's. */
export function assertLogsAreClean(world: World, ...keys: readonly string[]): void {
  for (const line of world.logs) {
    for (const secret of [UPSTREAM_KEY, PROMPT, ...keys])
      assert.ok(!line.includes(secret), `the log tells: ${secret}`)
  }
}
