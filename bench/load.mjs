// The load: wrk where it is installed, else autocannon. Closed loop, keep-alive, one request at a time per connection.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { folder, isOnPath, keep } from './stage.mjs'

const PATH = '/v1/chat/completions'
/** Longer than any round: a slow answer shows in the rate, not as an error. */
const TIMEOUT_SECONDS = 60

export const loadTool = isOnPath('wrk') ? 'wrk' : 'autocannon'

/** Answers { requests, perSecond, p50Ms, p99Ms, refused, broken }: refused is every answer that is not 2xx or 3xx. */
export function load(ask) {
  return loadTool === 'wrk' ? loadByWrk(ask) : loadByAutocannon(ask)
}

async function loadByWrk({ port, headers, bodyFile, connections, seconds }) {
  const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', `${TIMEOUT_SECONDS}s`]
  const sent = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const script = ['-s', path.join(folder, 'post.lua'), `http://127.0.0.1:${port}${PATH}`]
  const env = { ...process.env, BENCH_BODY: bodyFile }
  const pressing = promisify(execFile)('wrk', [...flags, ...sent, ...script], { env })
  keep(pressing.child)
  const { stdout } = await pressing
  const line = /^RESULT (.*)$/m.exec(stdout)
  if (!line) throw new Error(`wrk said no result:\n${stdout}`)
  const { requests, micros, p50Micros, p99Micros, refused, broken } = JSON.parse(line[1])
  const perSecond = (requests - refused) / (micros / 1e6)
  return { requests, perSecond, p50Ms: p50Micros / 1000, p99Ms: p99Micros / 1000, refused, broken }
}

async function loadByAutocannon({ port, headers, bodyFile, connections, seconds }) {
  const { default: autocannon } = await import('autocannon')
  const result = await autocannon({
    url: `http://127.0.0.1:${port}${PATH}`,
    method: 'POST',
    headers,
    body: readFileSync(bodyFile),
    connections,
    duration: seconds,
    timeout: TIMEOUT_SECONDS,
  })
  const { latency, requests, non2xx, errors } = result
  return {
    requests: requests.total,
    perSecond: (requests.total - non2xx) / result.duration,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    refused: non2xx,
    broken: errors,
  }
}
