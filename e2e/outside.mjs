// The way out, for clients that respect a proxy: it refuses at once and remembers who wanted where. Without it a client
// would wait for a network that is not there, or report a test run to its maker where one is.
import { createServer } from 'node:http'

export async function closeTheWayOut() {
  const wanted = new Map()
  const refuse = (host) => wanted.set(host, (wanted.get(host) ?? 0) + 1)
  const server = createServer((request, response) => {
    refuse(new URL(request.url, 'http://unknown').host)
    response.writeHead(403).end('No way out of this test.')
  })
  server.on('connect', (request, socket) => {
    refuse(request.url)
    socket.on('error', () => socket.destroy())
    socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy = `http://127.0.0.1:${server.address().port}`
  const here = 'localhost,127.0.0.1,::1'
  return {
    env: {
      HTTP_PROXY: proxy,
      HTTPS_PROXY: proxy,
      ALL_PROXY: proxy,
      NO_PROXY: here,
      http_proxy: proxy,
      https_proxy: proxy,
      all_proxy: proxy,
      no_proxy: here,
    },
    wanted,
    close: () => server.close(),
  }
}
