import { type ChildProcess, spawn } from 'node:child_process'
import { ConfigFault } from '../config.ts'

/** The local engine, a process of its own that ends with this one. */
export type SandboxProcess = { readonly url: string; isUp(): boolean; stop(): Promise<void> }

const RESTART_MS = 500

/** Starts it and waits until it listens. Should it die, it is started again on the same port. */
export async function startSandbox(file: string, port: number): Promise<SandboxProcess> {
  let stopping = false
  let up = true
  let child: ChildProcess
  const first = launch(file, port)
  child = first.child
  const actualPort = await first.listening
  const watch = (watched: ChildProcess) =>
    watched.once('exit', () => {
      up = false
      if (stopping) return
      setTimeout(() => {
        if (stopping) return
        const next = launch(file, actualPort)
        child = next.child
        watch(child)
        next.listening.then(
          () => {
            up = true
          },
          // It died again before it listened: its exit has scheduled the next try.
          () => undefined,
        )
      }, RESTART_MS)
    })
  watch(child)
  return {
    url: `http://127.0.0.1:${actualPort}`,
    isUp: () => up,
    stop() {
      stopping = true
      if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
      return new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      })
    },
  }
}

function launch(file: string, port: number): { child: ChildProcess; listening: Promise<number> } {
  const child = spawn(process.execPath, [file, '--port', String(port)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const listening = new Promise<number>((resolve, reject) => {
    child.on('message', (message: { kind?: string; port?: number }) => {
      if (message.kind === 'listening' && message.port) resolve(message.port)
    })
    child.once('error', reject)
    child.once('exit', (code) =>
      reject(
        new ConfigFault(`the sandbox ended with code ${code} before it listened; its own words are above`),
      ),
    )
  })
  return { child, listening }
}
