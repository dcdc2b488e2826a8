import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

const OFFERS = new Set(['upgrade', 'connection', 'http2-settings'])

/**
 * Once a server listens for upgrades, Node hands it every request that offers one, and Java's client offers HTTP/2 with
 * each. An offer may be ignored: the request is read again without it.
 */
export function ignoreOffer(server: Server, req: IncomingMessage, socket: Duplex, head: Buffer): void {
  const lines = [`${req.method} ${req.url} HTTP/${req.httpVersion}`]
  for (let i = 0; i + 1 < req.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = req.rawHeaders.slice(i, i + 2)
    if (!OFFERS.has(name.toLowerCase())) lines.push(`${name}: ${value}`)
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]))
  server.emit('connection', socket)
}
