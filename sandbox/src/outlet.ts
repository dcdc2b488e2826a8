import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

/** The body of one answer: written with back-pressure, and cut off where a prompt asked for it. */
export interface Outlet {
  /** False when there is nobody left to write to. */
  send(chunk: string): Promise<boolean>
  end(): void
}

export function createOutlet(
  res: ServerResponse,
  gone: AbortSignal,
  cutBytes = Number.POSITIVE_INFINITY,
): Outlet {
  let left = cutBytes
  return {
    async send(chunk) {
      if (gone.aborted) return false
      if (left === Number.POSITIVE_INFINITY) return res.write(chunk) || drained(res, gone)
      const bytes = Buffer.from(chunk)
      if (bytes.length >= left) {
        cut(res, bytes.subarray(0, left))
        return false
      }
      left -= bytes.length
      return res.write(bytes) || drained(res, gone)
    },
    end() {
      if (!gone.aborted) res.end()
    },
  }
}

async function drained(res: ServerResponse, gone: AbortSignal): Promise<boolean> {
  try {
    await once(res, 'drain', { signal: gone })
    return true
  } catch {
    return false
  }
}

/** The last bytes go out before the socket dies, so the client sees exactly as many as were asked for. */
function cut(res: ServerResponse, last: Buffer): void {
  if (last.length === 0) res.flushHeaders()
  else res.write(last)
  res.socket?.destroySoon()
}
