import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after, beforeEach, type TestContext } from 'node:test'
import { LockFault, takeLock } from './lock.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-lock-'))
const file = path.join(folder, 'lock')
const holder = () => JSON.parse(readFileSync(file, 'utf8')) as { pid: number; startedAt: string }
const hasProc = existsSync('/proc/self/stat')

after(() => rmSync(folder, { recursive: true }))
beforeEach(() => rmSync(file, { force: true }))

/** A process that lives until it is told to go, and no longer than its test. */
async function start(t: TestContext, command: string, ...args: string[]) {
  const running = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = once(running, 'exit')
  const kill = async () => {
    running.kill('SIGKILL')
    await gone
  }
  t.after(kill)
  const [first] = (await once(running.stdout, 'data')) as [Buffer]
  return { running, pid: running.pid ?? 0, first: first.toString(), kill }
}

const child = (t: TestContext) => start(t, process.execPath, '-e', 'process.stdin.resume(); console.log(1)')

function startTimeOf(pid: number): string {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? ''
}

test('a lock names this process, is readable by its owner alone, and goes when it is freed', () => {
  const lock = takeLock(folder)
  assert.equal(holder().pid, process.pid)
  if (hasProc) assert.equal(holder().startedAt, startTimeOf(process.pid))
  assert.equal(statSync(file).mode & 0o777, 0o600)
  lock.free()
  assert.deepEqual(readdirSync(folder), [], 'and nothing is left beside it')
  takeLock(folder).free()
})

test('a second server is refused and told who the first one is', () => {
  const lock = takeLock(folder)
  assert.throws(
    () => takeLock(folder),
    (error) =>
      error instanceof LockFault &&
      error.message.includes(`process ${process.pid}`) &&
      error.message.includes(folder),
  )
  assert.equal(holder().pid, process.pid)
  lock.free()
  assert.deepEqual(readdirSync(folder), [])
})

test('the lock of another living process holds, with or without its start time', async (t) => {
  const other = await child(t)
  for (const startedAt of hasProc ? [startTimeOf(other.pid), ''] : ['']) {
    writeFileSync(file, JSON.stringify({ pid: other.pid, startedAt }))
    assert.throws(() => takeLock(folder), new RegExp(`process ${other.pid}\\)`))
  }
})

test('the lock of a process that is gone is taken over', async (t) => {
  const other = await child(t)
  writeFileSync(file, JSON.stringify({ pid: other.pid, startedAt: '12345' }))
  await other.kill()
  const lock = takeLock(folder)
  assert.equal(holder().pid, process.pid)
  lock.free()
})

test('a pid that now belongs to another process is not the holder', { skip: !hasProc }, async (t) => {
  const other = await child(t)
  writeFileSync(file, JSON.stringify({ pid: other.pid, startedAt: `${Number(startTimeOf(other.pid)) - 1}` }))
  takeLock(folder).free()
})

test('a killed process that nobody has reaped holds no lock', { skip: !hasProc }, async (t) => {
  // A shell starts a child and becomes a program that knows nothing of it, so nobody ever waits for it.
  const shell = await start(t, 'sh', '-c', `sleep 100 & exec sh -c 'echo $0; exec sleep 100' $!`)
  const pid = Number(shell.first)
  writeFileSync(file, JSON.stringify({ pid, startedAt: startTimeOf(pid) }))
  assert.throws(() => takeLock(folder), LockFault)
  process.kill(pid, 'SIGKILL')
  const isZombie = () => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  while (!isZombie()) await new Promise((resolve) => setImmediate(resolve))
  takeLock(folder).free()
})

test('garbage is no lock', () => {
  const living = process.ppid
  for (const garbage of [
    '',
    '{',
    'null',
    '[]',
    '7',
    '{}',
    `{"pid":${living}}`,
    `{"startedAt":"1"}`,
    `{"pid":"${living}","startedAt":"1"}`,
    // Signal 0 to these asks after groups of processes, which are always there.
    `{"pid":0,"startedAt":""}`,
    `{"pid":-1,"startedAt":""}`,
    `{"pid":1.5,"startedAt":""}`,
    `{"pid":99999999999,"startedAt":""}`,
  ]) {
    writeFileSync(file, garbage)
    takeLock(folder).free()
    assert.deepEqual(readdirSync(folder), [], garbage)
  }
})

test('a lock that another server has taken over meanwhile is not freed', async (t) => {
  const lock = takeLock(folder)
  const other = await child(t)
  const theirs = JSON.stringify({ pid: other.pid, startedAt: '' })
  writeFileSync(file, theirs)
  lock.free()
  assert.equal(readFileSync(file, 'utf8'), theirs)
})

test('of many servers that find the same stale lock one gets it', { timeout: 20_000 }, async (t) => {
  writeFileSync(file, JSON.stringify({ pid: 99_999_999, startedAt: '1' }))
  const script = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)}) })
    .then(({ takeLock }) => {
      process.stdout.write('ready\\n')
      process.stdin.once('data', () => {
        try { takeLock(${JSON.stringify(folder)}); process.stdout.write('mine\\n') } catch (error) { process.stdout.write(error.name + '\\n') }
      })
    })`
  const servers = await Promise.all(Array.from({ length: 4 }, () => start(t, process.execPath, '-e', script)))
  const answers = servers.map(async ({ running }) => String((await once(running.stdout, 'data'))[0]).trim())
  for (const { running } of servers) running.stdin.write('go\n')
  assert.deepEqual((await Promise.all(answers)).sort(), ['LockFault', 'LockFault', 'LockFault', 'mine'])
})
