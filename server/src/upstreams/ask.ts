import { type Collected, collect } from './collect.ts'
import type { Upstream } from './upstream.ts'

/** What an engine answered to a question of ours: its JSON, or why there is none. */
export type Reply =
  | { readonly kind: 'json'; readonly status: number; readonly json: Readonly<Record<string, unknown>> }
  | { readonly kind: 'failed' }

/** Answers to our own questions are short; an engine that talks on is not believed. */
const MOST_BYTES = 4 * 1024 * 1024
/** Nor is one that thinks over them: a question is asked again, and whoever waits for it is not kept. */
const MOST_MS = 30_000

/** A question of ours to one engine: how a task is, that a file should go. Never throws. */
export async function ask(
  upstream: Upstream,
  path: string,
  body?: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<Reply> {
  const chunks = body === undefined ? [] : [Buffer.from(JSON.stringify(body))]
  const target = { upstream, path: upstream.basePath + path, model: '' }
  const request = {
    method: body === undefined ? 'GET' : 'POST',
    headers: [],
    bodyFor: () => chunks,
    release: () => undefined,
  } as const
  return replyOf(await collect([target], request, { mostBytes: MOST_BYTES, mostMs: MOST_MS, signal }))
}

export function replyOf(collected: Collected): Reply {
  if (collected.kind !== 'answer') return { kind: 'failed' }
  try {
    const json: unknown = JSON.parse(Buffer.concat(collected.chunks).toString())
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return { kind: 'failed' }
    return { kind: 'json', status: collected.head.status, json: json as Record<string, unknown> }
  } catch {
    // A web page or half a JSON: as good as no answer.
    return { kind: 'failed' }
  }
}

/** MiniMax's own code in an answer; 0 where all is well, -1 where an HTTP status alone says no. */
export function codeOf(reply: Reply & { kind: 'json' }): number {
  const base = reply.json.base_resp as { status_code?: unknown } | null | undefined
  const code = Number(base?.status_code ?? 0) || 0
  return code !== 0 || reply.status < 300 ? code : -1
}
