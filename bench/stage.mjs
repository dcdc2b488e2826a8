// Starts processes, knows when they are ready, what they cost, and stops every one of them.
import { spawn } from 'node:child_process'
import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const folder = path.dirname(fileURLToPath(import.meta.url))

const READY_MS = 60_000
const STOP_MS = 15_000
/** Ticks of /proc/PID/stat: USER_HZ is 100 on every Linux of today. */
const MS_PER_TICK = 10

const running = new Map()

/**
 * Starts a program and resolves when its port accepts, or when its log says `says`. Answers { pid, startMs, stop() }.
 * It sees no variable of ours but the few named here, so that a set TOKENPLAN_DATA or NODE_OPTIONS changes no result.
 */
export async function start({ name, command, args, port, says, env = {}, logFolder, cwd = logFolder }) {
  const log = path.join(logFolder, `${name}.log`)
  const handle = openSync(log, 'a')
  const { PATH, HOME, TMPDIR } = process.env
  const began = performance.now()
  const child = spawn(command, args, {
    cwd,
    env: { PATH, HOME, TMPDIR, ...env },
    stdio: ['ignore', handle, handle],
  })
  closeSync(handle)
  keep(child)

  while (!(says ? readFileSync(log, 'utf8').includes(says) : await accepts(port))) {
    const late = performance.now() - began > READY_MS
    if (late || !running.has(child)) {
      throw new Error(
        `${name} ${late ? 'is not ready' : 'ended'}:\n${readFileSync(log, 'utf8').slice(-2000)}`,
      )
    }
    await pause(5)
  }
  return { pid: child.pid, startMs: performance.now() - began, stop: () => stop(child) }
}

/** From here on the child is stopped with the rest, if it has not ended by then. */
export function keep(child) {
  const ended = new Promise((resolve) => {
    child.once('close', resolve)
    child.once('error', resolve)
  })
  running.set(child, ended)
  ended.then(() => running.delete(child))
}

export async function stopAll() {
  await Promise.all([...running.keys()].map(stop))
}

// Whatever happens to this process, nothing it started outlives it.
process.once('exit', () => {
  for (const child of running.keys()) child.kill('SIGTERM')
})

async function stop(child) {
  const ended = running.get(child)
  if (!ended) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await ended
  clearTimeout(timer)
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}

export function isOnPath(program) {
  return (process.env.PATH ?? '').split(path.delimiter).some((place) => {
    try {
      accessSync(path.join(place, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** CPU time used so far by these processes and their children, in ms; undefined where there is no /proc. */
export function cpuMs(pids) {
  return sumOf(pids, (pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
    return (Number(user) + Number(system)) * MS_PER_TICK
  })
}

/** Memory in RAM of these processes and their children, in MB; undefined where there is no /proc. */
export function rssMb(pids) {
  return sumOf(
    pids,
    (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024,
  )
}

function sumOf(pids, figure) {
  try {
    return pids.flatMap(withChildren).reduce((sum, pid) => sum + figure(pid), 0)
  } catch {
    return undefined
  }
}

function withChildren(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  return [pid, ...children.flatMap(withChildren)]
}

/** Waits until these processes work no more, so that what one target left undone does not slow the next one. */
export async function untilQuiet(pids) {
  const deadline = performance.now() + 5_000
  let before = cpuMs(pids)
  while (before !== undefined && performance.now() < deadline) {
    await pause(60)
    const now = cpuMs(pids)
    if (now - before <= MS_PER_TICK) return
    before = now
  }
}
