import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Sandbox, startSandbox } from '../../sandbox/src/server.ts'
import { verify } from '../src/book/verify.ts'
import type { Catalogue } from '../src/catalogue/catalogue.ts'
import { loadCatalogue } from '../src/catalogue/read.ts'
import { clockOver } from '../src/clock.ts'
import { readConfig } from '../src/config.ts'
import { derive, type Ids, idsFrom } from '../src/ids.ts'
import { openServer, type Paces, type Running } from '../src/main.ts'
import type { Demo } from '../src/teams/demo.ts'
import { type Calls, callsTo } from './calling.ts'
import { type FakeUpstream, startFakeUpstream } from './fake-upstream.ts'
import { foundTestTeam, type Team, type TeamOptions } from './teams.ts'

/**
 * A whole server in this process: its own folder with a real SQLite, a clock that stands until a test moves it, an engine
 * on loopback. What a test may want to know that no door tells is read from the book and the rows.
 */
export type World = Pick<Calls, 'call' | 'open'> & {
  readonly url: string
  readonly running: Running
  readonly demo: Demo
  readonly catalogue: Catalogue
  readonly folder: string
  /** The scripted engine; a world over the sandbox has none and says so. */
  readonly upstream: FakeUpstream
  /** Everything the server wrote to its log. */
  readonly logs: readonly string[]
  readonly ids: Ids
  readonly pepper: Buffer
  now(): number
  advance(ms: number): void
  team(options?: TeamOptions): Promise<Team>
  /** Ends the server as SIGTERM does; its folder, its callers and its engine stay. */
  stop(): Promise<void>
  /** Opens the same folder again. */
  restart(): Promise<void>
  close(): Promise<void>
}

export type WorldOptions = {
  readonly engine?: 'scripted' | 'sandbox'
  /** Fields of the upstream in the configuration file: `kind`, `retries`, `onClientGone`, `dialects`, `models`, `url`. */
  readonly upstream?: Readonly<Record<string, unknown>>
  readonly timeouts?: Readonly<Record<string, number>>
  /** URLs of engines that are asked before the one of this world. */
  readonly before?: readonly string[]
  /** More of the configuration file. */
  readonly config?: Readonly<Record<string, unknown>>
  /** A catalogue file in the place of the one for tests. */
  readonly catalogue?: string
  /** Real time in which things wait; tasks are looked at again and again without any. */
  readonly paces?: Partial<Paces>
}

/** What the operator's engine must never hear from a caller, and callers must never see. */
export const UPSTREAM_KEY = 'sk-operator-own-key-5f1d9c'
const ROOT_SECRET = 'a root secret for tests, long enough'
const STARTS_AT = Date.UTC(2026, 5, 10, 9, 30)

/** Small quotas, and prices with decimals that make every rounding show. */
const CATALOGUE = `extends: token-plan.yaml
name: tests
version: 7
plans:
  tiny:
    name: Tiny
    price: { month: 1, year: 10 }
    quotas:
      text: { five-hours: 3 }
  big:
    name: Big
    price: { month: 1, year: 10 }
    quotas:
      text: { five-hours: 2000 }
  fast:
    name: Fast
    price: { month: 1, year: 10 }
    highspeed: true
    quotas:
      text: { five-hours: 10 }
models:
  MiniMax-M2.5:
    tokens: { input: 0.300000001, output: 1.200000001, cache-read: 0.030000001, cache-write: 0.375000001 }
`

