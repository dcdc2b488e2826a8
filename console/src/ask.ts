import type { OwnQuota } from '../../server/src/api/own-quota.ts'

export type Seen =
  | { readonly kind: 'quota'; readonly quota: OwnQuota }
  /** The key is at fault: asking again helps nobody. */
  | { readonly kind: 'refused'; readonly says: string }
  /** The server is: it is asked again. */
  | { readonly kind: 'away'; readonly says: string }

/** The key travels in a header alone, never in an address. */
export async function askQuota(key: string, signal: AbortSignal): Promise<Seen> {
  if (!isSendable(key)) return { kind: 'refused', says: says401(key) }
  try {
    const answer = await get('/api/own-quota', key, signal)
    if (answer.status === 401) return { kind: 'refused', says: says401(key) }
    if (!answer.ok) return { kind: 'away', says: `The server answered ${answer.status} instead of numbers.` }
    return { kind: 'quota', quota: (await answer.json()) as OwnQuota }
  } catch {
    return { kind: 'away', says: 'The server does not answer.' }
  }
}

/** The model that the examples name: the first this server lists. */
export async function askModel(key: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await get('/v1/models', key, signal)
    const list = (await answer.json()) as { data?: { id: string }[] }
    return list.data?.[0]?.id
  } catch {
    // The examples keep the model they have.
    return undefined
  }
}

function get(path: string, key: string, signal: AbortSignal): Promise<Response> {
  return fetch(path, { headers: { authorization: `Bearer ${key}` }, cache: 'no-store', signal })
}

/** What a header can carry; anything else would be thrown by `fetch` and look like a server that is away. */
function isSendable(key: string): boolean {
  return /^[!-~]+$/.test(key)
}

function says401(key: string): string {
  return /^sk-(cp|api)-/.test(key)
    ? 'This server does not know this key. It may have a typing error, be revoked, or belong to another server.'
    : 'This is no key of this server: a Token Plan Key begins with sk-cp-, an API key with sk-api-.'
}
