import { MediaFault } from '../lab/fault.ts'
import type { Exchange } from '../serve.ts'
import { refuseMedia } from './answer.ts'
import type { Desk } from './desk.ts'
import { serveAddress } from './files.ts'

/** Answers, or throws a `MediaFault`. */
export type MediaHandler = (exchange: Exchange, desk: Desk) => Promise<void>

export interface MediaRoute {
  /** True where no credential is asked for. */
  readonly open: boolean
  serve(exchange: Exchange): Promise<void>
}

const handlers: Readonly<Record<string, MediaHandler>> = {}

export function mediaRoute(desk: Desk, method: string, path: string): MediaRoute | undefined {
  const isGet = method === 'GET' || method === 'HEAD'
  if (isGet && path.startsWith('/files/')) {
    return { open: true, serve: (exchange) => attend(serveAddress, exchange, desk) }
  }
  const name = `${method} ${path}`
  const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined
  return handler && { open: false, serve: (exchange) => attend(handler, exchange, desk) }
}

async function attend(handler: MediaHandler, exchange: Exchange, desk: Desk): Promise<void> {
  try {
    await handler(exchange, desk)
  } catch (error) {
    if (!(error instanceof MediaFault)) throw error
    if (exchange.res.headersSent) exchange.res.destroy()
    else if (!exchange.gone.aborted) refuseMedia(exchange, error)
  }
}
