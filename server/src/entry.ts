import { spawn } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { CatalogueFault } from './catalogue/read.ts'
import { receiptVerify } from './cli/receipt-verify.ts'
import { upstreamsTest } from './cli/upstreams-test.ts'
import { verifyCommand } from './cli/verify.ts'
import { welcome } from './cli/welcome.ts'
import { type Config, ConfigFault, readConfig } from './config.ts'
import { openServer } from './main.ts'
import { LockFault } from './store/lock.ts'
import { StoreFault } from './store/sqlite.ts'
import { Upstreams } from './upstreams/upstreams.ts'

const HELP = `tokenplan: the open, self-hostable Token Plan

  tokenplan demo              serve with the demo team (what npm start does)
  tokenplan verify [--json]   prove the books; exit code 1 on any difference
  tokenplan simulate SEED     prove this version's book over a simulated disk, with everything going wrong
  tokenplan receipt verify FILE [--key KEYFILE]
                              prove a receipt offline; exit code 1 when it is not right
  tokenplan upstreams test    ask every configured engine what it speaks
  tokenplan sandbox [...]     run the local engine alone (--help lists its flags)
  tokenplan help              this text

Settings: HOST, PORT, DATABASE_URL, TOKENPLAN_DATA, TOKENPLAN_CONFIG, TOKENPLAN_CATALOGUE, TOKENPLAN_UPSTREAM; see /docs/operating/settings`

const began = performance.now()
try {
  await run(process.argv.slice(2))
} catch (error) {
  // What an operator can mend is said in one line; anything else is a bug and shows where.
  const named = [ConfigFault, CatalogueFault, LockFault, StoreFault].some((kind) => error instanceof kind)
  // An error of the system (a port, a folder, a file) says itself what is wrong.
  const known = named || (error instanceof Error && 'syscall' in error)
  console.error(known ? `tokenplan: ${(error as Error).message}` : error)
  process.exit(1)
}

async function run([command = 'help', ...rest]: string[]): Promise<void> {
  const config = readConfig()
  switch (command) {
    case 'demo':
      return serve(config)
    case 'verify':
      if (rest.some((argument) => argument !== '--json')) return print({ text: HELP, exit: 2 })
      return print(await verifyCommand(config, rest.includes('--json')))
    case 'receipt':
      if (rest[0] !== 'verify') return print({ text: HELP, exit: 2 })
      return print(receiptVerify(rest.slice(1), config))
    case 'simulate':
      return print(await simulate(config.assets.simulator, rest))
    case 'upstreams':
      if (rest[0] !== 'test') return print({ text: HELP, exit: 2 })
      return print(await upstreamsTest(new Upstreams(config.upstreams).all))
    case 'sandbox':
      return runSandbox(config, rest)
    case 'start':
      return print({
        text: 'tokenplan start needs accounts, which this version does not have yet. `tokenplan demo` serves the demo team.',
        exit: 2,
      })
    case 'help':
    case '--help':
      return print({ text: HELP, exit: 0 })
    default:
      return print({ text: `Unknown command ${command}.\n\n${HELP}`, exit: 2 })
  }
}

/** Built from the tests and beside the server, which never loads it. */
async function simulate(file: string, args: readonly string[]): Promise<{ text: string; exit: number }> {
  const { simulateCommand } = await import(pathToFileURL(file).href)
  return simulateCommand(args)
}

function print({ text, exit }: { text: string; exit: number }): void {
  console.log(text)
  process.exitCode = exit
  // Pools to engines and database workers are closed or idle by now; nothing is left to wait for.
  if (exit !== 0) process.exit()
}

async function serve(config: Config): Promise<void> {
  const running = await openServer(config)
  let closing = false
  const close = () => {
    if (closing) return
    closing = true
    running.close().then(
      () => process.exit(0),
      (error) => {
        console.error(error)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', close)
  process.on('SIGINT', close)
  // Said last: whoever reads it may stop the server at once, and it must stop as servers do.
  console.log(welcome(running, performance.now() - began))
}

function runSandbox(config: Config, flags: string[]): void {
  const child = spawn(process.execPath, [config.assets.sandbox, ...flags], { stdio: 'inherit' })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => child.kill(signal))
  child.once('exit', (code) => process.exit(code ?? 1))
}
