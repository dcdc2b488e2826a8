// Time to the first event of a stream, to its last event of text and to its end, one stream after the other over one
// connection.
import http from 'node:http'
import { median } from './median.mjs'

/** The stub's events of text. */
export const EVENTS = 20

/** Answers the medians in milliseconds, and how many streams were refused. */
export async function firstToken({ port, headers, body, streams }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1, noDelay: true })
  const seen = []
  for (let left = streams; left > 0; left--) seen.push(await stream({ port, headers, body, agent }))
  agent.destroy()
  return {
    firstMs: median(seen.map(({ firstMs }) => firstMs)),
    textMs: median(seen.map(({ textMs }) => textMs)),
    wholeMs: median(seen.map(({ wholeMs }) => wholeMs)),
    refused: seen.filter(({ ok }) => !ok).length,
  }
}

function stream({ port, headers, body, agent }) {
  return new Promise((resolve, reject) => {
    const to = { host: '127.0.0.1', port, path: '/v1/chat/completions', method: 'POST', agent }
    const began = performance.now()
    let firstMs = 0
    let textMs = 0
    let events = 0
    const all = { ...headers, 'content-length': body.length }
    const request = http.request({ ...to, headers: all }, (answer) => {
      const ok = answer.statusCode === 200
      answer.on('data', (chunk) => {
        const now = performance.now() - began
        events += chunk.toString('latin1').split('data: ').length - 1
        firstMs ||= now
        if (events >= EVENTS) textMs ||= now
      })
      answer.on('end', () => resolve({ ok, firstMs, textMs, wholeMs: performance.now() - began }))
      answer.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}
