import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { controlApp } from './api/app.ts'
import { Book } from './book/book.ts'
import { BookDown } from './book/book-down.ts'
import { journalSqlite } from './book/journal-sqlite.ts'
import { readLabels } from './book/labels.ts'
import { readsSqlite } from './book/reads-sqlite.ts'
import { loadCatalogue } from './catalogue/read.ts'
import { type Clock, systemClock } from './clock.ts'
import { type Config, ConfigFault } from './config.ts'
import { Fault } from './faults.ts'
import type { World } from './gateway/serve.ts'
import { openGateway } from './gateway/server.ts'
import { derive, type Ids, idsFrom, requestIdOf } from './ids.ts'
import { Keyring } from './keys/keyring.ts'
import { rootSecret } from './keys/root-secret.ts'
import { takeLock } from './store/lock.ts'
import { migrate } from './store/migrate.ts'
import { keepSetting, readSetting } from './store/settings.ts'
import { openSqlite, type Store } from './store/sqlite.ts'
import { type Demo, keepDemo } from './teams/demo.ts'
import { openOperatorAccounts } from './teams/found.ts'
import { type SandboxProcess, startSandbox } from './upstreams/sandbox-process.ts'
import { checkModels, Upstreams } from './upstreams/upstreams.ts'

/** The wiring: the only file that knows everything. */

export type Running = {
  readonly url: string
  readonly port: number
  readonly demo: { readonly keys: Demo | null; readonly isNew: boolean; readonly file: string }
  readonly upstreamNames: readonly string[]
  readonly sweptHolds: number
  readonly store: Store
  readonly book: Book
  /** Drains at most DRAIN_MS, then closes everything in the order that loses nothing. */
  close(): Promise<void>
}

export type Parts = {
  /** Made from the stored offset; tests pass a clock of their own. */
  readonly clockFrom?: (offsetMs: number) => Clock
  readonly log?: (line: string) => void
}

const DRAIN_MS = 5_000
/** An upstream that is read on after its client left does not hold up the stop; its hold is swept at the next start. */
const LAST_ENDS_MS = 500

export async function openServer(config: Config, parts: Parts = {}): Promise<Running> {
  const log = parts.log ?? ((line) => process.stderr.write(`${line}\n`))
  const catalogue = loadCatalogue(config.catalogueFile, config.assets.catalogues)
  mkdirSync(config.dataFolder, { recursive: true, mode: 0o700 })
  const lock = takeLock(config.dataFolder)
  const undo: (() => unknown)[] = [() => lock.free()]
  try {
    const secret = rootSecret(config.secret, config.dataFolder)
    const sandboxStarting =
      config.upstreams.length > 0 ? null : startSandbox(config.assets.sandbox, config.sandboxPort)
    // Awaited below. A start that fails before that stops it all the same, or it would outlive us.
    undo.unshift(() =>
      sandboxStarting?.then(
        (started) => started.stop(),
        () => undefined,
      ),
    )
    const store = await openSqlite(path.join(config.dataFolder, 'tokenplan.db'))
    undo.unshift(() => store.close())
    await migrate(store)
    await checkSecret(store, secret)
    await store.job(openOperatorAccounts())
    const clock = (parts.clockFrom ?? systemClock)(Number((await readSetting(store, 'clock_offset_ms')) ?? 0))
    const { book, sweptHolds, lastId } = await Book.open(journalSqlite(store), readsSqlite(store), () =>
      clock.planNow(),
    )
    const ids = idsFrom(() => clock.realNow(), lastId)
    const labels = await readLabels(
      store,
      [...catalogue.models.keys(), ...catalogue.resources.keys(), 'outside'],
      ids,
    )

    const sandbox = await sandboxStarting
    const upstreams = openUpstreams(config, sandbox)
    undo.unshift(() => upstreams.close())
    const unknown = checkModels(upstreams, catalogue)
    if (unknown.length > 0) throw new ConfigFault(unknown.join('\n'))
    upstreams.warm()

    const pepper = derive(secret, 'pepper')
    const operatorToken = `op-${derive(secret, 'operator-token').toString('hex').slice(0, 40)}`
    const keyring = new Keyring(store, pepper)
    const world: World = { book, catalogue, keyring, labels, upstreams }
    const doors = openDoors(config, world, { clock, ids, store, sandbox, operatorToken, log })
    const port = await listen(doors.server, config)
    const url = config.port === 0 ? `http://localhost:${port}` : config.publicUrl
    const demo = await keepDemo(book, catalogue, {
      ids,
      pepper,
      operatorToken,
      url,
      store,
      folder: config.dataFolder,
    })
    return {
      url,
      port,
      demo,
      upstreamNames: upstreams.all.map((upstream) => upstream.name),
      sweptHolds,
      store,
      book,
      close: () => closeAll(doors, book, undo),
    }
  } catch (error) {
    for (const step of undo) await step()
    throw error
  }
}

