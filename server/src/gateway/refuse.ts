import { type Fault, faults } from '../faults.ts'
import { type Call, idHeaders } from './call.ts'
import { refusalBody } from './dialects/refusal-body.ts'
import { toldFault } from './told-fault.ts'

/**
 * Faults that no retry cures; Claude Code would repeat even a 401 for minutes. The SDKs obey `x-should-retry` and, without a bound, `retry-after`, which is therefore
 * sent for passing trouble alone (design §4.15).
 */
const FINAL = new Set([
  'key_missing',
  'key_unknown',
  'window_empty',
  'cap_reached',
  'not_in_plan',
  'credits_empty',
  'no_plan',
  'wallet_empty',
  'dialect_unspoken',
])
/** Plain answers to a question we cannot serve: nothing went wrong, so nothing is reported. */
const ANSWERED = new Set(['dialect_unspoken', 'draining'])
const PASSING: Readonly<Record<string, string>> = {
  upstream_busy: '5',
  store_down: '2',
  media_down: '5',
  draining: '2',
}

/** Says no in the caller's dialect. Unknown errors become a 500 without their text; `report` keeps it for the operator. */
export function refuse(call: Call, error: unknown, report: (call: Call, error: unknown) => void): void {
  const fault = toldFault(error)
  if (faults[fault.kind].status >= 500 && !ANSWERED.has(fault.kind)) report(call, error)
  const { res } = call
  if (res.headersSent || res.destroyed) {
    // What has its last byte on the way has been told.
    if (!res.writableEnded) res.destroy()
    return
  }
  const { status, body } = refusalBody(fault, call.dialect, call.requestId)
  res.writeHead(status, [
    'content-type',
    'application/json; charset=utf-8',
    'content-length',
    String(Buffer.byteLength(body)),
    ...idHeaders(call),
    ...retryHeaders(fault),
    ...Object.entries(fault.headers).flat(),
  ])
  res.end(call.req.method === 'HEAD' ? undefined : body)
}

function retryHeaders(fault: Fault): string[] {
  if (FINAL.has(fault.kind)) return ['x-should-retry', 'false']
  const seconds = PASSING[fault.kind]
  return seconds === undefined || 'retry-after' in fault.headers ? [] : ['retry-after', seconds]
}
