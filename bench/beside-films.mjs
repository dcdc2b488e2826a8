// Text at 64 connections, with and without a film in the making in the sandbox beside it, in turn.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { load } from './load.mjs'
import { median } from './median.mjs'
import { openProduct, verdict } from './product.mjs'
import { folder, freePort, start } from './stage.mjs'
import { markdownTable } from './table.mjs'

const CONNECTIONS = 64
const MOST_MOVED_PERCENT = 10

/** Answers { pairs: [{ without, beside, films }], proofs }. */
export async function besideFilms(work, { rounds, seconds }) {
  const stub = await freePort()
  const args = [path.join(folder, 'stub-upstream.mjs'), String(stub)]
  await start({ name: 'stub-text', command: process.execPath, args, port: stub, logFolder: work })
  // Text goes to the stub, everything else to the sandbox.
  const product = await openProduct(work, 'beside', { TOKENPLAN_UPSTREAM: `http://127.0.0.1:${stub}` })
  const bodyFile = path.join(work, 'text.json')
  writeFileSync(
    bodyFile,
    JSON.stringify({ model: 'MiniMax-M2.7', messages: [{ role: 'user', content: 'Hello!' }] }),
  )
  const headers = { authorization: `Bearer ${product.key}`, 'content-type': 'application/json' }
  const press = () => load({ port: product.port, headers, bodyFile, connections: CONNECTIONS, seconds })
  await press()
  const pairs = []
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`beside films, round ${round} of ${rounds}\n`)
    const pair = {}
    for (const way of round % 2 === 0 ? ['without', 'beside'] : ['beside', 'without']) {
      const filming = way === 'beside' ? await startFilming(product) : undefined
      pair[way] = await press()
      if (filming) pair.films = await filming.stop()
    }
    pairs.push(pair)
  }
  await product.stop()
  return { pairs, proofs: [verdict(product)] }
}

/** One film at a time, always one in the making; resolves when the first is. */
async function startFilming(product) {
  let stopping = false
  let begun = 0
  const inTheMaking = withResolvers()
  const filming = (async () => {
    do {
      const { task_id } = await call(product, '/v1/video_generation', {
        model: 'MiniMax-Hailuo-2.3',
        prompt: `waves, take ${++begun}`,
      })
      for (let status = ''; status !== 'Success'; ) {
        const answer = await call(product, `/v1/query/video_generation?task_id=${task_id}`)
        if (answer.base_resp.status_code !== 0) throw new Error(JSON.stringify(answer))
        status = answer.status
        if (status === 'Processing') inTheMaking.resolve()
        await pause(200)
      }
    } while (!stopping)
  })()
  await Promise.race([inTheMaking.promise, filming])
  return {
    async stop() {
      stopping = true
      await filming
      return begun
    },
  }
}

async function call({ port, key }, where, body) {
  const answer = await fetch(`http://127.0.0.1:${port}${where}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  return answer.json()
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers() {
  let resolve
  const promise = new Promise((yes) => {
    resolve = yes
  })
  return { promise, resolve }
}

export function besideTable({ pairs }) {
  const head = ['', 'without', 'beside a film', 'beside ÷ without (lowest–highest)']
  const row = (name, of, digits) => {
    const ratios = pairs.map(({ without, beside }) => of(beside) / of(without))
    const [from, to] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2))
    return [
      name,
      ...['without', 'beside'].map((way) => median(pairs.map((pair) => of(pair[way]))).toFixed(digits)),
      `${median(ratios).toFixed(2)} (${from}–${to})`,
    ]
  }
  const moved = median(pairs.map(({ without, beside }) => beside.p99Ms / without.p99Ms)) * 100 - 100
  const refused = pairs
    .flatMap(({ without, beside }) => [without, beside])
    .reduce((sum, one) => sum + one.refused, 0)
  const films = pairs.reduce((sum, pair) => sum + pair.films, 0)
  return [
    markdownTable(head, [
      row('p50, ms', ({ p50Ms }) => p50Ms, 2),
      row('p99, ms', ({ p99Ms }) => p99Ms, 2),
      row('requests a second', ({ perSecond }) => perSecond, 0),
    ]),
    `The p99 moved by ${moved.toFixed(0)} % (at most ${MOST_MOVED_PERCENT} % is the aim). ${films} films were made, ${refused} answers were refused.`,
  ].join('\n\n')
}
