// Kills a loaded server at random moments, again and again, and proves after every start that nothing that was answered is
// missing, doubled or left open. Fresh data every 20 cycles. Not part of npm test: a cycle takes some seconds, and its
// figures say nothing about speed.
//   node scripts/crash-loop.mjs [--cycles 20] [--seed N] [--least 1000]      --least: answered calls before each kill
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { register } from 'tsx/esm/api'
import { openEngine } from '../bench/engine.mjs'
import { flagIn } from '../bench/flags.mjs'
import { seeded } from '../bench/seeded.mjs'
import { markdownTable } from '../bench/table.mjs'

register()
const { spawnServer, startServer, stopCleanly } = await import('../server/test/crash/cycle.ts')
const { foundOne } = await import('./crash/found-one.ts')
const { kinds, loadUntilKilled } = await import('./crash/load.ts')
const { checkFilms, checkMixed } = await import('./crash/check.ts')
const { checkReceipts } = await import('./crash/receipts.ts')

const FRESH_EVERY = 20
/** Once enough was answered, the kill comes within so long. */
const LATEST_KILL_MS = 900
/** Of the starts every so many-th is killed as well, before or while it serves. */
const KILLED_START_EVERY = 5
const LATEST_START_KILL_MS = 700
/** Of each kind of money more than any twenty cycles spend. */
const WALLET_NANOS = 1_000_000_000_000_000

const cycles = Number(flagIn('cycles', 20))
const least = Number(flagIn('least', 1_000))
const seed = Number(flagIn('seed', Date.now() % 1_000_000))
const random = seeded(seed)
const env = {
  TOKENPLAN_CATALOGUE: fileURLToPath(new URL('../bench/plan-without-end.yaml', import.meta.url)),
}

let alive
process.once('exit', () => alive?.child.kill('SIGKILL'))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130))
console.log(`seed ${seed}, ${cycles} cycles, at least ${least} answered calls before each kill`)

const blocks = []
for (let done = 0; done < cycles; done += FRESH_EVERY) {
  const block = await playBlock(Math.min(FRESH_EVERY, cycles - done), done)
  blocks.push(block)
  console.log(`\n${tableOf([block])}\n`)
}
const all = sumOf(blocks)
if (blocks.length > 1) console.log(`\n${tableOf([...blocks, all])}\n`)
console.log(
  `${all.cycles} kills under load and ${all.startKills} at a start, ${all.answered} answered calls: every one on record, with its receipt, ` +
    'charged exactly once, nothing left open.',
)

async function playBlock(count, done) {
  const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-crash-loop-'))
  const engine = await openEngine({ failEvery: 20, delayMs: 9, filmMs: 1_500 })
  const place = { folder, engine: engine.url, env }
  // The first start makes the demo; the team that is loaded is founded beside it.
  await start(place)
  await stopCleanly(folder, alive)
  const team = foundOne(folder, env, { name: 'load', plan: 'max', wallet: WALLET_NANOS })
  const block = { name: `${done + 1}–${done + count}`, ...emptySums() }
  const answered = []
  try {
    await start(place)
    for (let cycle = done + 1; cycle <= done + count; cycle++)
      await playCycle({ cycle, place, team, answered, block })
    block.films = await checkFilms(folder, answered)
    await checkMixed(folder, alive, answered)
    await stopCleanly(folder, alive)
  } catch (error) {
    console.error(`seed ${seed}; the data is kept in ${folder}`)
    throw error
  } finally {
    engine.close()
  }
  rmSync(folder, { recursive: true })
  return block
}

async function playCycle({ cycle, place, team, answered, block }) {
  const kill = { least, afterMs: random() * LATEST_KILL_MS, stallsDisk: cycle % 2 === 0 }
  const loaded = await loadUntilKilled(place.folder, alive, team, { kill, random })
  answered.push(...loaded.answered)
  const isStartKilled = cycle % KILLED_START_EVERY === 0
  if (isStartKilled) await killStart(place)
  await start(place)
  const swept = Number(/Swept +(\d+)/.exec(alive.said)?.[1] ?? 0)
  await checkMixed(place.folder, alive, answered)
  await checkReceipts(alive, team, loaded.answered)
  block.cycles++
  block.answered += loaded.answered.length
  for (const { kind, isMade } of loaded.answered) {
    block.kinds[kind]++
    if (!isMade) block.failed++
  }
  const cut = loaded.begun - loaded.answered.length
  block.cut += cut
  block.swept += swept
  block.startKills += Number(isStartKilled)
  console.log(
    `${cycle}: ${loaded.answered.length} answered, ${cut} cut, ${swept} swept${isStartKilled ? ', one start killed' : ''}; books right`,
  )
}

async function start(place) {
  alive = await startServer(place)
}

async function killStart(place) {
  const { child } = spawnServer(place)
  const gone = new Promise((resolve) => child.once('exit', resolve))
  await pause(random() * LATEST_START_KILL_MS)
  child.kill('SIGKILL')
  await gone
}

function emptySums() {
  const counts = Object.fromEntries(kinds.map((kind) => [kind, 0]))
  return { cycles: 0, answered: 0, failed: 0, cut: 0, swept: 0, startKills: 0, films: 0, kinds: counts }
}

function sumOf(list) {
  const sum = { name: 'all', ...emptySums() }
  for (const block of list) {
    for (const name of ['cycles', 'answered', 'failed', 'cut', 'swept', 'startKills', 'films'])
      sum[name] += block[name]
    for (const kind of kinds) sum.kinds[kind] += block.kinds[kind]
  }
  return sum
}

function tableOf(list) {
  const head = [
    ...['cycles', 'answered', ...kinds, 'of these failed by the engine', 'cut by the kill', 'swept'],
    ...['starts killed', 'films ended', 'verify'],
  ]
  const lines = list.map((block) => [
    ...[block.name, block.answered, ...kinds.map((kind) => block.kinds[kind]), block.failed, block.cut],
    ...[block.swept, block.startKills, block.films, 'ok'],
  ])
  return markdownTable(head, lines)
}
