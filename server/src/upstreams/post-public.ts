import { Agent, request } from 'undici'
import { abortable } from './abortable.ts'
import { lookupPublic, refuseLiteral } from './public-addresses.ts'

const MOST_ANSWER_BYTES = 64 * 1024

export type Posted = { readonly status: number; readonly body: string }
export type Post = (
  url: string,
  body: unknown,
  limit: { readonly mostMs: number; readonly signal: AbortSignal },
) => Promise<Posted>

/**
 * Tells a URL that a caller gave. No redirects, a short answer, a time limit; and unless the operator allows `any`, only
 * addresses of the public network. Throws when it cannot be told.
 */
export function postTo(reach: 'public' | 'any'): Post {
  const agent = new Agent({ connect: reach === 'public' ? { lookup: lookupPublic } : {} })
  return async (url, body, { mostMs, signal }) => {
    if (reach === 'public') refuseLiteral(url)
    const stop = new AbortController()
    const giveUp = () => stop.abort(new Error('no answer in time'))
    const timer = setTimeout(giveUp, mostMs).unref()
    signal.addEventListener('abort', giveUp)
    if (signal.aborted) giveUp()
    try {
      return await abortable(exchange(agent, url, body, stop.signal), stop.signal)
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', giveUp)
    }
  }
}

async function exchange(agent: Agent, url: string, body: unknown, signal: AbortSignal): Promise<Posted> {
  const answer = await request(url, {
    method: 'POST',
    dispatcher: agent,
    // Nobody is told so often that a connection is worth keeping.
    reset: true,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  })
  let text = ''
  for await (const chunk of answer.body) {
    text += String(chunk)
    if (text.length > MOST_ANSWER_BYTES) break
  }
  return { status: answer.statusCode, body: text }
}
