// Calls the server N times at C connections with one key and counts which pool paid. Exits 1 when the sum is not exact.
//   node bench/exactness.mjs [--url http://localhost:8787] [--calls 15300] [--connections 256] [--demo data/demo.json]
import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'

const flag = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : process.argv[at + 1]
}
const demo = JSON.parse(readFileSync(flag('demo', 'data/demo.json'), 'utf8'))
const url = flag('url', demo.url).replace('localhost', '127.0.0.1')
const calls = Number(flag('calls', 15_300))
const connections = Number(flag('connections', 256))
const dispatcher = new Agent({ connections, pipelining: 1 })
const body = JSON.stringify({ model: 'MiniMax-M2.7', messages: [{ role: 'user', content: 'Hello!' }] })
const headers = { authorization: `Bearer ${demo.tokenPlanKey}`, 'content-type': 'application/json' }

const seen = {}
const count = (what) => {
  seen[what] = (seen[what] ?? 0) + 1
}
let left = calls
const usage = { input: 0, output: 0 }
const began = performance.now()
await Promise.all(
  Array.from({ length: connections }, async () => {
    while (left-- > 0) {
      const answer = await request(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers,
        body,
        dispatcher,
      })
      const text = await answer.body.text()
      const pool = answer.headers['tokenplan-pool'] ?? `refused ${answer.statusCode}`
      count(pool)
      if (pool !== 'credits') continue
      const reported = JSON.parse(text).usage
      usage.input += reported.prompt_tokens
      usage.output += reported.completion_tokens
    }
  }),
)
const seconds = (performance.now() - began) / 1000
const remains = await request(`${url}/v1/token_plan/remains`, { headers, dispatcher }).then((answer) =>
  answer.body.json(),
)
const text = remains.model_remains.find(({ model_name }) => model_name === 'MiniMax-M*')
console.log(
  JSON.stringify({
    calls,
    connections,
    seconds: Number(seconds.toFixed(1)),
    perSecond: Math.round(calls / seconds),
    pools: seen,
  }),
)
console.log(`remains: ${text.current_interval_usage_count} of ${text.current_interval_total_count} used`)
// MiniMax-M2.7: 300 nanos an input token, 1200 an output token (USD 0.30 and 1.20 a million).
const owed = usage.input * 300 + usage.output * 1200
if (usage.input) console.log(`credits owed by the reported usage: ${owed} nanos (${owed / 1e6} credits)`)
await dispatcher.close()
