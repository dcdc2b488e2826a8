import { Fault } from '../faults.ts'
import type { Call } from './call.ts'

const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i

/**
 * What links to files begin with: the operator's public URL, else the host that this caller asked for, who alone gets the
 * link. `http` is written in capitals, which means the same to everybody: mmx turns `http://` into `https://` before it
 * fetches, and would find nobody there.
 */
export function originOf(call: Call, namedUrl: string | undefined): string {
  if (namedUrl !== undefined) return namedUrl.replace(/^http:/i, 'HTTP:')
  const host = call.req.headers.host ?? ''
  if (!HOST.test(host)) throw new Fault('param_invalid', 'host: this header must name a host')
  return `HTTP://${host}`
}
