import { mintId } from '../ids.ts'
import type { JsonObject } from '../json.ts'

/** Tells a client's own server how its task goes. Whatever that server does, the task knows nothing of it. */
export interface Callback {
  /** Messages arrive in the order in which they are told. */
  tell(message: JsonObject): void
}

const REPLY_MS = 3_000
const MAX_REPLY_CHARS = 10_000

/** The address first has to send a challenge back; one that does not gets nothing more. */
export function openCallback(address: string): Callback {
  const challenge = mintId()
  let last = post(address, { challenge }).then((reply) => reply !== undefined && echoes(reply, challenge))
  return {
    tell(message) {
      last = last.then(async (isProven) => {
        if (isProven) await post(address, message)
        return isProven
      })
    },
  }
}

function echoes(reply: string, challenge: string): boolean {
  try {
    return (JSON.parse(reply) as { challenge?: unknown } | null)?.challenge === challenge
  } catch {
    return false
  }
}

/** What came back, or undefined if nothing came in time. */
async function post(address: string, body: JsonObject): Promise<string | undefined> {
  try {
    const answer = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(REPLY_MS),
    })
    return (await answer.text()).slice(0, MAX_REPLY_CHARS)
  } catch {
    return undefined
  }
}
