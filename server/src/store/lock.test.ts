import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after, beforeEach } from 'node:test'
import { LockFault, takeLock } from './lock.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-lock-'))
const file = path.join(folder, 'lock')
const holder = () => JSON.parse(readFileSync(file, 'utf8')) as { pid: number; startedAt: string }
const hasProc = existsSync('/proc/self/stat')

after(() => rmSync(folder, { recursive: true }))
beforeEach(() => rmSync(file, { force: true }))

/** A process that lives until it is told to go; the pid of one that has gone is free. */
async function child() {
  const running = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log(1)'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(running.stdout, 'data')
  return {
    pid: running.pid ?? 0,
    kill: async () => {
      running.kill('SIGKILL')
      await once(running, 'exit')
    },
  }
}

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

test('the lock of another living process holds, with or without its start time', async () => {
  const other = await child()
  for (const startedAt of hasProc ? [startTimeOf(other.pid), ''] : ['']) {
    writeFileSync(file, JSON.stringify({ pid: other.pid, startedAt }))
    assert.throws(() => takeLock(folder), new RegExp(`process ${other.pid}\\)`))
  }
  await other.kill()
})

test('the lock of a process that is gone is taken over', async () => {
  const other = await child()
  writeFileSync(file, JSON.stringify({ pid: other.pid, startedAt: '12345' }))
  await other.kill()
  const lock = takeLock(folder)
  assert.equal(holder().pid, process.pid)
  lock.free()
})

test('a pid that now belongs to another process is not the holder', { skip: !hasProc }, async () => {
  const other = await child()
  writeFileSync(file, JSON.stringify({ pid: other.pid, startedAt: `${Number(startTimeOf(other.pid)) - 1}` }))
  takeLock(folder).free()
  await other.kill()
})

test('a killed process that nobody has reaped holds no lock', { skip: !hasProc }, async () => {
  // The shell starts a child, tells its pid and never waits for it.
  const shell = spawn('sh', ['-c', 'sleep 100 & echo $!; exec sleep 100'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(shell.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  writeFileSync(file, JSON.stringify({ pid, startedAt: startTimeOf(pid) }))
  assert.throws(() => takeLock(folder), LockFault)
  process.kill(pid, 'SIGKILL')
  const isZombie = () => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  while (!isZombie()) await new Promise((resolve) => setImmediate(resolve))
  takeLock(folder).free()
  shell.kill('SIGKILL')
  await once(shell, 'exit')
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

test('a lock that another server has taken over meanwhile is not freed', async () => {
  const lock = takeLock(folder)
  const other = await child()
  const theirs = JSON.stringify({ pid: other.pid, startedAt: '' })
  writeFileSync(file, theirs)
  lock.free()
  assert.equal(readFileSync(file, 'utf8'), theirs)
  await other.kill()
})

test('of many servers that find the same stale lock one gets it', { timeout: 20_000 }, async () => {
  writeFileSync(file, JSON.stringify({ pid: 99_999_999, startedAt: '1' }))
  const script = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(new URL('./lock.ts', import.meta.url).href)}) })
    .then(({ takeLock }) => {
      process.stdout.write('ready\\n')
      process.stdin.once('data', () => {
        try { takeLock(${JSON.stringify(folder)}); process.stdout.write('mine\\n') } catch (error) { process.stdout.write(error.name + '\\n') }
      })
    })`
  const servers = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  await Promise.all(servers.map((server) => once(server.stdout, 'data')))
  const answers = Promise.all(
    servers.map(async (server) => String((await once(server.stdout, 'data'))[0]).trim()),
  )
  for (const server of servers) server.stdin.write('go\n')
  assert.deepEqual((await answers).sort(), ['LockFault', 'LockFault', 'LockFault', 'mine'])
  for (const server of servers) {
    server.kill('SIGKILL')
    await once(server, 'exit')
  }
})
