// The book alone, without HTTP: decisions, memory, the journal's latency, several servers, a start. `npm run bench:book`
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { tsImport } from 'tsx/esm/api'
import { house } from '../scripts/build.mjs'
import { bundleParts } from './book/bundle.mjs'
import { decideTable, hotTable, latencyTable, memoryTable, startTable } from './book/tables.mjs'
import { machine } from './machine.mjs'
import { keepResult } from './results.mjs'
import { folder, keep, stopAll } from './stage.mjs'

const HELP = `npm run bench:book -- [--quick] [--rounds N] [--only TOPIC,…] [--write]
  --quick      small sizes, about a minute
  --rounds N   rounds, medians are taken (5, quick 2)
  --only …     of decide, memory, latency, hot, start
  --write      keep the tables in bench/RESULTS.md`
const TOPICS = ['decide', 'memory', 'latency', 'hot', 'start']
const flags = process.argv.slice(2)
const given = (name) => (flags.includes(name) ? flags[flags.indexOf(name) + 1] : undefined)
const unknown = flags.find((text) => text.startsWith('-') && !HELP.includes(text))
const only = given('--only')?.split(',') ?? TOPICS
if (unknown || only.some((topic) => !TOPICS.includes(topic))) {
  console.log(HELP)
  process.exit(unknown === '--help' ? 0 : 2)
}
const quick = flags.includes('--quick')
const rounds = Number(given('--rounds') ?? (quick ? 2 : 5))
const PARTS = ['decide', 'memory', 'many', 'latency', 'hot-found', 'hot-node', 'start-up', 'proof']
const NODES = 3
const catalogues = path.join(house, 'catalogue/')

process.exitCode = await run()

async function run() {
  mkdirSync(path.join(folder, '.work'), { recursive: true })
  const work = mkdtempSync(path.join(folder, '.work/book-'))
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
      await stopAll()
      rmSync(work, { recursive: true, force: true })
      process.exit(130)
    })
  }
  try {
    const where = machine(work)
    const bundled = await bundleParts(PARTS, path.join(work, 'built'))
    const part = (name, told) => runPart(bundled(name), told)
    const topics = { decide, memory, latency, hot, start }
    const tables = []
    for (const topic of TOPICS.filter((topic) => only.includes(topic))) {
      process.stderr.write(`${topic} …\n`)
      tables.push(await topics[topic](part, work))
    }
    const report = [where, `Rounds: ${rounds}. Medians (lowest–highest).`, ...tables].join('\n\n')
    console.log(report)
    if (flags.includes('--write')) keepResult('book', report)
    return tables.some((table) => table.includes('WRONG')) ? 1 : 0
  } finally {
    await stopAll()
    rmSync(work, { recursive: true, force: true })
  }
}

/** A process of its own, so that no part is timed with what another has left behind. Answers its last line. */
function runPart(file, told) {
  const child = spawn(process.execPath, ['--expose-gc', file, JSON.stringify(told)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  keep(child)
  let said = ''
  child.stdout.on('data', (chunk) => {
    said += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      if (code === 0) resolve(JSON.parse(said.trim().split('\n').at(-1)))
      else reject(new Error(`${path.basename(file)} ended with ${code}`))
    })
  })
}

async function decide(part) {
  const { samples } = await part('decide', { rounds: 2 * rounds + 1, times: quick ? 50_000 : 500_000 })
  return decideTable(samples)
}

async function memory(part, work) {
  const subscriptions = quick ? 12_000 : 100_000
  const file = path.join(work, 'idle.db')
  await part('many', { file, subscriptions, requests: 0, full: 0, catalogues })
  const idle = await part('memory', { file, subscriptions })
  const active = []
  for (const units of [0, 1_000, 30_000]) {
    const count = units === 30_000 ? 50 : 1_000
    active.push({
      units,
      ...(await part('memory', { units, count: quick ? count / 10 : count, catalogues })),
    })
  }
  return memoryTable({ subscriptions, idle, active })
}

async function latency(part, work) {
  return withPostgres(async (server) => {
    const places = { SQLite: path.join(work, 'latency.db'), Postgres: await server.createDatabase() }
    const runs = []
    for (let round = 1; round <= rounds; round++) {
      const order = round % 2 === 1 ? ['SQLite', 'Postgres'] : ['Postgres', 'SQLite']
      for (const store of order) {
        const callers = [1, 16, 64, 256, 1_024, ...(store === 'SQLite' ? [4_096] : [])]
        const told = { place: places[store], callers, ms: quick ? 300 : 3_000 }
        const { samples } = await part('latency', told)
        runs.push(...samples.map((sample) => ({ store, ...sample })))
      }
    }
    return latencyTable(runs)
  })
}

async function hot(part) {
  return withPostgres(async (server) => {
    const runs = []
    for (let round = 1; round <= rounds; round++) {
      const place = await server.createDatabase()
      const limit = quick ? 500 : 20_000
      const { customer } = await part('hot-found', { place, limit })
      const startsAt = Date.now() + 2_000
      const told = { place, customer, callers: 64, startsAt, endsAt: startsAt + (quick ? 1_500 : 8_000) }
      const nodes = await Promise.all(Array.from({ length: NODES }, () => part('hot-node', told)))
      const { holds, ok } = await part('hot-found', { place, limit, subscription: customer.subscription })
      runs.push({ limit, nodes, holds, ok })
    }
    return hotTable(runs)
  })
}

async function start(part, work) {
  const file = path.join(work, 'start.db')
  const requests = quick ? 60_000 : 1_000_000
  const made = { file, subscriptions: 1_000, requests, full: quick ? 3_000 : 30_000 }
  await part('many', made)
  const starts = []
  for (let round = 1; round <= rounds; round++) starts.push(await part('start-up', { file }))
  const proofs = []
  for (let round = 1; round <= Math.min(rounds, 3); round++) proofs.push(await part('proof', { file }))
  return startTable({ ...made, starts, proofs })
}

/** A real one, durable as it is shipped, on this machine's disk. */
async function withPostgres(act) {
  const { startPostgres } = await tsImport('../server/test/postgres.ts', import.meta.url)
  const server = await startPostgres()
  try {
    return await act(server)
  } finally {
    await server.remove()
  }
}
