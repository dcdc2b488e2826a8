import { readConfig, USAGE } from './config.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from './server.ts'

const options = readOptions()
// Listening for a parent keeps the process alive by itself; a parent that is gone already ends it at once.
const closed = untilToldToEnd()
const sandbox = await open(options)
// A reader or parent that went away meanwhile is no reason to fail: `disconnect` ends the process.
process.stdout.on('error', () => undefined)
console.log(`sandbox listening on http://${shownHost(options.host)}:${sandbox.port}`)
process.send?.({ kind: 'listening', port: sandbox.port }, undefined, {}, (error) => {
  if (error) process.exit(0)
})
await closed
await sandbox.close()
process.exit(0)

function readOptions(): SandboxOptions {
  try {
    return readConfig(process.argv.slice(2))
  } catch (error) {
    return leave(2, `${error instanceof Error ? error.message : error}\n${USAGE}`)
  }
}

async function open(wanted: SandboxOptions): Promise<Sandbox> {
  try {
    return await startSandbox(wanted)
  } catch (error) {
    return leave(1, `sandbox: ${error instanceof Error ? error.message : error}`)
  }
}

function untilToldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
    process.once('disconnect', resolve)
    // The parent may have gone while this was loading; its `disconnect` has then been and gone too.
    if (process.connected === false) resolve()
  })
}

function shownHost(host = '127.0.0.1'): string {
  return host.includes(':') ? `[${host}]` : host
}

function leave(code: number, message: string): never {
  console.error(message)
  process.exit(code)
}
