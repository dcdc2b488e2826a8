import type { Call } from './call.ts'

/** What stands behind the question mark of a request. */
export function queryOf(call: Call): URLSearchParams {
  const url = call.req.url ?? ''
  const at = url.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
}
