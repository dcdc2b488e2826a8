import { type Dialect, dialects } from '../modalities/dialect.ts'
import type { Upstream } from './upstream.ts'

/** What an engine says of itself. `models` and `dialects` are undefined where its answer was odd. */
export type Probe = {
  readonly reached: boolean
  readonly models: readonly string[] | undefined
  readonly dialects: ReadonlyMap<Dialect, boolean>
}

type Asked = Pick<Upstream, 'pool' | 'basePath' | 'adapter' | 'key'>

const PROBE_MS = 2_000
const LONGEST_ANSWER = 4 * 1024 * 1024

/**
 * Lists its models and sends `{}` to the path of each dialect its kind may speak: an engine that does not know the path
 * says 404, 405 or 501, one that does complains about the body. Never throws; an engine that is down is `reached: false`.
 */
export async function probe(upstream: Asked): Promise<Probe> {
  const found = await Promise.all([
    listModels(upstream),
    ...dialects.map((dialect) => speaks(upstream, dialect)),
  ])
  const [models, ...spoken] = found
  const known = new Map<Dialect, boolean>()
  dialects.forEach((dialect, index) => {
    const answer = spoken[index]
    if (answer !== undefined) known.set(dialect, answer)
  })
  return { reached: models !== null, models: models ?? undefined, dialects: known }
}

/** null: not reached; undefined: an odd answer. */
async function listModels(upstream: Asked): Promise<string[] | undefined | null> {
  const answer = await ask(upstream, 'GET', upstream.adapter.modelsPath)
  if (!answer) return null
  try {
    const { data } = JSON.parse(answer.body) as { data?: unknown }
    if (!Array.isArray(data)) return undefined
    return data.flatMap((model: { id?: unknown } | null) => (typeof model?.id === 'string' ? [model.id] : []))
  } catch {
    return undefined
  }
}

async function speaks(upstream: Asked, dialect: Dialect): Promise<boolean | undefined> {
  const path = upstream.adapter.paths[dialect]
  if (path === undefined) return false
  const answer = await ask(upstream, 'POST', path)
  if (!answer) return undefined
  // A 404 that speaks of the model is an engine that knows the path.
  if (answer.status === 404) return /model/i.test(answer.body)
  return answer.status !== 405 && answer.status !== 501
}

async function ask(
  upstream: Asked,
  method: 'GET' | 'POST',
  path: string,
): Promise<{ status: number; body: string } | undefined> {
  const auth = upstream.key === undefined ? [] : upstream.adapter.authHeaders(upstream.key)
  try {
    const answer = await upstream.pool.request({
      method,
      path: upstream.basePath + path,
      headers: ['content-type', 'application/json', 'anthropic-version', '2023-06-01', ...auth],
      body: method === 'POST' ? '{}' : null,
      headersTimeout: PROBE_MS,
      bodyTimeout: PROBE_MS,
      signal: AbortSignal.timeout(PROBE_MS),
    })
    let body = ''
    for await (const chunk of answer.body) {
      body += String(chunk)
      if (body.length > LONGEST_ANSWER) break
    }
    return { status: answer.statusCode, body }
  } catch {
    // Down, slow or no HTTP at all: the probe only wants to know, it never stops anything.
    return undefined
  }
}
