import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { anthropic, countInput } from './dialects/anthropic.ts'
import { type Dialect, type DialectName, dialectNames } from './dialects/dialect.ts'
import { native } from './dialects/native.ts'
import { openaiChat } from './dialects/openai-chat.ts'
import { openaiResponses } from './dialects/openai-responses.ts'
import { countResponsesInput, readResponses } from './dialects/responses-request.ts'
import { mintId } from './ids.ts'
import { MediaFault } from './lab/fault.ts'
import { mediaDialect } from './media/answer.ts'
import { openDesk } from './media/desk.ts'
import { mediaRoute } from './media/routes.ts'
import { createSpeechSockets, SOCKET_IDLE_MS } from './media/speech-socket.ts'
import { anthropicModel, anthropicModels, defaultModels, openaiModel, openaiModels } from './models.ts'
import { type Exchange, refuse, sendJson, serveCount, serveText } from './serve.ts'
import { ignoreOffer } from './upgrade.ts'

export interface SandboxOptions {
  readonly host?: string | undefined
  /** 0 takes any free port. */
  readonly port?: number | undefined
  readonly dialects?: readonly DialectName[] | undefined
  readonly models?: readonly string[] | undefined
  readonly key?: string | undefined
  readonly seed?: string | undefined
  /** Milliseconds between two events of a stream; 0 is as fast as possible. */
  readonly paceMs?: number | undefined
  /** How long a speech socket may be silent. */
  readonly socketIdleMs?: number | undefined
}

export interface Sandbox {
  readonly port: number
  close(): Promise<void>
}

export const defaults = { host: '127.0.0.1', port: 8788, seed: 'tokenplan', paceMs: 2 }

type Engine = ReturnType<typeof complete>

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const engine = complete(options)
  const server = createServer((req, res) => void answer(engine, req, res))
  if (engine.dialects.has('native')) {
    server.on('upgrade', (req, socket, head) => {
      if (req.headers.upgrade?.toLowerCase() === 'websocket') engine.sockets.open(req, socket, head)
      else ignoreOffer(server, req, socket, head)
    })
  }
  // Longer than its callers keep a connection, so that none is closed under a request.
  server.keepAliveTimeout = 75_000
  await listen(server, options)
  return { port: (server.address() as AddressInfo).port, close: () => close(server, engine) }
}

function complete(options: SandboxOptions) {
  const speech = { seed: options.seed ?? defaults.seed, paceMs: options.paceMs ?? defaults.paceMs }
  const desk = openDesk(speech)
  return {
    dialects: new Set<DialectName>(options.dialects ?? dialectNames),
    models: options.models ?? defaultModels,
    key: options.key,
    speech,
    desk,
    sockets: createSpeechSockets({
      desk,
      keyFault: (req) => keyFault(req, options.key),
      idleMs: options.socketIdleMs ?? SOCKET_IDLE_MS,
    }),
  }
}

function listen(
  server: Server,
  { host = defaults.host, port = defaults.port }: SandboxOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
}

const GRACE_MS = 1_000

/** Running answers get a moment to end; idle connections none. */
async function close(server: Server, { desk, sockets }: Engine): Promise<void> {
  sockets.close()
  await new Promise<void>((resolve) => {
    const grace = setTimeout(() => server.closeAllConnections(), GRACE_MS)
    server.close(() => {
      clearTimeout(grace)
      resolve()
    })
    server.closeIdleConnections()
  })
  await desk.close()
}

async function answer(engine: Engine, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const left = new AbortController()
  res.once('close', () => left.abort())
  // A client that resets the connection is no event; `close` follows.
  res.on('error', () => left.abort())
  const exchange = { req, res, requestId: mintId(), gone: left.signal }
  const route = routeOf(engine, req)
  try {
    if (route === undefined) return sendJson(exchange, 404, NOT_FOUND)
    if (route.open !== true && !carriesKey(req, engine.key)) return refuseKey(exchange, route.dialect)
    await route.serve(exchange)
  } catch (error) {
    // Whatever a strange body does, the process lives on; standard error tells the operator what it was.
    console.error(
      `sandbox: ${req.method} ${req.url?.split('?')[0]}: ${error instanceof Error ? error.stack : error}`,
    )
    if (res.headersSent) res.destroy()
    else refuse(exchange, route?.dialect ?? openaiChat, 500, 'internal error (1000)')
  }
}

const NOT_FOUND = { error: { type: 'not_found', message: 'no such path here' } }

interface Route {
  readonly dialect: Pick<Dialect, 'fault'>
  /** True where no credential is asked for. */
  readonly open?: boolean
  serve(exchange: Exchange): Promise<void> | void
}

