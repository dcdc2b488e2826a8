import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import {
  checkRecovered,
  loadAndKill,
  type Running,
  startEngine,
  startServer,
  stopCleanly,
  tokenplan,
  urlOf,
} from './cycle.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-crash-'))
const engine = await startEngine()
const place = { folder, engine: urlOf(engine) }
let running: Running | undefined

after(() => {
  running?.child.kill('SIGKILL')
  engine.close()
  engine.closeAllConnections()
  rmSync(folder, { recursive: true })
})

test('killed in the middle of its work, a server loses and doubles nothing', {
  timeout: 30_000,
}, async () => {
  const first = await startServer(place)
  running = first
  const kill = await loadAndKill(folder, first, { afterMs: 600, stallsDisk: false, least: 51 })
  const { answered } = kill
  assert.ok(answered.length > 50, `only ${answered.length} calls were answered`)
  assert.ok(kill.unanswered > 0, 'the kill met no call')
  assert.ok(answered.some(({ pool }) => pool === 'plan') && answered.some(({ pool }) => pool === 'wallet'))
  const stale = JSON.parse(readFileSync(path.join(folder, 'lock'), 'utf8')) as { pid: number }
  assert.equal(stale.pid, first.pid, 'the killed server left its lock behind')

  const second = await startServer(place)
  running = second
  await checkRecovered(folder, second, answered)
  assert.equal(second.demo.tokenPlanKey, first.demo.tokenPlanKey)
  const again = await loadAndKill(folder, second, { afterMs: 300, stallsDisk: true, least: 21 })
  assert.ok(again.answered.length > 20 && again.unanswered > 0)

  const third = await startServer(place)
  running = third
  await checkRecovered(folder, third, [...answered, ...again.answered])
  const refused = await tokenplan(folder, 'demo')
  assert.equal(refused.code, 1)
  assert.match(
    refused.output,
    new RegExp(`another server \\(process ${third.pid}\\) already uses the data folder`),
  )
  await stopCleanly(folder, third)
})
