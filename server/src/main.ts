import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { controlApp } from './api/app.ts'
import type { Book } from './book/book.ts'
import { forgetRefusals } from './book/journal-refusals.ts'
import { readLabels } from './book/labels.ts'
import { type Proof, verify } from './book/verify.ts'
import { loadCatalogue } from './catalogue/read.ts'
import { errorLog } from './cli/error-log.ts'
import type { Clock } from './clock.ts'
import { type Config, ConfigFault } from './config.ts'
import type { World } from './gateway/serve.ts'
import { openGateway } from './gateway/server.ts'
import { SPEECH_IDLE_MS } from './gateway/speech-socket.ts'
import { derive, type Ids, randomName, requestIdOf } from './ids.ts'
import { expireLots } from './jobs/expire-lots.ts'
import { startNightlyProof } from './jobs/nightly-proof.ts'
import { type Books, openBooks } from './jobs/open-books.ts'
import { Keyring } from './keys/keyring.ts'
import { operatorTokenFrom } from './keys/operator-token.ts'
import { rootSecret } from './keys/root-secret.ts'
import { receiptSigner } from './keys/signed-document.ts'
import { Claims } from './media/claims.ts'
import { EngineIds } from './media/engine-ids.ts'
import { forgetUnused } from './media/forget-unused.ts'
import { Media } from './media/media.ts'
import { clearSpool, spoolFolderOf } from './media/spool.ts'
import { folderStore } from './media/store-folder.ts'
import { s3Store } from './media/store-s3.ts'
import { startSweeper } from './media/sweeper.ts'
import { takeLock } from './store/lock.ts'
import { keepFirst, readSetting } from './store/settings.ts'
import type { Statement, Store } from './store/store.ts'
import { Callbacks, callbackPace } from './tasks/callbacks.ts'
import { Poller, taskPace } from './tasks/poller.ts'
import { Tasks } from './tasks/tasks.ts'
import { type KeptDemo, keepDemo } from './teams/demo.ts'
import { openOperatorAccounts } from './teams/found.ts'
import { postTo } from './upstreams/post-public.ts'
import { type SandboxProcess, startSandbox } from './upstreams/sandbox-process.ts'
import { checkModels, Upstreams } from './upstreams/upstreams.ts'

/** The wiring: the only file that knows everything. */

export type Running = {
  readonly url: string
  readonly port: number
  readonly demo: KeptDemo
  /** Books of several servers; `leftAside`: the file of SQLite books that lie in the data folder all the same. */
  readonly isShared: boolean
  readonly leftAside: string | null
  readonly upstreamNames: readonly string[]
  readonly sweptHolds: number
  readonly store: Store
  readonly book: Book
  /** Drains at most `drainMs`, then closes everything in the order that loses nothing. */
  close(): Promise<void>
}

export type Parts = {
  /** Made from the stored offset; tests pass a clock of their own. */
  readonly clockFrom?: (offsetMs: number) => Clock
  readonly log?: (line: string) => void
  /** What waits in real time; tests do not. */
  readonly paces?: Partial<Paces>
}

/** `drainMs`: how long running requests have when the server stops. */
const paces = { task: taskPace, callback: callbackPace, speechIdleMs: SPEECH_IDLE_MS, drainMs: 5_000 }
export type Paces = typeof paces

/** An upstream that is read on after its client left does not hold up the stop; its hold is swept at the next start. */
const LAST_ENDS_MS = 500
/** Connections that wait to be accepted; the system bounds it too. Of those beyond it some are reset after they seemed open. */
const MOST_WAITING = 4_096
/** A file that nobody wrote to for so long will not be finished. */
const BROKEN_OFF_MS = 3_600_000

