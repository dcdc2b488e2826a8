import { setMaxListeners } from 'node:events'
import { Fault } from '../faults.ts'
import type { Post } from '../upstreams/post-public.ts'
import { NotPublic } from '../upstreams/public-addresses.ts'
import type { Task } from './tasks.ts'

export type CallbackPace = {
  /** How long a listener has to repeat the challenge, and to take a message. */
  readonly challengeMs: number
  readonly tellMs: number
  /** Before each further try; a listener that is down for longer asks for the task instead. */
  readonly againMs: readonly number[]
}

/** Three seconds: [api-reference/video-generation: callback_url]. */
export const callbackPace: CallbackPace = {
  challengeMs: 3_000,
  tellMs: 10_000,
  againMs: [2_000, 10_000, 60_000],
}

/** What is told of one task, word by word. */
type Talk = { word: string; readonly waiting: object[]; isTelling: boolean; wake: () => void }

/** Tells a caller's URL how its task is. What happens there never harms the task. */
export class Callbacks {
  readonly #post: Post
  readonly #challenge: () => string
  readonly #pace: CallbackPace
  readonly #talks = new Map<number, Talk>()
  readonly #closing = new AbortController()

  constructor(post: Post, challenge: () => string, pace = callbackPace) {
    this.#post = post
    this.#challenge = challenge
    this.#pace = pace
    // One for each message that is being told.
    setMaxListeners(0, this.#closing.signal)
  }

  /** Asks once, before anything is held, whether somebody there wants to be told: it must repeat what it is sent. */
  async check(url: string): Promise<void> {
    const challenge = this.#challenge()
    try {
      const { body } = await this.#post(url, { challenge }, this.#limit(this.#pace.challengeMs))
      if ((JSON.parse(body) as { challenge?: unknown } | null)?.challenge === challenge) return
    } catch (error) {
      if (error instanceof NotPublic) {
        throw new Fault(
          'param_invalid',
          'callback_url: must be on the public network, unless the operator allows others',
        )
      }
      // No answer, or no JSON: the same to us.
    }
    throw new Fault(
      'param_invalid',
      'callback_url: did not answer {"challenge":…} with the same within 3 seconds',
    )
  }

  /** Each word once and in their order; a newer one ends the tries with the one before. */
  tell(task: Task, state: string): void {
    const { callback_url: url } = task
    if (url === null || this.#closing.signal.aborted) return
    const word = wordFor(state)
    const talk = this.#talks.get(task.id) ?? { word: '', waiting: [], isTelling: false, wake: nothing }
    if (talk.word === word) return
    this.#talks.set(task.id, talk)
    talk.word = word
    talk.waiting.push(messageOf(task, word))
    talk.wake()
    if (!talk.isTelling) void this.#tellAll(task.id, url, talk)
  }

  /** What is being told is broken off. */
  close(): void {
    this.#closing.abort(new Error('this server stops'))
    for (const talk of this.#talks.values()) talk.wake()
  }

  #limit(mostMs: number) {
    return { mostMs, signal: this.#closing.signal }
  }

  async #tellAll(id: number, url: string, talk: Talk): Promise<void> {
    talk.isTelling = true
    for (let message = talk.waiting.shift(); message; message = talk.waiting.shift())
      await this.#insist(url, message, talk)
    talk.isTelling = false
    // Of a running task it is remembered what was said last.
    if (talk.word !== RUNNING) this.#talks.delete(id)
  }

  async #insist(url: string, message: object, talk: Talk): Promise<void> {
    for (const againMs of [...this.#pace.againMs, null]) {
      try {
        const { status } = await this.#post(url, message, this.#limit(this.#pace.tellMs))
        if (status < 500) return
      } catch {
        // Down or slow: told again below, and readable by asking for the task all the same.
      }
      if (againMs !== null) await this.#wait(againMs, talk)
      if (this.#closing.signal.aborted || talk.waiting.length > 0) return
    }
  }

  #wait(ms: number, talk: Talk): Promise<void> {
    if (this.#closing.signal.aborted || talk.waiting.length > 0) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => talk.wake(), ms).unref()
      talk.wake = () => {
        clearTimeout(timer)
        talk.wake = nothing
        resolve()
      }
    })
  }
}

const RUNNING = 'processing'
const words: Readonly<Record<string, string>> = { Success: 'success', Fail: 'failed' }
const SUCCESS = { status_code: 0, status_msg: 'success' }

function wordFor(state: string): string {
  return words[state] ?? RUNNING
}

function messageOf(task: Task, word: string) {
  const isMade = word === 'success'
  return {
    task_id: String(task.id),
    status: word,
    file_id: isMade ? String(task.file) : '',
    base_resp: word === 'failed' ? { status_code: task.code, status_msg: task.message } : SUCCESS,
  }
}

function nothing(): void {
  // Nobody waits.
}
