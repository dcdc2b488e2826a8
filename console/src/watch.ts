import { askQuota, type Seen } from './ask.ts'

export const EVERY_MS = 5_000
const PATIENCE_MS = 10_000

/** Asks now and every five seconds, but only while somebody can see the answer. Returns what ends it. */
export function watchQuota(key: string, tell: (seen: Seen) => void): () => void {
  const ended = new AbortController()
  let asking = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const ask = async () => {
    clearTimeout(timer)
    if (asking || document.hidden) return
    asking = true
    const seen = await askQuota(key, AbortSignal.any([ended.signal, AbortSignal.timeout(PATIENCE_MS)]))
    asking = false
    if (ended.signal.aborted) return
    tell(seen)
    if (seen.kind !== 'refused') timer = setTimeout(ask, EVERY_MS)
  }
  document.addEventListener('visibilitychange', ask)
  void ask()
  return () => {
    ended.abort()
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', ask)
  }
}
