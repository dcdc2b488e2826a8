import { type Exchange, type Failure, type Head, type Sink, send, type UpstreamRequest } from './send.ts'
import type { Target } from './upstreams.ts'

export type Collected =
  | { readonly kind: 'answer'; readonly head: Head; readonly chunks: readonly Buffer[] }
  | { readonly kind: 'failed'; readonly failure: Failure | 'too-large' }
  | { readonly kind: 'aborted' }

export type Limit = {
  readonly mostBytes: number
  /** In all; without it the engine's own time-outs hold. */
  readonly mostMs?: number
  readonly signal?: AbortSignal | undefined
}

/** Sends a request and keeps its whole answer: for those that are looked into before a byte of them is passed on. */
export function collect(
  targets: readonly Target[],
  request: UpstreamRequest,
  { mostBytes, mostMs, signal }: Limit,
): Promise<Collected> {
  return new Promise((resolve) => {
    const stop = () => collector.abort()
    const timer = mostMs === undefined ? undefined : setTimeout(stop, mostMs).unref()
    const collector = new Collector(mostBytes, (collected) => {
      clearTimeout(timer)
      // The signal may outlive a thousand requests.
      signal?.removeEventListener('abort', stop)
      resolve(collected)
    })
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    else collector.exchange = send(targets, request, collector)
  })
}

class Collector implements Sink {
  exchange: Exchange | undefined
  readonly #mostBytes: number
  readonly #resolve: (collected: Collected) => void
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #head: Head | undefined

  constructor(mostBytes: number, resolve: (collected: Collected) => void) {
    this.#mostBytes = mostBytes
    this.#resolve = resolve
  }

  onHead(head: Head): void {
    this.#head = head
  }

  onChunk(chunk: Buffer): boolean {
    this.#bytes += chunk.length
    if (this.#bytes <= this.#mostBytes) {
      this.#chunks.push(chunk)
      return true
    }
    this.exchange?.abort()
    this.#resolve({ kind: 'failed', failure: 'too-large' })
    return true
  }

  onEnd(): void {
    if (this.#head) this.#resolve({ kind: 'answer', head: this.#head, chunks: this.#chunks })
  }

  onFail(failure: Failure): void {
    this.#resolve({ kind: 'failed', failure })
  }

  abort(): void {
    this.exchange?.abort()
    this.#resolve({ kind: 'aborted' })
  }
}
