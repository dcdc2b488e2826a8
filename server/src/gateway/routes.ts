import { Fault } from '../faults.ts'
import type { Dialect } from '../modalities/dialect.ts'
import { answerJson } from './answer-json.ts'
import type { Call } from './call.ts'
import { serveCountTokens } from './count-tokens.ts'
import {
  serveFile,
  serveFileContent,
  serveFileDelete,
  serveFileLink,
  serveFileList,
  serveUpload,
} from './files.ts'
import { mediaRoutes } from './media-routes.ts'
import { serveModels } from './models.ts'
import { serveRemains } from './remains.ts'
import { serveText, type World } from './serve.ts'
import { serveExplain } from './serve-explain.ts'
import { serveReceipt, serveReceiptKey } from './serve-receipt.ts'

type Serve = (call: Call, world: World, id?: string) => Promise<void>
type Route = { readonly method: 'GET' | 'POST'; readonly dialect: Dialect; readonly serve: Serve }

const text = (dialect: Dialect): Route => ({ method: 'POST', dialect, serve: serveText })
const models = (dialect: Dialect): Route => ({ method: 'GET', dialect, serve: serveModels })
const count: Route = { method: 'POST', dialect: 'anthropic', serve: serveCountTokens }
const hello: Route = {
  method: 'GET',
  dialect: 'anthropic',
  // Claude Code asks whether somebody is there before it sends anything.
  serve: async (call) => answerJson(call, { service: 'tokenplan', dialect: 'anthropic' }),
}
const native = (method: Route['method'], serve: Serve): Route => ({ method, dialect: 'native', serve })
const remains = (counting: 'used' | 'left'): Route =>
  native('GET', (call, world) => serveRemains(call, world, counting))
/** Asked by people and scripts, so refusals have a status of their own. */
const plain = (serve: Serve): Route => ({ method: 'GET', dialect: 'openai-chat', serve })

/** Every path of the gateway. Unknown query parameters are ignored everywhere. */
const routes: ReadonlyMap<string, Route> = new Map([
  ['/anthropic/v1/messages', text('anthropic')],
  ['/v1/messages', text('anthropic')],
  ['/anthropic/v1/messages/count_tokens', count],
  ['/v1/messages/count_tokens', count],
  ['/v1/chat/completions', text('openai-chat')],
  ['/v1/responses', text('openai-responses')],
  ['/v1/text/chatcompletion_v2', text('native')],
  ['/v1/models', models('openai-chat')],
  ['/anthropic/v1/models', models('anthropic')],
  ['/v1/token_plan/remains', remains('used')],
  ['/v1/coding_plan/remains', remains('left')],
  ['/v1/api/openplatform/coding_plan/remains', remains('left')],
  ['/v1/token_plan/receipts/key', plain(serveReceiptKey)],
  ['/v1/files/upload', native('POST', serveUpload)],
  // mmx up to 1.0.16.
  ['/v1/files', native('POST', serveUpload)],
  ['/v1/files/list', native('GET', serveFileList)],
  ['/v1/files/retrieve', native('GET', serveFile)],
  ['/v1/files/retrieve_content', native('GET', serveFileContent)],
  ['/v1/files/delete', native('POST', serveFileDelete)],
  ...mediaRoutes,
  ['/anthropic', hello],
  ['/anthropic/', hello],
])

const ONE_MODEL = /^(\/anthropic)?\/v1\/models\/([^/]+)$/

/** Fetched by browsers and plain HTTP clients, so its refusals have a status of their own. */
const ONE_FILE = /^\/v1\/files\/(\d{1,16})\/content$/
const fileLink = plain(serveFileLink)

const ONE_REQUEST = /^\/v1\/token_plan\/(receipts|explain)\/([^/]+)$/

export function isGatewayPath(path: string): boolean {
  return path.startsWith('/v1/') || path.startsWith('/anthropic')
}

/** In which dialect a path is answered, so that even "there is nothing here" is understood. */
export function dialectOf(path: string): Dialect {
  const { route } = routeOf(path)
  if (route) return route.dialect
  return path.startsWith('/anthropic') ? 'anthropic' : 'openai-chat'
}

export function dispatch(call: Call, world: World): Promise<void> {
  const { route, id } = routeOf(call.path)
  if (!route) throw new Fault('path_unknown', call.path.slice(0, 100))
  const method = call.req.method === 'HEAD' ? 'GET' : call.req.method
  if (method !== route.method) throw new Fault('method_wrong', route.method, { allow: route.method })
  return route.serve(call, world, id)
}

function routeOf(path: string): { readonly route: Route | undefined; readonly id?: string } {
  const route = routes.get(path)
  if (route) return { route }
  const [, anthropic, model] = ONE_MODEL.exec(path) ?? []
  if (model !== undefined)
    return { route: models(anthropic ? 'anthropic' : 'openai-chat'), id: decoded(model) }
  const [, question, request] = ONE_REQUEST.exec(path) ?? []
  if (request !== undefined) {
    return { route: plain(question === 'explain' ? serveExplain : serveReceipt), id: request }
  }
  const file = ONE_FILE.exec(path)?.[1]
  return file === undefined ? { route } : { route: fileLink, id: file }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A broken escape names no model; it is looked up as it stands.
    return part
  }
}
