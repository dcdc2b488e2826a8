// Kills a server again and again while it watches videos, over one data folder, and proves after every start that each of
// them ended once. Not part of npm test: `node scripts/task-crash-loop.mjs [--cycles 10]`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { register } from 'tsx/esm/api'

register()
const { startServer, stopCleanly } = await import('../server/test/crash/cycle.ts')
const { beginAndKill, checkEnded } = await import('../server/test/crash/task-cycle.ts')
const { startFakeUpstream } = await import('../server/test/fake-upstream.ts')
const { taskEngine } = await import('../server/test/task-engine.ts')

const at = process.argv.indexOf('--cycles')
const cycles = at < 0 ? 10 : Number(process.argv[at + 1])
const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-task-crash-loop-'))
const upstream = await startFakeUpstream()
const engine = taskEngine(upstream)
const place = { folder, engine: upstream.url }
const known = []
let running = await startServer(place)
process.once('exit', () => running.child.kill('SIGKILL'))

for (let cycle = 1; cycle <= cycles; cycle++) {
  // Around the looks that find the first ones done, which come twice a second.
  const killAfterMs = (cycle * 137) % 800
  known.push(...(await beginAndKill(running, engine, killAfterMs)))
  running = await startServer(place)
  await checkEnded(folder, running, known)
  console.log(
    `${cycle}: killed after ${killAfterMs} ms, ${known.length} videos so far, each ended once, books right`,
  )
}

await stopCleanly(folder, running)
await upstream.close()
rmSync(folder, { recursive: true })
