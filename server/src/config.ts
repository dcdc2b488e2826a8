import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

/**
 * Every setting of the server: the environment wins over the YAML file that TOKENPLAN_CONFIG names, the file over the
 * defaults. The only reader of `process.env`.
 */
export type Config = {
  readonly host: string
  readonly port: number
  readonly dataFolder: string
  /** A Postgres that several servers may share; undefined: SQLite in the data folder. */
  readonly databaseUrl: string | undefined
  readonly catalogueFile: string
  /** Where callers reach us when that differs from host and port; no trailing slash. */
  readonly publicUrl: string
  /** The same where the operator said it; undefined: a link is made of the host its caller asked for. */
  readonly namedUrl: string | undefined
  /** The root secret from the environment; without it a 0600 file in the data folder holds one. */
  readonly secret: string | undefined
  readonly upstreams: readonly UpstreamSetting[]
  /** Where a caller's callback_url may lead. */
  readonly callbacks: 'public' | 'any'
  /** What the sandbox stands behind: all models, those that are not text, or none. */
  readonly sandbox: 'all' | 'media' | 'none'
  /** Where files are kept; undefined: in the data folder. */
  readonly mediaBucket: BucketSetting | undefined
  /** 0: any free port. */
  readonly sandboxPort: number
  readonly assets: {
    readonly console: string
    readonly docs: string
    readonly sandbox: string
    readonly simulator: string
    readonly catalogues: string
  }
}

/** A bucket of an S3-compatible store, asked for as `endpoint/bucket/…`. */
export type BucketSetting = {
  readonly endpoint: string
  readonly bucket: string
  readonly region: string
  readonly keyId: string
  readonly secret: string
}

export type UpstreamSetting = {
  readonly name: string
  readonly kind: string
  readonly url: string
  readonly key: string | undefined
  /** Sent in place of the caller's model. */
  readonly model: string | undefined
  readonly models: Readonly<Record<string, string>>
  readonly dialects: readonly string[] | undefined
  /** What it is used for, of what its kind can do; undefined: all of it. */
  readonly modalities: readonly string[] | undefined
  readonly retries: number | undefined
  readonly connections: number | undefined
  readonly onClientGone: string | undefined
  readonly timeouts: Readonly<Record<string, number>>
}

export class ConfigFault extends Error {
  override readonly name = 'ConfigFault'
}

type Environment = Readonly<Record<string, string | undefined>>

/** The installed package or the clone: the folder that holds `catalogue/`, `docs/` and the built assets. */
const here = path.dirname(fileURLToPath(import.meta.url))
const house = path.resolve(here, '../..')

export function readConfig(env: Environment = process.env): Config {
  const file = env.TOKENPLAN_CONFIG
  const yaml = file ? readYaml(file) : {}
  checkFields(yaml, FILE_FIELDS, file ?? '')
  const host = env.HOST ?? '127.0.0.1'
  const port = wholeNumber(env.PORT ?? '8787', 'PORT', 65_535)
  const dataFolder = path.resolve(env.TOKENPLAN_DATA ?? text(yaml, 'data') ?? path.join(house, 'data'))
  const namedUrl = namedUrlOf(env.TOKENPLAN_PUBLIC_URL || text(yaml, 'publicUrl'))
  return {
    host,
    port,
    dataFolder,
    databaseUrl: databaseUrlOf(env.DATABASE_URL),
    catalogueFile: catalogueFile(env, yaml, file),
    publicUrl: namedUrl ?? originOf(host, port),
    namedUrl,
    secret: env.TOKENPLAN_SECRET || undefined,
    upstreams: upstreamsOf(env, yaml),
    sandbox: sandboxFor(env, yaml),
    callbacks: callbacksOf(env.TOKENPLAN_CALLBACKS ?? text(yaml, 'callbacks')),
    mediaBucket: bucketOf(env, yaml),
    sandboxPort: wholeNumber(env.TOKENPLAN_SANDBOX_PORT ?? '0', 'TOKENPLAN_SANDBOX_PORT', 65_535),
    assets: {
      console: path.join(house, 'console/dist'),
      docs: path.join(house, 'docs'),
      sandbox: path.join(house, 'sandbox/dist/sandbox.mjs'),
      simulator: path.join(house, 'server/dist/simulate.mjs'),
      catalogues: path.join(house, 'catalogue'),
    },
  }
}

/** An engine of MiniMax's kind makes everything: what it fails to make is not made by a stand-in. */
function sandboxFor(env: Environment, yaml: Yaml): Config['sandbox'] {
  if (env.TOKENPLAN_UPSTREAM) return env.TOKENPLAN_UPSTREAM_KIND === 'minimax' ? 'none' : 'media'
  return yaml.upstreams ? 'none' : 'all'
}