/** Keys are kept as HMACs under the root secret: with another one every key would be unknown, without a word. */
async function checkSecret(store: Store, secret: Buffer): Promise<void> {
  const check = derive(secret, 'check').toString('hex').slice(0, 16)
  const known = await readSetting(store, 'secret_check')
  if (known === undefined) await store.job([keepSetting('secret_check', check)])
  else if (known !== check) {
    throw new ConfigFault(
      'the root secret is not the one these books were made with, so no key would be recognised. ' +
        'Put the file `secret` of the data folder back, or set TOKENPLAN_SECRET to what it was.',
    )
  }
}

function openUpstreams(config: Config, sandbox: SandboxProcess | null): Upstreams {
  if (!sandbox) return new Upstreams(config.upstreams)
  return new Upstreams([
    {
      name: 'sandbox',
      kind: 'minimax',
      url: sandbox.url,
      key: undefined,
      model: undefined,
      models: {},
      dialects: undefined,
      retries: undefined,
      connections: undefined,
      onClientGone: undefined,
      timeouts: {},
    },
  ])
}

type Within = {
  readonly clock: Clock
  readonly ids: Ids
  readonly store: Store
  readonly sandbox: SandboxProcess | null
  readonly operatorToken: string
  readonly log: (line: string) => void
}

function openDoors(config: Config, world: World, within: Within) {
  const { clock, ids, store, sandbox, operatorToken, log } = within
  const report = (where: string, error: unknown) =>
    log(`${new Date(clock.realNow()).toISOString()} ${JSON.stringify(where).slice(1, -1)} ${inWords(error)}`)
  let closing = false
  const control = controlApp({
    clock,
    operatorToken,
    write: (statements) => store.job(statements),
    quota: { book: world.book, catalogue: world.catalogue, keyring: world.keyring, read: store.read },
    consoleFolder: config.assets.console,
    docsFolder: config.assets.docs,
    notReady: async () => {
      if (closing) return 'this server is stopping'
      if (world.book.isFailing()) return 'the books cannot be written'
      await store.read('select 1')
      return sandbox && !sandbox.isUp() ? 'the sandbox is starting' : null
    },
    mintRequestId: () => requestIdOf(ids.next()),
    report,
  })
  const gateway = openGateway(
    ids,
    () => world,
    control,
    (call, error) => report(`${call.path} ${call.requestId}`, error),
  )
  return {
    server: gateway.server,
    cut: gateway.cut,
    idle: gateway.idle,
    drain: () => {
      closing = true
      gateway.drain()
    },
  }
}

type Doors = ReturnType<typeof openDoors>

function listen(server: Doors['server'], config: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `port ${config.port} on ${config.host} is taken; set PORT to another one`
      reject(error.code === 'EADDRINUSE' ? new ConfigFault(taken) : error)
    })
    server.listen(config.port, config.host, () => resolve((server.address() as AddressInfo).port))
  })
}

async function closeAll(doors: Doors, book: Book, undo: readonly (() => unknown)[]): Promise<void> {
  doors.drain()
  const closed = new Promise<void>((resolve) => doors.server.close(() => resolve()))
  doors.server.closeIdleConnections()
  const timer = setTimeout(() => doors.cut(), DRAIN_MS)
  await closed
  clearTimeout(timer)
  // What was cut off just now still ends its hold; then everything is written.
  await Promise.race([doors.idle(), after(LAST_ENDS_MS)])
  await book.drain()
  for (const step of undo) await step()
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}

/** A fault is known by its sentence; only what nobody foresaw needs its stack. */
function inWords(error: unknown): string {
  // The cause is for the operator alone.
  if (error instanceof Fault) return error.cause ? `${error.message} (${String(error.cause)})` : error.message
  if (error instanceof BookDown) return `the books cannot be written: ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
