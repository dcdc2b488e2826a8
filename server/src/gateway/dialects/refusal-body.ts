import { type Fault, faults, publicSentence } from '../../faults.ts'
import type { Dialect } from '../../modalities/dialect.ts'

/** A refusal in the caller's dialect: HTTP status and body (wire §9). */
export type RefusalBody = { readonly status: number; readonly body: string }

export function refusalBody(fault: Fault, dialect: Dialect, requestId: string): RefusalBody {
  const { status, code } = faults[fault.kind]
  const sentence = publicSentence(fault)
  // In texts the code stands at the end in brackets; base_resp has a field for it.
  const message = `${sentence} (${code})`
  switch (dialect) {
    case 'anthropic':
      return {
        status,
        body: JSON.stringify({
          type: 'error',
          error: { type: anthropicType(status), message },
          request_id: requestId,
        }),
      }
    case 'openai-chat':
    case 'openai-responses': {
      const error = {
        type: openaiType(status),
        message,
        param: null,
        code: String(code),
        http_code: String(status),
      }
      const shown = dialect === 'openai-responses' ? { ...error, ...usageLimit(fault) } : error
      return { status, body: JSON.stringify({ type: 'error', error: shown, request_id: requestId }) }
    }
    case 'native':
      // MiniMax's own endpoints say everything with HTTP 200. Clients know a bad key there as 1004.
      return {
        status: 200,
        body: JSON.stringify({
          base_resp: { status_code: fault.kind === 'key_unknown' ? 1004 : code, status_msg: sentence },
          trace_id: requestId,
          request_id: requestId,
        }),
      }
  }
}

/** The words by which Codex knows a used-up plan: it stops, and says when to come back (seconds since the epoch). */
function usageLimit(fault: Fault) {
  const isLimit = fault.kind === 'window_empty' || fault.kind === 'cap_reached'
  if (!isLimit || fault.resetsAt === null) return {}
  return { type: 'usage_limit_reached', resets_at: Math.ceil(fault.resetsAt / 1000) }
}

/** The same as the last event of a stream that had begun already. */
export function refusalEvent(fault: Fault, dialect: Dialect, requestId: string): string {
  const { body } = refusalBody(fault, dialect, requestId)
  if (dialect === 'anthropic') return `event: error\ndata: ${body}\n\n`
  if (dialect === 'openai-responses') {
    const { error } = JSON.parse(body) as { error: { message: string; code: string } }
    const event = {
      type: 'error',
      code: error.code,
      message: error.message,
      param: null,
      error,
      request_id: requestId,
    }
    return `event: error\ndata: ${JSON.stringify(event)}\n\n`
  }
  return `data: ${body}\n\n`
}

function anthropicType(status: number): string {
  switch (status) {
    case 400:
    case 501:
      return 'invalid_request_error'
    case 401:
      return 'authentication_error'
    case 402:
      return 'billing_error'
    case 403:
      return 'permission_error'
    case 404:
    case 405:
      return 'not_found_error'
    case 413:
      return 'request_too_large'
    case 429:
      return 'rate_limit_error'
    case 503:
    case 529:
      return 'overloaded_error'
    case 408:
    case 504:
      return 'timeout_error'
    default:
      return 'api_error'
  }
}

function openaiType(status: number): string {
  switch (status) {
    case 400:
    case 404:
    case 405:
    case 413:
    case 416:
    case 501:
      return 'bad_request_error'
    case 401:
      return 'authorized_error'
    case 402:
      return 'insufficient_balance_error'
    case 403:
      return 'permission_error'
    case 429:
      return 'rate_limit_error'
    case 503:
    case 529:
      return 'overloaded_error'
    default:
      return 'server_error'
  }
}
