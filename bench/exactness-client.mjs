// A client process of bench/exactness.mjs: so many connections that call until they are refused. Told what to do over IPC,
// one round at a time; answers what it saw.
import { Pool } from 'undici'

/** A video has no answer to wait for but its task's. */
const LOOK_MS = 200
const LONGEST_CONNECT_MS = 120_000
/** They come one after the other, or the queue of those that nobody has accepted yet runs over. */
const MS_PER_CONNECTION = 3
const REFUSALS = new Set([1008, 2056])
/** A server that cannot reach its books serves nobody: no hold was taken, and the call is made again. */
const UNSERVED = /books cannot be written|is stopping/
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

let pools = new Map()

process.on('message', async (round) => {
  try {
    process.send({ counts: await play(round) })
  } catch (error) {
    process.send({ error: error.stack })
  }
})
process.on('disconnect', () => process.exit())

async function play({ kind, key, urls, connections }) {
  await keepOpen(urls, connections)
  const counts = {
    calls: 0,
    admitted: 0,
    failed: 0,
    refused: 0,
    unserved: 0,
    admittedUnits: 0,
    failedUnits: 0,
    odd: [],
  }
  const tasks = []
  const ask = { kind, headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' } }
  await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      callUntilRefused({ ...ask, pool: pools.get(urls[index % urls.length]), index, counts, tasks }),
    ),
  )
  for (const task of tasks) {
    if (await isTaskMade(task, ask.headers)) continue
    counts.failed++
    counts.failedUnits += task.units
  }
  return counts
}

/** One set of connections for the whole run. */
async function keepOpen(urls, connections) {
  if (pools.size > 0) return
  const share = Math.ceil(connections / urls.length)
  // All come at once, and a queue of connections that is full makes the kernel try again for some seconds.
  const connect = { timeout: LONGEST_CONNECT_MS }
  const limits = { connections: share, pipelining: 1, connect, headersTimeout: 0, bodyTimeout: 0 }
  pools = new Map(urls.map((url) => [url, new Pool(url, limits)]))
}

async function callUntilRefused({ kind, headers, pool, index, counts, tasks }) {
  const { sizes } = kind
  await pause(index * MS_PER_CONNECTION)
  let isSmall = false
  for (let turn = index; ; turn++) {
    const units = isSmall ? sizes[0] : sizes[turn % sizes.length]
    counts.calls++
    const { status, json } = await call(pool, headers, kind, units)
    const code = json.base_resp?.status_code ?? 0
    if (REFUSALS.has(code) || status === 429 || status === 402) {
      counts.refused++
      // There may be room for less.
      if (units === sizes[0]) return
      isSmall = true
      continue
    }
    if (status === 503 || UNSERVED.test(json.base_resp?.status_msg ?? '')) {
      counts.unserved++
      await pause(LOOK_MS)
      continue
    }
    const isMade = status === 200 && code === 0
    const isFailure = status >= 500 || code === 1000
    if (!isMade && !isFailure) counts.odd.push(`${status} ${JSON.stringify(json).slice(0, 300)}`)
    counts.admitted++
    counts.admittedUnits += units
    if (!isMade) {
      counts.failed++
      counts.failedUnits += units
    } else if (kind.isTask) tasks.push({ id: json.task_id, units, pool })
  }
}

async function call(pool, headers, kind, units) {
  const { path, body, sizeField } = kind
  const sized = sizeField === 'text' ? { text: 'x'.repeat(units) } : sizeField ? { [sizeField]: units } : {}
  const answer = await pool.request({
    path,
    method: 'POST',
    headers,
    body: JSON.stringify({ ...body, ...sized }),
  })
  return { status: answer.statusCode, json: await answer.body.json() }
}

async function isTaskMade({ id, pool }, headers) {
  for (;;) {
    const answer = await pool.request({
      path: `/v1/query/video_generation?task_id=${id}`,
      method: 'GET',
      headers,
    })
    const { status, base_resp } = await answer.body.json()
    if (status === 'Success') return true
    if (status === 'Fail') return false
    if (base_resp?.status_code) throw new Error(`task ${id}: ${JSON.stringify(base_resp)}`)
    await pause(LOOK_MS)
  }
}