export async function openServer(config: Config, parts: Parts = {}): Promise<Running> {
  const log = parts.log ?? ((line) => process.stderr.write(`${line}\n`))
  const catalogue = loadCatalogue(config.catalogueFile, config.assets.catalogues)
  makeFolder(config.dataFolder)
  const lock = takeLock(config.dataFolder)
  const undo: (() => unknown)[] = [() => lock.free()]
  try {
    const secret = rootSecret(config.secret, config.dataFolder)
    const sandboxStarting =
      config.sandbox === 'none' ? null : startSandbox(config.assets.sandbox, config.sandboxPort)
    // Awaited below. A start that fails before that stops it all the same, or it would outlive us.
    undo.unshift(() =>
      sandboxStarting?.then(
        (started) => started.stop(),
        () => undefined,
      ),
    )
    const report = errorLog(log)
    const check = (store: Store) => checkSecret(store, secret)
    const books = await openBooks({ config, clockFrom: parts.clockFrom, report, undo, check })
    const { store, clock, ids, book, sweptHolds } = books
    await store.job(openOperatorAccounts())
    const names = [...catalogue.models.keys(), ...catalogue.resources.keys(), 'outside']
    const labels = await readLabels(store, names, ids)

    const sandbox = await sandboxStarting
    const upstreams = openUpstreams(config, sandbox)
    undo.unshift(() => upstreams.close())
    const unknown = checkModels(upstreams, catalogue)
    if (unknown.length > 0) throw new ConfigFault(unknown.join('\n'))
    upstreams.warm()

    const pepper = derive(secret, 'pepper')
    const operatorToken = operatorTokenFrom(secret)
    const keyring = new Keyring(store, pepper, books.otherKeys)
    const here = { book, catalogue, clock, ids, upstreams }
    const beneath = { secret, store, report, undo, paces: { ...paces, ...parts.paces } }
    const makers = await openMakers(config, beneath, here)
    // Last to be opened and first to be closed: what is taken over needs everything else.
    undo.unshift(() => books.close())
    await books.serve({
      watch: (hold) => makers.poller.adopt(hold),
      keysChanged: () => keyring.forget(),
    })
    const receipts = { read: store.read, signer: receiptSigner(secret), operatorToken }
    undo.unshift(startJobs(books, beneath, here))
    const world: World = { ...here, ...makers, keyring, labels, receipts, namedUrl: config.namedUrl }
    const doors = openDoors(config, world, { clock, ids, store, sandbox, operatorToken, report })
    const port = await listen(doors.server, config)
    const url = config.port === 0 ? `http://localhost:${port}` : config.publicUrl
    const place = { ids, pepper, operatorToken, url, store, folder: config.dataFolder }
    const demo = await books.alone(() => keepDemo(book, catalogue, place))
    return {
      url,
      port,
      demo,
      isShared: books.isShared,
      leftAside: books.leftAside,
      upstreamNames: upstreams.all.map((upstream) => upstream.name),
      sweptHolds,
      store,
      book,
      close: () => closeAll(doors, book, undo, beneath.paces.drainMs),
    }
  } catch (error) {
    for (const step of undo) await step()
    throw error
  }
}

async function prove(books: Books): Promise<Proof> {
  const rows = await books.proofRows()
  try {
    return await verify(rows)
  } finally {
    await rows.close()
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ConfigFault(`TOKENPLAN_DATA: the data folder ${folder} cannot be made: ${why}`)
  }
}

/** Keys are kept as HMACs under the root secret: with another one every key would be unknown, without a word. */
async function checkSecret(store: Store, secret: Buffer): Promise<void> {
  const check = derive(secret, 'check').toString('hex').slice(0, 16)
  // Servers that start together on an empty database may have different ones: then one of them is refused.
  if ((await readSetting(store, 'secret_check')) === undefined)
    await store.job([keepFirst('secret_check', check)])
  if ((await readSetting(store, 'secret_check')) !== check) {
    throw new ConfigFault(
      'the root secret is not the one these books were made with, so no key would be recognised. ' +
        'Put the file `secret` of the data folder back, or set TOKENPLAN_SECRET to what it was.',
    )
  }
}

/** A text engine of the operator's takes the sandbox's place for text; the rest is still made there. */
const MEDIA = ['speech', 'image', 'video', 'music', 'voices', 'search', 'vision']

function openUpstreams(config: Config, sandbox: SandboxProcess | null): Upstreams {
  if (!sandbox) return new Upstreams(config.upstreams)
  return new Upstreams([
    ...config.upstreams,
    {
      name: 'sandbox',
      kind: 'minimax',
      url: sandbox.url,
      key: undefined,
      model: undefined,
      models: {},
      dialects: undefined,
      modalities: config.sandbox === 'media' ? MEDIA : undefined,
      retries: undefined,
      connections: undefined,
      onClientGone: undefined,
      timeouts: {},
    },
  ])
}

