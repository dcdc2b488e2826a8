// Spends $2 of credits, or of a wallet, by streams that may each run to 200,000 tokens, at 1, 8 and 64 connections, and
// shows what is left of it. Exits 1 where more than a slice a connection is left, or the balance ever was below zero, or a
// stream did not end as its dialect says.
//   node bench/pool.mjs [--write]            DATABASE_URL and --nodes as for exactness.mjs
import { setTimeout as pause } from 'node:timers/promises'
import { Pool, request } from 'undici'
import { keepResult } from './results.mjs'
import { onStage, openServers, ranOn, resultOf, rowsOf, verifyBooks } from './servers.mjs'
import { markdownTable } from './table.mjs'

const POOL_NANOS = 2_000_000_000
const MAX_TOKENS = 200_000
const CONNECTIONS = [1, 8, 64]
const NANOS_PER_TOKEN = 1_200
const SLICE_NANOS = 1_024 * NANOS_PER_TOKEN
/** A token of input per byte of the body is held at the price of writing a cache. */
const HELD_NANOS_PER_BYTE = 375
const LOOK_MS = 20

const body = JSON.stringify({
  model: 'MiniMax-M2.7',
  stream: true,
  max_tokens: MAX_TOKENS,
  messages: [{ role: 'user', content: 'Tell me everything.' }],
})
/** What a stream must have to begin. */
const FIRST_NANOS = SLICE_NANOS + Buffer.byteLength(body) * HELD_NANOS_PER_BYTE

const cases = ['credits', 'wallet'].flatMap((pool) =>
  CONNECTIONS.map((connections) => ({ pool, connections })),
)
const nameOf = ({ pool, connections }) => `${pool}-${connections}`

/** How a stream of each dialect says that it ended at a limit, and that it is whole. */
const dialects = [
  {
    path: '/v1/chat/completions',
    limit: /"finish_reason":"length"/,
    isWhole: (text) => text.endsWith('data: [DONE]\n\n'),
  },
  {
    path: '/anthropic/v1/messages',
    limit: /"stop_reason":"max_tokens"/,
    isWhole: (text) => text.endsWith('data: {"type":"message_stop"}\n\n'),
  },
]

process.exitCode = await onStage('pool', play)

async function play(stage) {
  const teams = cases.map((one) => ({
    name: nameOf(one),
    ...(one.pool === 'credits' ? { lots: [POOL_NANOS] } : { wallet: POOL_NANOS }),
  }))
  const world = await openServers(stage, { catalogue: '../catalogue/token-plan.yaml', teams })
  const rows = []
  for (const one of cases) {
    rows.push(await spend(stage, world, one))
    console.error(`${nameOf(one)}: ${rows.at(-1).left} nanos left`)
  }
  const report = [ranOn(world), tableOf(rows), await verifyBooks(stage)].join('\n\n')
  console.log(report)
  if (process.argv.includes('--write') && stage.wrong.length === 0)
    keepResult(resultOf('pool', stage), report)
}

/** Each connection calls until it is refused. */
async function spend(stage, { teams, urls }, one) {
  const team = teams[nameOf(one)]
  const key = one.pool === 'credits' ? team.planKey : team.apiKey
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const pools = urls.map(
    (url) => new Pool(url, { connections: one.connections, headersTimeout: 0, bodyTimeout: 0 }),
  )
  const counts = { whole: 0, ended: 0, refused: 0, odd: [] }
  const watch = watching(urls[0], headers, one.pool)
  await Promise.all(
    Array.from({ length: one.connections }, async (_, index) => {
      for (let turn = index; ; turn++) {
        const dialect = dialects[turn % dialects.length]
        if (await isRefused(pools[index % pools.length], headers, dialect, counts)) return
      }
    }),
  )
  const seen = await watch.stop()
  await Promise.all(pools.map((pool) => pool.close()))
  for (const odd of counts.odd) stage.wrong.push(`${nameOf(one)}: ${odd}`)
  return checked(stage, { one, team, counts, seen })
}

