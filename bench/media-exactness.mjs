// More of everything than the demo's plan holds, all at once, on a fresh server with its sandbox; then midnight. Exits 1
// unless the plan paid exactly its quotas, credits the rest to the nano, and nothing was refused.
//   node bench/media-exactness.mjs [--write]      about two minutes on two cores: a hundred songs are played
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Database from 'libsql'
import { Agent, request } from 'undici'
import { parse } from 'yaml'
import { build, house, isStale } from '../scripts/build.mjs'
import { machine } from './machine.mjs'
import { keepResult } from './results.mjs'
import { folder, freePort, start, stopAll } from './stage.mjs'
import { markdownTable } from './table.mjs'

const NANOS_PER_USD = 1_000_000_000
const NANOS_PER_CREDIT = 1_000_000
/** What the gateway waits for an engine's first byte. */
const LONGEST_WAIT_MS = 280_000
const DAY_MS = 86_400_000
const REVENUE = 2
const CHARACTERS = 500

const catalogue = parse(readFileSync(path.join(house, 'catalogue/token-plan.yaml'), 'utf8'))

/** `asks`: the units of each request. Images come in ones and nines, so that one request is paid by both pools. */
const kinds = [
  {
    model: 'image-01',
    path: '/v1/image_generation',
    asks: [...times(40, 1), ...times(11, 9), ...times(11, 1)],
    body: (n, at) => ({ prompt: `a boat with number ${at}`, n }),
    isMade: ({ data }, n) => data.image_urls.length === n,
  },
  {
    model: 'MiniMax-Hailuo-2.3',
    path: '/v1/video_generation',
    asks: times(4, 1),
    body: (_, at) => ({ prompt: `waves, take ${at}`, duration: 6, resolution: '768P' }),
    isMade: ({ task_id }) => filmOf(task_id),
  },
  {
    model: 'music-2.6',
    path: '/v1/music_generation',
    asks: times(104, 1),
    body: (_, at) => ({ prompt: 'a song of the road', lyrics: `We have gone ${at} miles since the morning` }),
    isMade: ({ data }) => data.audio.length > 100_000,
  },
  {
    model: 'speech-2.8-hd',
    path: '/v1/t2a_v2',
    asks: times(30, CHARACTERS),
    body: (_, at) => ({
      text: `${at} bottles. `.padEnd(CHARACTERS, 'We sing and walk along. '),
      voice_setting: { voice_id: 'English_expressive_narrator' },
    }),
    isMade: ({ data, extra_info }) => data.audio.length > 0 && extra_info.usage_characters === CHARACTERS,
  },
]

function times(count, units) {
  return Array.from({ length: count }, () => units)
}

const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 })
const wrong = []
let server
let demo

process.exitCode = await run()

async function run() {
  mkdirSync(path.join(folder, '.work'), { recursive: true })
  const work = mkdtempSync(path.join(folder, '.work/media-'))
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, async () => {
      await stopAll()
      rmSync(work, { recursive: true, force: true })
      process.exit(130)
    })
  }
  try {
    if (isStale()) await build()
    await play(work)
  } finally {
    await dispatcher.destroy()
    await stopAll()
  }
  for (const what of wrong) console.error(`WRONG ${what}`)
  if (wrong.length > 0) console.error(`Logs and books are in ${path.relative(process.cwd(), work)}`)
  else rmSync(work, { recursive: true })
  return wrong.length > 0 ? 1 : 0
}

async function play(work) {
  const data = path.join(work, 'data')
  await openServer(work, data)
  const before = await ownQuota()
  if (untilMidnight(before) < 2 * LONGEST_WAIT_MS) await advance(untilMidnight(before) + 1000)
  const began = performance.now()
  const answers = await everythingAtOnce()
  const seconds = (performance.now() - began) / 1000
  const load = os.loadavg()[0].toFixed(1)
  const after = await ownQuota()
  await advance(untilMidnight(after))
  const fresh = await ownQuota()
  await stopAll()
  const books = booksIn(data)
  const rows = kinds.map((kind) => rowOf(kind, { answers, before, after, fresh, books }))
  const owed = rows.reduce((sum, { owedNanos }) => sum + owedNanos, 0)
  check('credits taken, by own-quota', before.credits.balanceNanos - after.credits.balanceNanos, owed)
  check('credits held at the end', after.credits.heldNanos, 0)
  check('revenue, by the ledger', books.revenueNanos, owed)
  const proof = verify(data)
  const report = [
    `${machine(work)} · load average at the end ${load}`,
    `${answers.length} requests at once, done after ${seconds.toFixed(0)} s.`,
    tableOf(rows),
    `Credits: ${(before.credits.balanceNanos - after.credits.balanceNanos) / NANOS_PER_CREDIT} taken, ${owed / NANOS_PER_CREDIT} owed by the catalogue's prices, ${books.revenueNanos / NANOS_PER_CREDIT} in the ledger.`,
    `\`tokenplan verify\`: ${proof.ok ? 'ok' : 'WRONG'}, open holds: ${proof.openHolds}.`,
  ].join('\n\n')
  console.log(report)
  if (process.argv.includes('--write') && wrong.length === 0) keepResult('media-exactness', report)
}

async function openServer(work, data) {
  const port = await freePort()
  await start({
    name: 'server',
    command: process.execPath,
    args: [path.join(house, 'server/dist/tokenplan.mjs'), 'demo'],
    says: 'is ready',
    env: { PORT: String(port), TOKENPLAN_DATA: data },
    logFolder: work,
  })
  server = `http://127.0.0.1:${port}`
  demo = JSON.parse(readFileSync(path.join(data, 'demo.json'), 'utf8'))
}

