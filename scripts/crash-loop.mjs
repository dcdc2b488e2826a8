// Kills a loaded server again and again over one data folder and proves after every start that nothing was lost or
// doubled. Not part of npm test: `node scripts/crash-loop.mjs [--cycles 20]`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { register } from 'tsx/esm/api'

register()
const { checkRecovered, loadAndKill, startEngine, startServer, stopCleanly, urlOf } = await import(
  '../server/test/crash/cycle.ts'
)

const at = process.argv.indexOf('--cycles')
const cycles = at < 0 ? 20 : Number(process.argv[at + 1])
const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-crash-loop-'))
const engine = await startEngine()
const place = { folder, engine: urlOf(engine) }
const answered = []
let running = await startServer(place)
process.once('exit', () => running.child.kill('SIGKILL'))

for (let cycle = 1; cycle <= cycles; cycle++) {
  // A kill at another moment each time, also during the very first calls.
  const afterMs = 20 + ((cycle * 137) % 900)
  const kill = await loadAndKill(folder, running, { afterMs, stallsDisk: cycle % 2 === 0 })
  answered.push(...kill.answered)
  const began = performance.now()
  running = await startServer(place)
  const startMs = Math.round(performance.now() - began)
  await checkRecovered(folder, running, answered)
  console.log(
    `${cycle}: ${kill.answered.length} answered, ${kill.unanswered} cut, again after ${startMs} ms, books right`,
  )
}

await stopCleanly(folder, running)
engine.close()
engine.closeAllConnections()
rmSync(folder, { recursive: true })
console.log(`${cycles} kills, ${answered.length} answered calls, every one charged exactly once.`)