function callbacksOf(reach: string | undefined): 'public' | 'any' {
  if (reach === undefined || reach === 'public' || reach === 'any') return reach ?? 'public'
  throw new ConfigFault(`callbacks: must be public or any, got ${JSON.stringify(reach)}`)
}

function namedUrlOf(url: string | undefined): string | undefined {
  if (url !== undefined && (!URL.canParse(url) || !/^https?:/i.test(url)))
    throw new ConfigFault(`publicUrl: must be an http or https URL, got ${JSON.stringify(url)}`)
  return url?.replace(/\/+$/, '')
}

/** Undefined for SQLite. What is wrong is said without the URL, for a password stands in it. */
export function databaseUrlOf(url: string | undefined): string | undefined {
  if (!url) return undefined
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]
  if (scheme !== 'postgres' && scheme !== 'postgresql')
    throw new ConfigFault(
      `DATABASE_URL: must begin with postgres://${scheme ? `, got ${scheme}:` : ''}. Without it the books are kept in SQLite.`,
    )
  // With a socket's folder in `?host=` there may be no host behind the user.
  const whole = url.replace('@/', '@localhost/')
  const parsed = URL.canParse(whole) ? new URL(whole) : undefined
  if (!parsed || !/^\/[^/]+$/.test(parsed.pathname) || !isDecodable(parsed))
    throw new ConfigFault(
      'DATABASE_URL: must be postgres://user:password@host:port/database, with %40 for an @ in the password, %2F for a /, %23 for a # and %25 for a %',
    )
  return url
}

function isDecodable({ username, password, pathname }: URL): boolean {
  try {
    decodeURIComponent(username + password + pathname)
    return true
  } catch {
    return false
  }
}

function originOf(host: string, port: number): string {
  const loopback = host === '127.0.0.1' || host === '0.0.0.0' || host === '::1' || host === '::'
  return `http://${loopback ? 'localhost' : host}:${port}`
}

function catalogueFile(env: Environment, yaml: Yaml, configFile: string | undefined): string {
  if (env.TOKENPLAN_CATALOGUE) return path.resolve(env.TOKENPLAN_CATALOGUE)
  const named = text(yaml, 'catalogue')
  return named && configFile
    ? path.resolve(path.dirname(configFile), named)
    : path.join(house, 'catalogue/token-plan.yaml')
}

function upstreamsOf(env: Environment, yaml: Yaml): UpstreamSetting[] {
  const short = env.TOKENPLAN_UPSTREAM
  if (short) {
    return [
      {
        ...upstreamOf(
          { name: 'upstream', url: short, kind: env.TOKENPLAN_UPSTREAM_KIND ?? 'openai' },
          env,
          0,
        ),
        key: env.TOKENPLAN_UPSTREAM_KEY,
        model: env.TOKENPLAN_UPSTREAM_MODEL,
        dialects: env.TOKENPLAN_UPSTREAM_DIALECTS?.split(',').map((name) => name.trim()),
      },
    ]
  }
  const list = yaml.upstreams
  if (list === undefined || list === null) return []
  if (!Array.isArray(list)) throw new ConfigFault('upstreams: must be a list')
  return list.map((entry, index) => upstreamOf(asRecord(entry, `upstreams[${index}]`), env, index))
}

const FILE_FIELDS = ['data', 'publicUrl', 'catalogue', 'upstreams', 'callbacks', 'media']
const MEDIA_FIELDS = ['endpoint', 'bucket', 'region', 'keyIdEnv', 'secretEnv']
const UPSTREAM_FIELDS = [
  'name',
  'kind',
  'url',
  'keyEnv',
  'keyFile',
  'model',
  'models',
  'dialects',
  'modalities',
  'retries',
  'connections',
  'onClientGone',
  'timeouts',
]

function upstreamOf(entry: Yaml, env: Environment, index: number): UpstreamSetting {
  const where = `upstreams[${index}]`
  checkFields(entry, UPSTREAM_FIELDS, where)
  const url = text(entry, 'url')
  if (!url || !URL.canParse(url) || !/^https?:/.test(url)) {
    throw new ConfigFault(`${where}.url: must be an http or https URL, got ${JSON.stringify(url ?? null)}`)
  }
  return {
    name: text(entry, 'name') ?? new URL(url).host,
    kind: text(entry, 'kind') ?? 'openai',
    url,
    key: upstreamKey(entry, env, where),
    model: text(entry, 'model'),
    models: asStrings(entry.models, `${where}.models`),
    dialects: asList(entry.dialects, `${where}.dialects`),
    modalities: asList(entry.modalities, `${where}.modalities`),
    retries: optionalNumber(entry, 'retries', where),
    connections: optionalNumber(entry, 'connections', where),
    onClientGone: text(entry, 'onClientGone'),
    timeouts: asNumbers(entry.timeouts, `${where}.timeouts`),
  }
}

