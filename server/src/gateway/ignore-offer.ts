import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

const OFFERS = new Set(['upgrade', 'connection', 'http2-settings'])

/** RFC 6455 §4.1. */
export function wantsWebSocket(req: IncomingMessage): boolean {
  return req.headers.upgrade?.toLowerCase() === 'websocket'
}

/**
 * A server that listens for upgrades is handed every request that offers one, and Java's HTTP client offers HTTP/2 with
 * each. An offer may be ignored (RFC 9110 §7.8): the request is read again without it.
 */
export function ignoreOffer(server: Server, req: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${req.method} ${req.url} HTTP/${req.httpVersion}`]
  for (let index = 0; index + 1 < req.rawHeaders.length; index += 2) {
    const [name = '', value = ''] = req.rawHeaders.slice(index, index + 2)
    if (!OFFERS.has(name.toLowerCase())) lines.push(`${name}: ${value}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}
