// Uses up everything that can be used up, with many processes at once and an engine that fails every tenth call, and shows
// that what was admitted in the end is the limit: not one more, not one less. Exits 1 when it is not.
//   node bench/exactness.mjs [--write] [--processes 8] [--connections 256] [--only videos]
//   DATABASE_URL=postgres://… node bench/exactness.mjs --nodes 3      several servers over an empty database
import { fork } from 'node:child_process'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { request } from 'undici'
import { kinds, teams } from './exactness-kinds.mjs'
import { flagIn } from './flags.mjs'
import { keepResult } from './results.mjs'
import { onStage, openServers, ranOn, resultOf, rowsOf, verifyBooks } from './servers.mjs'
import { folder, keep } from './stage.mjs'
import { markdownTable } from './table.mjs'

const FAIL_EVERY = 10
/** A limit that never stands is one that leaks. */
const MOST_ROUNDS = 60
const MIDNIGHT_MARGIN_MS = 20 * 60_000
const DAY_MS = 86_400_000

const processes = Number(flagIn('processes', 8))
const connections = Number(flagIn('connections', 256))
const only = flagIn('only', '')

process.exitCode = await onStage('exactness', play)

async function play(stage) {
  if (DAY_MS - (Date.now() % DAY_MS) < MIDNIGHT_MARGIN_MS)
    throw new Error('midnight (UTC) is near, and daily quotas would begin anew in the middle')
  const engineFlags = ['--fail-every', String(FAIL_EVERY)]
  const world = await openServers(stage, { catalogue: 'exact.yaml', teams, engineFlags })
  const clients = Array.from({ length: processes }, () => {
    const client = fork(path.join(folder, 'exactness-client.mjs'))
    keep(client)
    return client
  })
  const rows = []
  for (const kind of kinds.filter(({ name }) => name.includes(only))) {
    rows.push(await useUp(stage, world, kind, clients))
    const last = rows.at(-1)
    console.error(`${kind.name}: ${last.isExact ? 'exact' : 'NOT EXACT'} after ${last.rounds} rounds`)
  }
  const proof = await verifyBooks(stage)
  const report = [
    ranOn(world),
    `${processes} processes × ${connections} connections; the engine failed every ${FAIL_EVERY}th call.`,
    tableOf(rows),
    proof,
  ].join('\n\n')
  console.log(report)
  if (process.argv.includes('--write') && stage.wrong.length === 0)
    keepResult(resultOf('exactness', stage), report)
}

/** Rounds of calls until one in which everything was refused: the limit stands. */
async function useUp(stage, { teams: keys, urls, engine }, kind, clients) {
  const key = keys[kind.team][kind.key]
  const before = await engineCounts(engine)
  const sum = {
    calls: 0,
    admitted: 0,
    failed: 0,
    refused: 0,
    unserved: 0,
    admittedUnits: 0,
    failedUnits: 0,
    rounds: 0,
  }
  for (;;) {
    const counts = await Promise.all(
      clients.map((client) => playRound(client, { kind, key, urls, connections })),
    )
    sum.rounds++
    let admitted = 0
    for (const one of counts) {
      for (const odd of one.odd) stage.wrong.push(`${kind.name}: ${odd}`)
      for (const name of Object.keys(sum)) sum[name] += one[name] ?? 0
      admitted += one.admitted
    }
    if (admitted === 0) break
    if (sum.rounds > MOST_ROUNDS) {
      stage.wrong.push(`${kind.name}: there is still room after ${sum.rounds} rounds`)
      break
    }
  }
  const after = await engineCounts(engine)
  return checked(stage, { kind, team: keys[kind.team], key, urls, sum, asked: after.asked - before.asked })
}

function playRound(client, round) {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error('a client process ended'))
    client.once('exit', gone)
    client.once('message', ({ counts, error }) => {
      client.off('exit', gone)
      if (error) reject(new Error(error))
      else resolve(counts)
    })
    client.send(round)
  })
}

async function engineCounts(engine) {
  return (await request(`${engine}/counts`)).body.json()
}