function routeOf(engine: Engine, req: IncomingMessage): Route | undefined {
  const path = (req.url ?? '/').split('?')[0]?.replace(/(.)\/+$/, '$1') ?? '/'
  const media = engine.dialects.has('native') ? mediaRoute(engine.desk, req.method ?? '', path) : undefined
  if (media !== undefined) return { dialect: mediaDialect, ...media }
  if (req.method === 'POST') return postRoute(engine, path)
  if (req.method !== 'GET' && req.method !== 'HEAD') return undefined
  if (path === '/healthz')
    return { dialect: openaiChat, open: true, serve: (to) => sendJson(to, 200, { ok: true }) }
  if (path === '/' || path === '/anthropic') {
    return {
      dialect: openaiChat,
      open: true,
      serve: (to) => sendJson(to, 200, { name: 'tokenplan sandbox' }),
    }
  }
  return modelRoute(engine, path, req)
}

function postRoute(engine: Engine, path: string): Route | undefined {
  const dialect = DIALECT_OF_PATH[path.replace(/\/(count_tokens|input_tokens)$/, '')]
  if (dialect === undefined || !engine.dialects.has(dialect.name)) return undefined
  if (DIALECT_OF_PATH[path] === dialect)
    return { dialect, serve: (to) => serveText(to, dialect, engine.speech) }
  if (dialect === anthropic && path.endsWith('/count_tokens')) {
    return { dialect, serve: (to) => serveCount(to, dialect, (body) => ({ input_tokens: countInput(body) })) }
  }
  if (dialect === openaiResponses && path.endsWith('/input_tokens')) {
    return { dialect, serve: (to) => serveCount(to, dialect, countResponses) }
  }
  return undefined
}

const DIALECT_OF_PATH: Readonly<Record<string, Dialect>> = Object.assign(Object.create(null), {
  '/anthropic/v1/messages': anthropic,
  '/v1/messages': anthropic,
  '/v1/chat/completions': openaiChat,
  '/v1/responses': openaiResponses,
  '/v1/text/chatcompletion_v2': native,
})

function countResponses(body: Parameters<typeof readResponses>[0]) {
  readResponses(body)
  return { object: 'response.input_tokens', input_tokens: countResponsesInput(body) }
}

/** `/v1/models` belongs to every engine; one that speaks Anthropic's dialect alone lists in its shape. */
function modelRoute(engine: Engine, path: string, req: IncomingMessage): Route | undefined {
  const match = /^(\/anthropic)?\/v1\/models(?:\/(.+))?$/.exec(path)
  if (match === null) return undefined
  const underAnthropic = match[1] !== undefined
  if (underAnthropic && !engine.dialects.has('anthropic')) return undefined
  const alone = engine.dialects.size === 1 && engine.dialects.has('anthropic')
  const asksAnthropic = 'anthropic-version' in req.headers || onlyApiKey(req)
  const inAnthropic = underAnthropic || (alone && asksAnthropic)
  const dialect = inAnthropic ? anthropic : openaiChat
  const id = match[2]
  if (id === undefined) {
    const list = inAnthropic ? anthropicModels(engine.models) : openaiModels(engine.models)
    return { dialect, serve: (to) => sendJson(to, 200, list) }
  }
  const known = engine.models.find((model) => encodeURIComponent(model) === id || model === id)
  if (known === undefined) return { dialect, serve: (to) => refuse(to, dialect, 404, 'no such model (2013)') }
  return {
    dialect,
    serve: (to) => sendJson(to, 200, inAnthropic ? anthropicModel(known) : openaiModel(known)),
  }
}

function onlyApiKey(req: IncomingMessage): boolean {
  return 'x-api-key' in req.headers && !('authorization' in req.headers)
}

function carriesKey(req: IncomingMessage, key: string | undefined): boolean {
  return (
    key === undefined || req.headers['x-api-key'] === key || req.headers.authorization === `Bearer ${key}`
  )
}

function keyFault(req: IncomingMessage, key: string | undefined): MediaFault | undefined {
  if (carriesKey(req, key)) return undefined
  if (hasKey(req)) return new MediaFault(2049, 'invalid api key')
  return new MediaFault(1004, 'login fail: Please carry the API secret key in the request header')
}

function hasKey({ headers }: IncomingMessage): boolean {
  return 'x-api-key' in headers || 'authorization' in headers
}

function refuseKey(exchange: Exchange, dialect: Pick<Dialect, 'fault'>): void {
  const field = dialect === anthropic ? 'X-Api-Key' : 'Authorization'
  const message = hasKey(exchange.req)
    ? 'invalid api key (2049)'
    : `login fail: Please carry the API secret key in the '${field}' field of the request header (1004)`
  refuse(exchange, dialect, 401, message)
}
