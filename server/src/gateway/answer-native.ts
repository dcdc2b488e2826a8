import type { JsonObject } from '../modalities/media-request.ts'
import type { Call } from './call.ts'

/** MiniMax's answer as the engine gave it; where it names a trace, it is the id that our headers carry. */
export function answerNative(call: Call, answer: JsonObject, headers: readonly string[]): void {
  const traced = 'trace_id' in answer ? { ...answer, trace_id: call.requestId } : answer
  // Python's client takes an answer without base_resp for a failure.
  const base_resp = traced.base_resp ?? { status_code: 0, status_msg: 'success' }
  answerMade(call, { ...traced, base_resp }, headers)
}

/** `headers` are all of the answer's but those of its content. */
export function answerMade(call: Call, answer: unknown, headers: readonly string[]): void {
  const text = JSON.stringify(answer)
  const length = ['content-length', String(Buffer.byteLength(text))]
  call.res.writeHead(200, ['content-type', 'application/json; charset=utf-8', ...length, ...headers])
  call.res.end(text)
}
