// The least a Node gateway can do and still see a request before it sends it on: node:http in, undici out, nothing in
// between. The body's chunks go on as they came, never joined; both sides can hold the other back; a client that leaves
// ends the upstream request. `node bare-undici.mjs PORT UPSTREAM_PORT`
import http from 'node:http'
import { Pool } from 'undici'

const [port, upstreamPort] = process.argv.slice(2).map(Number)
const pool = new Pool(`http://127.0.0.1:${upstreamPort}`, { connections: null, pipelining: 1 })

class Passage {
  constructor(res) {
    this.res = res
    res.once('close', () => {
      if (!res.writableFinished) this.abort?.()
    })
  }

  onConnect(abort) {
    this.abort = abort
  }

  onHeaders(status, rawHeaders, resume) {
    this.resume = resume
    this.res.writeHead(status, contentHeaders(rawHeaders))
    return true
  }

  onData(chunk) {
    if (this.res.write(chunk)) return true
    this.res.once('drain', this.resume)
    return false
  }

  onComplete() {
    this.res.end()
  }

  onError() {
    if (this.res.headersSent) this.res.destroy()
    else this.res.writeHead(502).end()
  }
}

function contentHeaders(raw) {
  const headers = []
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index].toString('latin1').toLowerCase()
    if (name === 'content-type' || name === 'content-length')
      headers.push(name, raw[index + 1].toString('latin1'))
  }
  return headers
}

http
  .createServer({ noDelay: true, keepAliveTimeout: 65_000 }, (req, res) => {
    const chunks = []
    let length = 0
    req.on('data', (chunk) => {
      chunks.push(chunk)
      length += chunk.length
    })
    req.on('end', () => {
      const headers = ['content-type', 'application/json', 'content-length', String(length)]
      const body = chunks.length === 1 ? chunks[0] : chunks
      pool.dispatch({ method: req.method, path: req.url, headers, body }, new Passage(res))
    })
  })
  .listen(port, '127.0.0.1')
