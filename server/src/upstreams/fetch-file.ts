import { Agent, request } from 'undici'
import { Fault } from '../faults.ts'
import { abortable } from './abortable.ts'
import { isPublicHost, lookupPublic, refuseLiteral } from './public-addresses.ts'
import type { Upstream } from './upstream.ts'

/** Milliseconds: connecting, between two pieces, and in all; a large file from another continent takes some minutes. */
const CONNECT_MS = 10_000
const IDLE_MS = 60_000
const MOST_MS = 900_000
const MOST_REDIRECTS = 3

export type Fetched = {
  readonly contentType: string
  readonly body: AsyncIterable<Buffer>
  /** Lets go of what nobody read; of a body that was read to its end nothing is left. */
  readonly drop: () => void
}

const times = { headersTimeout: IDLE_MS, bodyTimeout: IDLE_MS }
const agents = {
  any: new Agent({ connect: { timeout: CONNECT_MS }, ...times }),
  public: new Agent({ connect: { timeout: CONNECT_MS, lookup: lookupPublic }, ...times }),
}

/**
 * A file that an engine made, by the URL in its answer. An engine on the public network names nothing in ours: neither a
 * provider that was broken into, nor one that repeats a URL which its caller gave it. Throws what `refuse` says when it is
 * not to be had, also in the middle of it.
 */
export async function fetchFile(url: string, by: Upstream, signal?: AbortSignal): Promise<Fetched> {
  const fetched = await begun(fetchFrom(url, by, signal))
  return { ...fetched, body: whole(fetched.body) }
}

async function fetchFrom(url: string, by: Upstream, signal: AbortSignal | undefined): Promise<Fetched> {
  const reach = (await isPublicHost(by.host)) ? 'public' : 'any'
  const stop = new AbortController()
  const end = () => stop.abort(new Error('a download from an engine was broken off'))
  const timer = setTimeout(end, MOST_MS).unref()
  signal?.addEventListener('abort', end)
  const forget = () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', end)
  }
  try {
    if (signal?.aborted) end()
    const { body, headers } = await abortable(follow(url, reach, stop.signal), stop.signal)
    body.once('close', forget)
    // What comes after nobody reads any more is no news.
    body.on('error', () => undefined)
    return { contentType: String(headers['content-type'] ?? ''), body, drop: () => body.destroy() }
  } catch (error) {
    forget()
    throw error
  }
}

async function follow(
  url: string,
  reach: 'public' | 'any',
  signal: AbortSignal,
  redirects = 0,
): Promise<Awaited<ReturnType<typeof request>>> {
  if (!URL.canParse(url) || !/^https?:\/\//i.test(url))
    throw new Error('an engine named a file by something else than a URL')
  if (reach === 'public') refuseLiteral(url)
  const answer = await request(url, { dispatcher: agents[reach], signal })
  const { location } = answer.headers
  if (answer.statusCode >= 300 && answer.statusCode < 400 && typeof location === 'string') {
    answer.body.on('error', () => undefined).destroy()
    if (redirects >= MOST_REDIRECTS) throw new Error('an engine sends a download in circles')
    return follow(new URL(location, url).href, reach, signal, redirects + 1)
  }
  if (answer.statusCode === 200) return answer
  answer.body.on('error', () => undefined).destroy()
  throw new Error(`a download from an engine answered ${answer.statusCode}`)
}

async function begun(fetching: Promise<Fetched>): Promise<Fetched> {
  try {
    return await fetching
  } catch (error) {
    throw faultOf(error)
  }
}

async function* whole(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body
  } catch (error) {
    throw faultOf(error)
  }
}

/** Why is for the operator alone. */
function faultOf(error: unknown): Fault {
  const fault = new Fault('upstream_failed', 'what it made cannot be fetched')
  fault.cause = error instanceof Error ? error.message : String(error)
  return fault
}