async function isRefused(pool, headers, { path, limit, isWhole }, counts) {
  const answer = await pool.request({ path, method: 'POST', headers, body })
  if (answer.statusCode === 402) {
    await answer.body.dump()
    counts.refused++
    return true
  }
  if (answer.statusCode === 503) {
    // A server that cannot reach its books; nothing was held.
    await answer.body.dump()
    await pause(LOOK_MS)
    return false
  }
  // The last bytes alone matter, and what they are of.
  let tail = ''
  for await (const part of answer.body) tail = (tail + part.toString('latin1')).slice(-4_096)
  if (answer.statusCode !== 200 || !isWhole(tail) || !limit.test(tail))
    counts.odd.push(`${path}: ${answer.statusCode} ends ${JSON.stringify(tail.slice(-300))}`)
  // The engine reports 200,000; an end of the server's own says what was passed on, or nothing.
  if (tail.includes(`"completion_tokens":${MAX_TOKENS}`) || tail.includes(`"output_tokens":${MAX_TOKENS}`))
    counts.whole++
  else counts.ended++
  return false
}

/** The lowest balance and the lowest sum that could be spent, as the key is told them meanwhile. */
function watching(url, headers, pool) {
  let isOver = false
  const seen = { balance: POOL_NANOS, spendable: POOL_NANOS, looks: 0 }
  const look = async () => {
    const answer = await request(`${url}/api/own-quota`, { headers })
    const { credits, wallet } = await answer.body.json()
    const { balanceNanos, heldNanos } = pool === 'credits' ? credits : wallet
    seen.balance = Math.min(seen.balance, balanceNanos)
    seen.spendable = Math.min(seen.spendable, balanceNanos - heldNanos)
    seen.looks++
  }
  const looking = (async () => {
    for (; !isOver; await pause(LOOK_MS)) await look()
  })()
  return {
    stop: async () => {
      isOver = true
      await looking
      await look()
      return seen
    },
  }
}

async function checked(stage, { one, team, counts, seen }) {
  const [row] = await rowsOf(
    stage,
    `select count(*) as calls, coalesce(sum(hold_end.nanos), 0) as spent,
       coalesce(sum(hold_end.absorbed_nanos), 0) as absorbed,
       sum(case when hold_end.ending = 7 then 1 else 0 end) as ended
     from hold join hold_end on hold_end.hold = hold.id where hold.team = ${team.team}`,
  )
  const lowest = await lowestInLedger(stage, team)
  const left = POOL_NANOS - row.spent
  const wrong = (what) => stage.wrong.push(`${nameOf(one)}: ${what}`)
  const most = one.connections * FIRST_NANOS
  if (left < 0 || left >= most) wrong(`${left} nanos are left, of at most ${most}`)
  if (row.absorbed !== 0) wrong(`${row.absorbed} nanos were absorbed`)
  if (lowest < 0 || seen.balance < 0 || seen.spendable < 0)
    wrong(`a balance below zero: ${lowest}, ${seen.balance}, ${seen.spendable}`)
  if (lowest !== left) wrong(`the ledger has ${lowest} left, the ends say ${left}`)
  if (seen.balance !== left) wrong(`the key is told ${seen.balance}, and ${left} are left`)
  if (row.ended !== counts.ended) wrong(`${row.ended} streams ended for money, ${counts.ended} were seen`)
  if (row.calls !== counts.whole + counts.ended) wrong(`${row.calls} calls on record`)
  return { ...one, ...counts, ...row, left, lowest, seen }
}

/** Of what the team could spend, entry by entry in the order in which they were booked. */
async function lowestInLedger(stage, { team }) {
  const [row] = await rowsOf(
    stage,
    `select min(balance) as lowest from (select sum(entry.nanos) over (order by entry.id) as balance
       from entry join account on account.id = entry.account where account.team = ${team}) as running
     where balance is not null`,
  )
  return row.lowest
}

function tableOf(rows) {
  const head = [
    ...['pool, nanos', 'connections', 'spent', 'left', 'left, in slices', 'absorbed', 'lowest balance'],
    ...['lowest spendable seen', 'streams to their own limit', 'ended for money', 'ended properly'],
  ]
  const lines = rows.map((row) => [
    ...[`${row.pool}, ${POOL_NANOS}`, row.connections, row.spent, row.left],
    ...[(row.left / SLICE_NANOS).toFixed(3), row.absorbed, row.lowest, row.seen.spendable],
    ...[row.whole, row.ended, row.odd.length === 0 ? 'all' : '**no**'],
  ])
  return markdownTable(head, lines)
}
