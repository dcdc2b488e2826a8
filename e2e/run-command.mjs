// One command in a process group of its own, so that a client that hangs is ended with all it started.
import { spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'

const groups = new Set()
const MOST_KEPT_CHARS = 200_000

/** Starts it; what it prints is collected in `said`. */
export function start(file, args, { env, cwd }) {
  const child = spawn(file, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  // A program that is not there has no process; `ended` says so.
  if (child.pid !== undefined) groups.add(child.pid)
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8')
    child[name].on('data', (text) => {
      said[name] = (said[name] + text).slice(-MOST_KEPT_CHARS)
    })
  }
  // `close`, not `exit`: by then everything it printed has been read.
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  return { child, said, ended }
}

/** Runs it to its end, or for `seconds` at most. */
export async function runCommand(file, args, { env, cwd, seconds = 90 }) {
  const began = performance.now()
  const { child, said, ended } = start(file, args, { env, cwd })
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    endGroup(child.pid)
  }, seconds * 1000)
  try {
    const { code } = await ended
    const [stdout, stderr] = [said.stdout, said.stderr].map((text) => stripVTControlCharacters(text))
    return { code, stdout, stderr, timedOut, seconds: (performance.now() - began) / 1000 }
  } finally {
    clearTimeout(timer)
    // What a client left behind must not talk to the next scene's server.
    endGroup(child.pid)
  }
}

export function endGroup(pid) {
  if (!groups.delete(pid)) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

/** For a run that is itself being ended. */
export function endAllGroups() {
  for (const pid of [...groups]) endGroup(pid)
}
