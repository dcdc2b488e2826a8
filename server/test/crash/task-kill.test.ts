import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { startFakeUpstream } from '../fake-upstream.ts'
import { taskEngine } from '../task-engine.ts'
import { type Running, startServer, stopCleanly } from './cycle.ts'
import { beginAndKill, checkEnded, type Known } from './task-cycle.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-tasks-'))
const upstream = await startFakeUpstream()
const engine = taskEngine(upstream)
const place = { folder, engine: upstream.url }
let running: Running | undefined

after(async () => {
  running?.child.kill('SIGKILL')
  await upstream.close()
  rmSync(folder, { recursive: true })
})

test('killed while ten videos run, a server ends each of them once', { timeout: 40_000 }, async () => {
  running = await startServer(place)
  const known: Known[] = []
  // At once, and in the middle of the looks that find the first ones done.
  for (const killAfterMs of [0, 520]) {
    known.push(...(await beginAndKill(running, engine, killAfterMs)))
    running = await startServer(place)
    await checkEnded(folder, running, known)
  }
  assert.equal(known.length, 16)
  await stopCleanly(folder, running)
})