async function everythingAtOnce() {
  const asked = kinds.flatMap((kind) => kind.asks.map((units, at) => ({ kind, units, at })))
  let done = 0
  const ticking = setInterval(() => console.error(`${done} of ${asked.length} …`), 20_000)
  const answers = await Promise.all(
    asked.map(async (one) => {
      const answer = await make(one)
      done++
      return answer
    }),
  )
  clearInterval(ticking)
  return answers
}

/** `waitedMs` is until the gateway's answer; of a film it is until the film is there. */
async function make({ kind, units, at }) {
  const began = performance.now()
  const { headers, json } = await call(kind.path, {
    method: 'POST',
    body: { model: kind.model, ...kind.body(units, at) },
  })
  const answeredMs = performance.now() - began
  const code = json.base_resp?.status_code
  const isMade = code === 0 && (await kind.isMade(json, units))
  if (!isMade) wrong.push(`${kind.model} ${at}: ${JSON.stringify(json.base_resp)}`)
  const waitedMs = performance.now() - began
  return { kind, isMade, pool: headers['tokenplan-pool'] ?? 'none', answeredMs, waitedMs }
}

async function filmOf(task) {
  for (;;) {
    const { json } = await call(`/v1/query/video_generation?task_id=${task}`)
    if (json.status === 'Success') return json.video_height === 768
    if (json.base_resp.status_code !== 0) return false
    await pause(500)
  }
}

async function call(where, { method = 'GET', body, key = demo.tokenPlanKey } = {}) {
  const answer = await request(`${server}${where}`, {
    method,
    dispatcher,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  })
  return { headers: answer.headers, json: await answer.body.json() }
}

async function ownQuota() {
  const { json } = await call('/api/own-quota')
  return json
}

function untilMidnight({ now }) {
  return DAY_MS - (now % DAY_MS)
}

function advance(ms) {
  const body = { advanceSeconds: Math.ceil(ms / 1000) }
  return call('/api/operator/clock', { method: 'POST', body, key: demo.operatorToken })
}

/** The ledger itself, when nobody writes to it. */
function booksIn(data) {
  const db = new Database(path.join(data, 'tokenplan.db'), { readonly: true })
  const revenue = db.prepare('select sum(nanos) as nanos from entry where account = ?').get(REVENUE)
  const byModel = db
    .prepare(
      `select label.name as model, sum(entry.nanos) as nanos from entry join hold on hold.id = entry.tx
       join label on label.id = hold.model where entry.account = ? group by label.name`,
    )
    .all(REVENUE)
  db.close()
  return {
    revenueNanos: Number(revenue.nanos),
    nanosOf: (model) => Number(byModel.find((row) => row.model === model)?.nanos ?? 0),
  }
}

function rowOf({ model, asks }, { answers, before, after, fresh, books }) {
  const { resource, prices } = catalogue.models[model]
  const quota = catalogue.plans.max.quotas[resource].day
  const asked = asks.reduce((sum, units) => sum + units, 0)
  const [{ usd, per }] = prices
  const priceNanos = (usd * NANOS_PER_USD) / Number(/^\d+/.exec(String(per))?.[0] ?? 1)
  const owedNanos = Math.round((asked - quota) * priceNanos)
  const used = usedIn(after, resource)
  const own = answers.filter(({ kind }) => kind.model === model)
  const longestMs = Math.max(...own.map(({ answeredMs }) => answeredMs))
  check(`${resource}: used before`, usedIn(before, resource), 0)
  check(`${resource}: used, all of it`, used, quota)
  check(`${resource}: used after midnight`, usedIn(fresh, resource), 0)
  check(`${resource}: made`, own.filter(({ isMade }) => isMade).length, asks.length)
  check(`${resource}: credits in the ledger`, books.nanosOf(model), owedNanos)
  if (longestMs > LONGEST_WAIT_MS) wrong.push(`${resource}: an answer took ${longestMs} ms`)
  return { model, asked, own, used, quota, owedNanos, longestMs, freshUsed: usedIn(fresh, resource), books }
}

function usedIn({ resources }, resource) {
  return resources.find(({ id }) => id === resource).windows[0].used
}

function check(what, found, expected) {
  if (found !== expected) wrong.push(`${what}: ${found} instead of ${expected}`)
}

function tableOf(rows) {
  const head = [
    ...['model', 'requests', 'units asked', 'plan paid', 'quota', 'credits owed', 'credits in the ledger'],
    ...['refused', 'plan / both / credits', 'wait p50, s', 'longest, s', 'used after midnight'],
  ]
  const count = (own, pool) => own.filter((answer) => answer.pool === pool).length
  const lines = rows.map(({ model, own, asked, used, quota, owedNanos, freshUsed, books }) => {
    const waits = own.map(({ waitedMs }) => waitedMs / 1000).toSorted((a, b) => a - b)
    return [
      ...[model, own.length, asked, used, quota, owedNanos / NANOS_PER_CREDIT],
      books.nanosOf(model) / NANOS_PER_CREDIT,
      own.filter(({ isMade }) => !isMade).length,
      ['plan', 'plan+credits', 'credits'].map((pool) => count(own, pool)).join(' / '),
      waits[waits.length >> 1].toFixed(1),
      waits.at(-1).toFixed(1),
      freshUsed,
    ]
  })
  return markdownTable(head, lines)
}

function verify(data) {
  const args = [path.join(house, 'server/dist/tokenplan.mjs'), 'verify', '--json']
  const env = { PATH: process.env.PATH, TOKENPLAN_DATA: data }
  const { stdout } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  const proof = JSON.parse(stdout)
  if (!proof.ok || proof.openHolds !== 0) wrong.push(`verify: ${stdout}`)
  return proof
}