function bucketOf(env: Environment, yaml: Yaml): BucketSetting | undefined {
  const short = env.TOKENPLAN_MEDIA
  if (short) {
    const url = URL.canParse(short) ? new URL(short) : undefined
    return checkBucket('TOKENPLAN_MEDIA', {
      endpoint: url?.origin,
      bucket: url?.pathname.replace(/^\/|\/$/g, ''),
      region: env.TOKENPLAN_MEDIA_REGION,
      keyId: env.TOKENPLAN_MEDIA_KEY_ID,
      secret: env.TOKENPLAN_MEDIA_SECRET,
    })
  }
  if (yaml.media === undefined || yaml.media === null) return undefined
  const media = asRecord(yaml.media, 'media')
  checkFields(media, MEDIA_FIELDS, 'media')
  return checkBucket('media', {
    endpoint: text(media, 'endpoint'),
    bucket: text(media, 'bucket'),
    region: text(media, 'region'),
    keyId: env[text(media, 'keyIdEnv') ?? 'TOKENPLAN_MEDIA_KEY_ID'],
    secret: env[text(media, 'secretEnv') ?? 'TOKENPLAN_MEDIA_SECRET'],
  })
}

type MaybeBucket = { readonly [field in keyof BucketSetting]: string | undefined }

function checkBucket(where: string, { endpoint, bucket, region, keyId, secret }: MaybeBucket): BucketSetting {
  if (!endpoint || !URL.canParse(endpoint) || !/^https?:\/\/[^/@]+\/?$/.test(endpoint))
    throw new ConfigFault(`${where}: the endpoint must be an http or https URL without a path`)
  if (!bucket || !/^[a-z0-9][a-z0-9.-]{1,62}$/.test(bucket))
    throw new ConfigFault(`${where}: names no bucket, got ${JSON.stringify(bucket ?? null)}`)
  if (!keyId || !secret)
    throw new ConfigFault(`${where}: the environment lacks the key id or the secret of the bucket`)
  return { endpoint: endpoint.replace(/\/$/, ''), bucket, region: region ?? 'us-east-1', keyId, secret }
}

function checkFields(from: Yaml, known: readonly string[], where: string): void {
  for (const field of Object.keys(from)) {
    if (!known.includes(field))
      throw new ConfigFault(`${where}.${field}: unknown field (known: ${known.join(', ')})`)
  }
}

function upstreamKey(entry: Yaml, env: Environment, where: string): string | undefined {
  const name = text(entry, 'keyEnv')
  if (name) {
    const key = env[name]
    if (!key) throw new ConfigFault(`${where}.keyEnv: the environment has no ${name}`)
    return key
  }
  const file = text(entry, 'keyFile')
  return file ? readText(file).trim() : undefined
}

/** 2^31 − 1, about 24 days: a longer timer fires at once. Every number of the file stays below it. */
const LONGEST_TIMER_MS = 2_147_483_647

type Yaml = Readonly<Record<string, unknown>>

function readYaml(file: string): Yaml {
  try {
    return asRecord(parse(readText(file)) ?? {}, file)
  } catch (error) {
    if (error instanceof ConfigFault) throw error
    throw new ConfigFault(`${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigFault(`${file}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function asRecord(value: unknown, where: string): Yaml {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigFault(`${where}: must be a mapping`)
  }
  return value as Yaml
}

function text(from: Yaml, field: string): string | undefined {
  const value = from[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw new ConfigFault(`${field}: must be text, got ${JSON.stringify(value)}`)
  return value
}

function asStrings(value: unknown, where: string): Record<string, string> {
  if (value === undefined || value === null) return {}
  const record = asRecord(value, where)
  for (const [name, to] of Object.entries(record)) {
    if (typeof to !== 'string' || to === '')
      throw new ConfigFault(`${where}.${name}: must be text, got ${JSON.stringify(to)}`)
  }
  return record as Record<string, string>
}

function asList(value: unknown, where: string): string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw new ConfigFault(`${where}: must be a list, got ${JSON.stringify(value)}`)
  return value.map(String)
}

function asNumbers(value: unknown, where: string): Record<string, number> {
  if (value === undefined || value === null) return {}
  const record = asRecord(value, where)
  return Object.fromEntries(
    Object.keys(record).map((name) => [name, optionalNumber(record, name, where) ?? 0]),
  )
}

function optionalNumber(from: Yaml, field: string, where: string): number | undefined {
  const value = from[field]
  if (value === undefined || value === null) return undefined
  return wholeNumber(String(value), `${where}.${field}`, LONGEST_TIMER_MS)
}

function wholeNumber(value: string, what: string, max: number): number {
  const number = Number(value)
  if (!/^\d+$/.test(value) || number > max) {
    throw new ConfigFault(`${what}: must be a whole number from 0 to ${max}, got ${JSON.stringify(value)}`)
  }
  return number
}
