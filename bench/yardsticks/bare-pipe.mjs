// What most people would write first: node:http on both sides, joined by pipes. The body is streamed through unseen.
// `node bare-pipe.mjs PORT UPSTREAM_PORT`
import http from 'node:http'
import { pipeline } from 'node:stream'

const [port, upstreamPort] = process.argv.slice(2).map(Number)
const agent = new http.Agent({ keepAlive: true, noDelay: true })

http
  .createServer({ noDelay: true, keepAliveTimeout: 65_000 }, (req, res) => {
    const headers = { 'content-type': 'application/json', 'content-length': req.headers['content-length'] }
    const to = { host: '127.0.0.1', port: upstreamPort, path: req.url, method: req.method, agent, headers }
    const onward = http.request(to, (answer) => {
      const kept = ['content-type', 'content-length'].filter((name) => answer.headers[name] !== undefined)
      res.writeHead(answer.statusCode, Object.fromEntries(kept.map((name) => [name, answer.headers[name]])))
      answer.pipe(res)
    })
    onward.on('error', () => res.destroy())
    res.once('close', () => {
      if (!res.writableFinished) onward.destroy()
    })
    pipeline(req, onward, () => undefined)
  })
  .listen(port, '127.0.0.1')