/** What is put in order every minute beside the requests. */
function startJobs(
  books: Books,
  { store, report }: Beneath,
  { book, clock, ids }: Here,
): () => Promise<void> {
  const jobs = async (stopping: AbortSignal) => {
    if (!books.isFirst()) return
    await expireLots({ book, store, ids }, stopping)
    await forgetRefusals(store, book.now(), stopping)
  }
  const running = startSweeper(jobs, (error) => report('jobs', error))
  const proof = startNightlyProof({
    realNow: () => clock.realNow(),
    isMine: books.isFirst,
    prove: () => prove(books),
    report,
  })
  return () => {
    proof.stop()
    return running.stop()
  }
}

type Here = Pick<World, 'book' | 'catalogue' | 'clock' | 'ids' | 'upstreams'>
type Beneath = Pick<Within, 'store' | 'report'> & {
  readonly secret: Buffer
  readonly paces: Paces
  readonly undo: (() => unknown)[]
}

/** What media need beside the book: files, tasks, and what engines keep for teams. */
async function openMakers(config: Config, beneath: Beneath, here: Here) {
  const { store, report, undo, paces: pace } = beneath
  const { catalogue, clock, upstreams } = here
  const write = (statements: readonly Statement[]) => store.job(statements)
  const engineIds = new EngineIds(store)
  const firstUses = new Claims<number>()
  const forgetting = { engineIds, firstUses, upstreams, write }
  const folder = path.join(config.dataFolder, 'media')
  const media = openMedia(config, folder, beneath, here)
  const tasks = new Tasks(store)
  const callbacks = new Callbacks(postTo(config.callbacks), randomName, pace.callback)
  const poller = new Poller(
    {
      ...here,
      media,
      tasks,
      firstUses,
      outputLifetimeMs: catalogue.media.outputLifetimeMs,
      told: (task, state) => callbacks.tell(task, state),
      report,
    },
    pace.task,
  )
  undo.unshift(() => callbacks.close())
  // A store of files that does not answer must not hold up a stop.
  undo.unshift(() => Promise.race([poller.close(), after(LAST_ENDS_MS)]))
  // Only then is anything removed: what runs on has its claims again. Of several servers each has its own.
  if (!config.databaseUrl) await poller.resume()
  const sweep = async (stopping: AbortSignal) => {
    await clearSpool(spoolFolderOf(folder), clock.realNow() - BROKEN_OFF_MS)
    await media.sweep(stopping)
    await forgetUnused(forgetting, clock.planNow(), stopping)
  }
  const sweeper = startSweeper(sweep, (error) => report('media', error))
  undo.unshift(() => sweeper.stop())
  const voiceNames = new Claims<string>()
  return { ...forgetting, callbacks, media, poller, speechIdleMs: pace.speechIdleMs, tasks, voiceNames }
}

function openMedia(config: Config, folder: string, { store, secret }: Beneath, here: Here): Media {
  const { ids, clock, catalogue } = here
  return new Media({
    store,
    ids,
    clock,
    objects: config.mediaBucket ? s3Store(config.mediaBucket, spoolFolderOf(folder)) : folderStore(folder),
    secret: derive(secret, 'media-url'),
    bytesPerTeam: catalogue.media.bytesPerTeam,
  })
}

type Within = {
  readonly clock: Clock
  readonly ids: Ids
  readonly store: Store
  readonly sandbox: SandboxProcess | null
  readonly operatorToken: string
  readonly report: (where: string, error: unknown) => void
}

function openDoors(config: Config, world: World, within: Within) {
  const { clock, ids, store, sandbox, operatorToken, report } = within
  let closing = false
  const control = controlApp({
    clock,
    operatorToken,
    write: (statements) => store.job(statements),
    quota: {
      book: world.book,
      catalogue: world.catalogue,
      keyring: world.keyring,
      makes: (model) => world.upstreams.makes(model),
      read: store.read,
    },
    acts: {
      book: world.book,
      catalogue: world.catalogue,
      ids,
      keyring: world.keyring,
      read: store.read,
    },
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
    server.listen(config.port, config.host, MOST_WAITING, () =>
      resolve((server.address() as AddressInfo).port),
    )
  })
}

async function closeAll(
  doors: Doors,
  book: Book,
  undo: readonly (() => unknown)[],
  drainMs: number,
): Promise<void> {
  doors.drain()
  const closed = new Promise<void>((resolve) => doors.server.close(() => resolve()))
  doors.server.closeIdleConnections()
  const timer = setTimeout(() => doors.cut(), drainMs)
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
