import {
  createServer,
  type IncomingMessage,
  maxHeaderSize,
  type Server,
  type ServerResponse,
} from 'node:http'
import { Fault, faults } from '../faults.ts'
import { type Ids, requestIdOf } from '../ids.ts'
import { ClientGone } from './body.ts'
import type { Call } from './call.ts'
import { ignoreOffer, wantsWebSocket } from './ignore-offer.ts'
import { refuse } from './refuse.ts'
import { dialectOf, dispatch, isGatewayPath } from './routes.ts'
import type { World } from './serve.ts'
import { openUpgrades } from './upgrade.ts'

export type Report = (call: Pick<Call, 'path' | 'requestId'>, error: unknown) => void

export type Gateway = {
  readonly server: Server
  /** New requests are refused from now on; those under way go on. */
  drain(): void
  /** Breaks off what is still running; nobody pays a unit for it. */
  cut(): void
  /** Resolves when no request is under way: every hold has got its end. */
  idle(): Promise<void>
}

/** Milliseconds: a header must be here at once, a body of 32 MB may take a slow line. */
const HEADERS_MS = 15_000
const REQUEST_MS = 600_000
const KEEP_ALIVE_MS = 65_000

/**
 * One port: gateway paths are served here on bare node:http, everything else by `others` (control plane, console, docs).
 * `world` is null until the books are open.
 */
export function openGateway(
  ids: Ids,
  world: () => World | null,
  others: (req: IncomingMessage, res: ServerResponse) => void,
  report: Report,
): Gateway {
  const gate = { cutting: false }
  let draining = false
  let running = 0
  const whenIdle: (() => void)[] = []
  const server = createServer(
    {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    },
    (req, res) => {
      const path = pathOf(req.url ?? '/')
      if (!isGatewayPath(path)) {
        others(req, res)
        return
      }
      const id = ids.next()
      const call: Call = { req, res, id, requestId: requestIdOf(id), dialect: dialectOf(path), path, gate }
      void serve(call)
    },
  )
  /** Never rejects: whatever goes wrong is answered here. */
  const serve = async (call: Call): Promise<void> => {
    running++
    try {
      const open = draining ? null : world()
      if (!open) throw new Fault('draining')
      await dispatch(call, open)
    } catch (error) {
      if (!(error instanceof ClientGone)) refuse(call, error, report)
    }
    running--
    if (!draining) return
    call.res.once('finish', () => server.closeIdleConnections())
    if (running === 0) for (const resolve of whenIdle.splice(0)) resolve()
  }
  const requestsOver = () =>
    running === 0 ? Promise.resolve() : new Promise<void>((resolve) => whenIdle.push(resolve))
  server.on('clientError', answerBrokenRequest)
  const upgrades = openUpgrades(() => (draining ? null : world()), report)
  server.on('upgrade', (req, socket, head) => {
    if (wantsWebSocket(req)) upgrades.take(req, socket, head, pathOf(req.url ?? '/'))
    else ignoreOffer(server, req, socket, head)
  })
  return {
    server,
    drain: () => {
      draining = true
      upgrades.drain()
    },
    cut: () => {
      gate.cutting = true
      upgrades.cut()
      server.closeAllConnections()
    },
    idle: async () => {
      await Promise.all([requestsOver(), upgrades.idle()])
    },
  }
}

/** Without the query and without doubled slashes, which base URLs that end in one produce. */
function pathOf(url: string): string {
  // RFC 9112 §3.2.2: the absolute form, which a proxy sends, is the same request.
  const target = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*/i, '')
  const end = target.indexOf('?')
  const path = end < 0 ? target : target.slice(0, end)
  return path.includes('//') ? path.replace(/\/{2,}/g, '/') : path
}

/** What is no HTTP, is too long in its head, or came too slowly, is answered in plain JSON; there is no dialect to go by. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: import('node:stream').Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, message } = brokenBy(error.code)
  const body = JSON.stringify({ error: { message } })
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  )
}

function brokenBy(code: string | undefined): { readonly status: string; readonly message: string } {
  const { says, hint } = faults.body_too_slow
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: '408 Request Timeout', message: `${says}. ${hint}` }
  if (code !== 'HPE_HEADER_OVERFLOW') {
    return { status: '400 Bad Request', message: 'this is not a valid HTTP request. Nothing was charged.' }
  }
  const message = `the path and the headers are longer than ${maxHeaderSize} bytes. Shorten them. Nothing was charged.`
  return { status: '431 Request Header Fields Too Large', message }
}