const shipped = fileURLToPath(new URL('../../catalogue/', import.meta.url))

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-http-'))
  const sandbox = options.engine === 'sandbox' ? await startSandbox({ port: 0, paceMs: 0 }) : undefined
  const scripted = sandbox ? undefined : await startFakeUpstream()
  const engineUrl = sandbox ? `http://127.0.0.1:${sandbox.port}` : scripted?.url
  const engine = { url: engineUrl, ...options.upstream, timeouts: options.timeouts ?? {} }
  const engines = [...(options.before ?? []).map((url) => ({ url, name: url })), engine]
  const env = writeConfig(folder, engines, options.catalogue ?? CATALOGUE, options.config ?? {})
  const catalogue = loadCatalogue(env.TOKENPLAN_CATALOGUE, shipped)
  const logs: string[] = []
  const time = { now: STARTS_AT }
  const start = () =>
    openServer(readConfig(env), {
      clockFrom: (offsetMs) => clockOver(() => time.now, offsetMs),
      log: (line) => logs.push(line),
      paces: { task: { tickMs: 1, everyMs: () => 0 }, ...options.paces },
    })
  let running = await start()
  let stopped: Promise<void> | undefined
  let calls = callsTo(running.url.replace('localhost', '127.0.0.1'))
  const { keys } = running.demo
  assert.ok(keys, 'a first start has made the demo')

  const world: World = {
    get url() {
      return running.url.replace('localhost', '127.0.0.1')
    },
    get running() {
      return running
    },
    get upstream() {
      if (!scripted) throw new Error('this world has the sandbox behind it')
      return scripted
    },
    demo: keys,
    catalogue,
    folder,
    logs,
    // Far below the server's own ids, which count milliseconds.
    ids: idsFrom(() => 0, 1000),
    pepper: derive(Buffer.from(ROOT_SECRET), 'pepper'),
    now: () => time.now,
    advance: (ms) => {
      time.now += ms
    },
    team: (wanted) => foundTestTeam(world, wanted),
    call: (to, ask) => calls.call(to, ask),
    open: (to, ask) => calls.open(to, ask),
    stop: () => {
      stopped ??= running.close()
      return stopped
    },
    restart: async () => {
      calls.close()
      await world.stop()
      running = await start()
      stopped = undefined
      calls = callsTo(world.url)
    },
    close: async () => {
      calls.close()
      await world.stop()
      await closeEngines(sandbox, scripted)
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return world
}

type Fields = Readonly<Record<string, unknown>>

function writeConfig(folder: string, engines: readonly Fields[], catalogueText: string, more: Fields) {
  const config = path.join(folder, 'config.json')
  const catalogue = path.join(folder, 'catalogue.yaml')
  mkdirSync(path.join(folder, 'data'))
  writeFileSync(catalogue, catalogueText)
  // JSON is YAML too.
  const upstreams = engines.map((engine) => ({
    name: 'engine',
    kind: 'minimax',
    keyEnv: 'ENGINE_KEY',
    ...engine,
  }))
  writeFileSync(config, JSON.stringify({ upstreams, ...more }))
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    TOKENPLAN_DATA: path.join(folder, 'data'),
    TOKENPLAN_CONFIG: config,
    TOKENPLAN_CATALOGUE: catalogue,
    TOKENPLAN_SECRET: ROOT_SECRET,
    ENGINE_KEY: UPSTREAM_KEY,
    BUCKET_KEY_ID: 'the-key-id',
    BUCKET_SECRET: 'the secret of the bucket',
  }
}

async function closeEngines(sandbox: Sandbox | undefined, scripted: FakeUpstream | undefined): Promise<void> {
  await sandbox?.close()
  await scripted?.close()
}

/** Everything of a team that a request could take. */
export type Truth = {
  readonly usedUnits: number
  readonly heldUnits: number
  readonly creditNanos: number
  readonly walletNanos: number
  readonly heldNanos: number
}

export async function truthOf(world: World, team: Team): Promise<Truth> {
  const { book } = world.running
  const meters = team.subscription === null ? null : await book.meters(team.subscription, team.team)
  const text = meters?.find(({ resource }) => resource === 'text')?.windows[0]
  const money = await book.money(team.team)
  assert.ok(money, 'the team is in the book')
  const sum = (of: readonly number[]) => of.reduce((total, each) => total + each, 0)
  return {
    usedUnits: text?.usedUnits ?? 0,
    heldUnits: text?.heldUnits ?? 0,
    creditNanos: sum(money.lots.map((lot) => lot.balanceNanos)),
    walletNanos: money.wallet.balanceNanos,
    heldNanos: sum([...money.lots, money.wallet].map(({ heldNanos }) => heldNanos)),
  }
}

/** For every refusal: units, credits and wallet as before, nothing held, the rows prove themselves. */
export async function nothingCharged(world: World, team: Team, before: Truth): Promise<void> {
  await until(() => world.running.book.openHolds() === 0, 'no hold is left open')
  assert.deepEqual(await truthOf(world, team), before, 'nothing of the team was taken')
  await booksAreRight(world)
}

export async function booksAreRight(world: World): Promise<void> {
  await until(() => world.running.book.openHolds() === 0, 'no hold is left open')
  await world.running.book.drain()
  const proof = await verify(world.running.store)
  assert.ok(proof.ok, JSON.stringify(proof.checks.filter(({ ok }) => !ok)))
  assert.equal(proof.openHolds, 0, 'no hold is left open in the rows')
}

/** The newest hold of a team and how it ended, as the rows have it. */
export async function lastRecord(world: World, team: Team): Promise<Readonly<Record<string, number | null>>> {
  await world.running.book.drain()
  const [row] = await world.running.store.read(
    `select hold.units as held_units, hold.price_version,
       hold.nanos + (select coalesce(sum(nanos), 0) from slice where slice.hold = hold.id) as held_nanos,
       hold_end.* from hold
     left join hold_end on hold_end.hold = hold.id where hold.team = ? order by hold.id desc limit 1`,
    [team.team],
  )
  assert.ok(row, 'the team has a hold on record')
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value === null ? null : Number(value)]),
  )
}

const MOST_TURNS = 500_000

/** Waits turn by turn of the event loop, never by the clock. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let turns = 0; turns < MOST_TURNS; turns++) {
    if (await condition()) return
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.fail(`never came true: ${what}`)
}

/** Waits for something that an engine or a connection tells, and does not wait for ever. */
export async function soon(promise: Promise<unknown>, what: string): Promise<void> {
  let isOver = false
  void promise.then(() => {
    isOver = true
  })
  await until(() => isOver, what)
}

/** The server has handled whatever reached it before: a connection that was closed, for one. */
export async function caughtUp(world: World): Promise<void> {
  for (let trips = 0; trips < 3; trips++) await world.call('/anthropic')
}
