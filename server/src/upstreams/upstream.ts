import { Pool } from 'undici'
import type { Modality } from '../catalogue/catalogue.ts'
import { ConfigFault, type UpstreamSetting } from '../config.ts'
import { type Dialect, isDialect } from '../modalities/dialect.ts'
import { type Adapter, adapters } from './adapters.ts'
import { Deadlines } from './deadlines.ts'
import { type Probe, probe } from './probe.ts'

/** Milliseconds, each counted from its own beginning. */
export type Timeouts = {
  readonly connectMs: number
  readonly firstByteMs: number
  readonly idleMs: number
  readonly totalMs: number
}

/** A model may think for minutes before its first byte; a stream that is silent for five minutes is dead. */
const defaultTimeouts: Timeouts = {
  connectMs: 5_000,
  firstByteMs: 280_000,
  idleMs: 300_000,
  totalMs: 3_600_000,
}

export type Upstream = {
  readonly name: string
  readonly adapter: Adapter
  readonly modalities: ReadonlySet<Modality>
  readonly pool: Pool
  /** A name or an address, as its URL has it. */
  readonly host: string
  /** Path before the dialect's own; '' or '/something'. */
  readonly basePath: string
  readonly key: string | undefined
  /** What every request to it carries: the operator's credentials, flat. */
  readonly headers: readonly string[]
  readonly timeouts: Timeouts
  /** Of requests under way: each ends `totalMs` after it was sent. */
  readonly deadlines: Deadlines
  readonly retries: number
  readonly onClientGone: 'abort' | 'drain'
  /** Which of our models it serves; undefined: every text model. */
  readonly models: ReadonlyMap<string, string> | undefined
  readonly fixedModel: string | undefined
  readonly declaredDialects: readonly Dialect[] | undefined
  /** What the engine said of itself; undefined for kinds that need not be asked. */
  probed(): Promise<Probe | undefined>
}

export function openUpstream(setting: UpstreamSetting): Upstream {
  const adapter = adapters[setting.kind]
  if (!adapter) {
    const known = Object.keys(adapters).join(', ')
    throw new ConfigFault(`upstream ${setting.name}: unknown kind ${setting.kind} (known: ${known})`)
  }
  const url = new URL(setting.url)
  const timeouts = timeoutsOf(setting)
  const pool = new Pool(url.origin, {
    connections: setting.connections ?? null,
    pipelining: 1,
    connect: { timeout: timeouts.connectMs },
    headersTimeout: timeouts.firstByteMs,
    bodyTimeout: timeouts.idleMs,
    keepAliveTimeout: 30_000,
  })
  const upstream = {
    name: setting.name,
    adapter,
    modalities: modalitiesOf(setting, adapter),
    pool,
    host: url.hostname,
    basePath: basePathOf(url, adapter),
    key: setting.key,
    timeouts,
    deadlines: new Deadlines(timeouts.totalMs),
    headers: headersOf(adapter, setting.key),
    retries: setting.retries ?? 1,
    onClientGone: clientGoneOf(setting),
    models: Object.keys(setting.models).length > 0 ? new Map(Object.entries(setting.models)) : undefined,
    fixedModel: setting.model,
    declaredDialects: dialectsOf(setting, adapter),
  }
  return { ...upstream, probed: asked(upstream) }
}

/** The URL may end in `/v1`, as engines print it, or in `/anthropic`, as MiniMax's own page does for that dialect. */
function basePathOf(url: URL, adapter: Adapter): string {
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')
  return adapter.kind === 'minimax' ? path.replace(/\/anthropic$/, '') : path
}

function timeoutsOf(setting: UpstreamSetting): Timeouts {
  for (const name of Object.keys(setting.timeouts)) {
    if (!(name in defaultTimeouts)) {
      const known = Object.keys(defaultTimeouts).join(', ')
      throw new ConfigFault(`upstream ${setting.name}: unknown time-out ${name} (known: ${known})`)
    }
  }
  return { ...defaultTimeouts, ...setting.timeouts }
}

function clientGoneOf(setting: UpstreamSetting): 'abort' | 'drain' {
  const choice = setting.onClientGone ?? 'abort'
  if (choice === 'abort' || choice === 'drain') return choice
  throw new ConfigFault(`upstream ${setting.name}: onClientGone must be abort or drain, got ${choice}`)
}

function modalitiesOf(setting: UpstreamSetting, adapter: Adapter): ReadonlySet<Modality> {
  const named = setting.modalities ?? adapter.modalities
  const known = adapter.modalities as readonly string[]
  for (const name of named) {
    if (!known.includes(name)) {
      throw new ConfigFault(
        `upstream ${setting.name}: kind ${adapter.kind} has no modality ${name} (known: ${known.join(', ')})`,
      )
    }
  }
  return new Set(named as readonly Modality[])
}

function dialectsOf(setting: UpstreamSetting, adapter: Adapter): Dialect[] | undefined {
  return setting.dialects?.map((name) => {
    if (!isDialect(name) || adapter.paths[name] === undefined) {
      const known = Object.keys(adapter.paths).join(', ')
      throw new ConfigFault(
        `upstream ${setting.name}: kind ${adapter.kind} cannot speak ${name} (known: ${known})`,
      )
    }
    return name
  })
}

/** How long an answer of "not there" is believed before the engine is asked again. */
const ASK_AGAIN_MS = 10_000

/**
 * Asks a foreign engine what it lists and speaks, once; an engine that did not answer is asked again by a later request.
 * MiniMax's own kind is known and is never asked.
 */
function asked(upstream: Omit<Upstream, 'probed'>): Upstream['probed'] {
  if (upstream.adapter.kind === 'minimax') return () => Promise.resolve(undefined)
  let answer: Promise<Probe> | undefined
  let askedAt = 0
  return () => {
    const now = performance.now()
    if (!answer || now - askedAt > ASK_AGAIN_MS) {
      const previous = answer
      askedAt = now
      answer = previous
        ? previous.then((known) => (known.reached ? known : probe(upstream)))
        : probe(upstream)
    }
    return answer
  }
}

function headersOf(adapter: Adapter, key: string | undefined): readonly string[] {
  return key === undefined ? [] : adapter.authHeaders(key)
}
