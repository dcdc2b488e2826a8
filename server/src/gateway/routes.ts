import { Fault } from '../faults.ts'
import type { Dialect } from '../modalities/dialect.ts'
import { answerJson } from './answer-json.ts'
import type { Call } from './call.ts'
import { serveCountTokens } from './count-tokens.ts'
import { serveModels } from './models.ts'
import { serveRemains } from './remains.ts'
import { serveText, type World } from './serve.ts'

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
const remains = (counting: 'used' | 'left'): Route => ({
  method: 'GET',
  dialect: 'native',
  serve: (call, world) => serveRemains(call, world, counting),
})

/** Every path of the gateway. Query parameters are ignored everywhere. */
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
  ['/anthropic', hello],
  ['/anthropic/', hello],
])

/** MiniMax's other endpoints: known, and honestly not here yet. */
const NOT_YET =
  /^\/v1\/(t2a_v2|t2a_async_v2|query\/.*|get_voice|delete_voice|voice_clone|voice_design|image_generation|video_generation|music_generation|lyrics_generation|music_cover_preprocess|files(\/.*)?|coding_plan\/(search|vlm)|audio\/speech|images\/generations)$/

const ONE_MODEL = /^(\/anthropic)?\/v1\/models\/([^/]+)$/

export function isGatewayPath(path: string): boolean {
  return path.startsWith('/v1/') || path.startsWith('/anthropic')
}

/** In which dialect a path is answered, so that even "there is nothing here" is understood. */
export function dialectOf(path: string): Dialect {
  const route = routes.get(path)
  if (route) return route.dialect
  if (path.startsWith('/anthropic')) return 'anthropic'
  return NOT_YET.test(path) && !/^\/v1\/(audio|images)\//.test(path) ? 'native' : 'openai-chat'
}

export function dispatch(call: Call, world: World): Promise<void> {
  const one = ONE_MODEL.exec(call.path)
  const route = one ? models(one[1] ? 'anthropic' : 'openai-chat') : routes.get(call.path)
  if (!route)
    throw new Fault(NOT_YET.test(call.path) ? 'not_served_yet' : 'path_unknown', call.path.slice(0, 100))
  const method = call.req.method === 'HEAD' ? 'GET' : call.req.method
  if (method !== route.method) throw new Fault('method_wrong', route.method, { allow: route.method })
  return route.serve(call, world, one?.[2] === undefined ? undefined : decoded(one[2]))
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    // A broken escape names no model; it is looked up as it stands.
    return part
  }
}
