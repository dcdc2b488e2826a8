import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dialect } from '../modalities/dialect.ts'

/** One request on its way through the gateway. */
export type Call = {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** The hold's id, should there be one. */
  readonly id: number
  /** 32 hex digits, what the caller sees. */
  readonly requestId: string
  /** In which shape answers and refusals go out. */
  readonly dialect: Dialect
  readonly path: string
  /** `cutting`: this server is breaking connections off itself, so a client that goes is not to blame. */
  readonly gate: { readonly cutting: boolean }
}

/** The client has hung up before it had the whole answer. */
export function isGone(call: Call): boolean {
  return call.res.destroyed && !call.res.writableFinished
}

/** Under all three names that clients look for. */
export function idHeaders(call: Call): string[] {
  return ['x-request-id', call.requestId, 'request-id', call.requestId, 'trace-id', call.requestId]
}