/** What the callers saw, what the key is told, and what the rows say must be the same. */
async function checked(stage, { kind, team, key, urls, sum, asked }) {
  const { name, limit, isMoney, price = 1 } = kind
  const check = (what, found, expected) => {
    if (found !== expected) stage.wrong.push(`${name}: ${what}: ${found} instead of ${expected}`)
    return found === expected
  }
  const net = sum.admittedUnits - sum.failedUnits
  const spent = isMoney ? net * price : net
  const left = limit - spent
  const most = isMoney ? (kind.hold ?? price) - 1 : 0
  const isExact = left >= 0 && left <= most
  if (!isExact) stage.wrong.push(`${name}: ${left} of ${limit} are left`)
  const isAllAsked = check('calls that reached the engine', asked, sum.admitted)
  await untilEnded(stage, team)
  const [row] = await rowsOf(stage, sqlOf(kind, team))
  const isOnRecord =
    check('units kept in the rows', isMoney ? row.made : row.kept, net) &&
    check('nanos in the rows', row.nanos, isMoney ? spent : 0) &&
    check('booked to the operator', row.absorbed, 0)
  const isTold = check('left, as the key is told', await leftFor(kind, { key, urls, team, stage }), left)
  return { kind, ...sum, net, left, isExact: isExact && isAllAsked && isOnRecord && isTold }
}

/** The ends of what a plan pays ride on the next batch. */
async function untilEnded(stage, { team }) {
  const sql = `select count(*) as open from hold where team = ${team}
    and not exists (select 1 from hold_end where hold_end.hold = hold.id)`
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; await pause(50)) {
    if ((await rowsOf(stage, sql))[0].open === 0) return
  }
  stage.wrong.push(`team ${team}: holds stay open`)
}

/** Of the plan's team every kind has a resource of its own; the others have one kind each. */
function sqlOf({ resource }, { team }) {
  const of = resource ? `and resource.name = '${resource}'` : ''
  return `select coalesce(sum(hold_end.units), 0) as kept, coalesce(sum(hold_end.made_units), 0) as made,
      coalesce(sum(hold_end.nanos), 0) as nanos, coalesce(sum(hold_end.absorbed_nanos), 0) as absorbed
    from hold join hold_end on hold_end.hold = hold.id join label as resource on resource.id = hold.resource
    where hold.team = ${team} ${of}`
}

/** All servers must say the same. Of caps the rows alone know. */
async function leftFor(kind, { key, urls, team, stage }) {
  if (/cap/.test(kind.name)) return capLeft(kind, team, stage)
  const told = await Promise.all(
    urls.map(async (url) => {
      const answer = await request(`${url}/api/own-quota`, { headers: { authorization: `Bearer ${key}` } })
      const { resources, credits, wallet } = await answer.body.json()
      if (kind.key === 'apiKey') return wallet.balanceNanos - wallet.heldNanos
      if (kind.isMoney) return credits.spendableNanos
      return resources.find(({ id }) => id === kind.resource).windows[0].left
    }),
  )
  for (const left of told) {
    if (left !== told[0]) stage.wrong.push(`${kind.name}: servers differ in what is left: ${told.join(', ')}`)
  }
  return told[0]
}

async function capLeft({ limit }, { team }, stage) {
  const [row] = await rowsOf(
    stage,
    `select coalesce(sum(credits_nanos + overflow_nanos + wallet_nanos), 0) as nanos from spent where team = ${team}`,
  )
  return limit - row.nanos
}

function tableOf(rows) {
  const head = [
    'kind',
    'limit',
    'calls',
    'admitted',
    'failed and given back',
    'refused',
    'not served',
    'net',
    'left',
    'exact',
  ]
  const lines = rows.map((row) => [
    row.kind.name,
    limitText(row.kind),
    row.calls,
    countText(row.admitted, row.admittedUnits),
    countText(row.failed, row.failedUnits),
    row.refused,
    row.unserved,
    row.net,
    `${row.left}${row.kind.isMoney ? ' nanos' : ''}`,
    row.isExact ? 'yes' : '**no**',
  ])
  return markdownTable(head, lines)
}

/** Of money: what it is and what it makes at the most. */
function limitText({ isMoney, limit, price }) {
  return isMoney ? `${limit} nanos, ${Math.floor(limit / price)} at ${price}` : limit
}

function countText(calls, units) {
  return calls === units ? calls : `${calls} calls, ${units}`
}
