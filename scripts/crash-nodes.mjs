// Three servers over one Postgres under load: one of them, all of them, or the database are killed again and again, and
// after every start the books are proven and every answered call is looked up. Not part of npm test:
// `node scripts/crash-nodes.mjs [--cycles 200] [--fresh 20] [--calls 1000] [--seed 1]`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { register } from 'tsx/esm/api'
import { wholeFlagIn } from '../bench/flags.mjs'
import { seeded } from '../bench/seeded.mjs'

register()
const { startEngine, urlOf } = await import('../server/test/crash/cycle.ts')
const fleet = await import('../server/test/crash/many-nodes.ts')
const { startPostgres } = await import('../server/test/postgres.ts')
const { openPostgres } = await import('../server/src/store/postgres.ts')

const cycles = wholeFlagIn('cycles', 200)
const fresh = wholeFlagIn('fresh', 20)
const calls = wholeFlagIn('calls', 1000)
const random = seeded(wholeFlagIn('seed', 1))

const engine = await startEngine()
const postgres = await startPostgres()
const base = mkdtempSync(path.join(tmpdir(), 'tokenplan-nodes-'))
const alive = new Set()
process.once('exit', () => {
  for (const node of alive) node.child.kill('SIGKILL')
})
const totals = { answered: 0, node: 0, all: 0, database: 0 }

for (let cycle = 1, round; cycle <= cycles; cycle++) {
  round ??= await begin(cycle)
  await round.load.more(calls)
  const what = await disturb(round)
  await round.load.more(50)
  const orphans = await round.orphans.check(round.store)
  await fleet.checkBooks(round.store)
  await fleet.checkAnswered(round.store, round.load.answered.slice(round.checked))
  totals.answered += round.load.answered.length - round.checked
  round.checked = round.load.answered.length
  totals[what]++
  console.log(
    `${cycle}: ${what} killed, ${round.load.answered.length} answered, ${orphans} to sweep, books right`,
  )
  if (cycle % fresh === 0 || cycle === cycles) round = await finish(round)
}
await postgres.remove()
engine.close()
engine.closeAllConnections()
rmSync(base, { recursive: true, force: true })
console.log(
  `${cycles} cycles: ${totals.node} times one server, ${totals.all} times all three, ${totals.database} times the database; ` +
    `${totals.answered} answered calls, every one on record once.`,
)

async function begin(cycle) {
  const databaseUrl = await postgres.createDatabase()
  const place = { databaseUrl, engine: urlOf(engine) }
  const nodes = []
  for (let number = 0; number < 3; number++) {
    const folder = path.join(base, `${cycle}-${number}`)
    // Below the ports that Linux gives to whoever connects: they are used again after each kill.
    nodes.push(await start(place, { folder, port: 20_000 + Math.floor(random() * 12_000) }))
  }
  const load = new fleet.Load(nodes, fleet.demoOf(nodes[0]), 48)
  return {
    ...place,
    nodes,
    load,
    store: await openPostgres(databaseUrl),
    orphans: new fleet.Orphans(),
    checked: 0,
  }
}

async function start(place, where) {
  const node = await fleet.startNode(place, where)
  alive.add(node)
  return node
}

async function disturb(round) {
  await pause(random() * 300)
  const luck = random()
  if (luck < 0.1) {
    await postgres.kill()
    await pause(random() * 500)
    await postgres.start()
    return 'database'
  }
  const chosen = luck < 0.2 ? [0, 1, 2] : [Math.floor(random() * 3)]
  await Promise.all(chosen.map((index) => fleet.kill(round.nodes[index])))
  await Promise.all(
    chosen.map(async (index) => {
      alive.delete(round.nodes[index])
      round.nodes[index] = await start(round, round.nodes[index])
    }),
  )
  return chosen.length > 1 ? 'all' : 'node'
}

async function finish(round) {
  await round.load.stop()
  await fleet.checkAnswered(round.store, round.load.answered)
  await fleet.settled(round.store)
  await fleet.checkBooks(round.store)
  await Promise.all(round.nodes.map((node) => fleet.stop(node)))
  for (const node of round.nodes) alive.delete(node)
  await round.store.close()
  return undefined
}
