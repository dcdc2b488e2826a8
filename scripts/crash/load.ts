import { once } from 'node:events'
import { Agent, request } from 'node:http'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { idOfRequestId } from '../../server/src/ids.ts'
import { type Running, STALLED_MS, stall } from '../../server/test/crash/cycle.ts'
import type { Team } from './found-one.ts'

/** Calls of every kind at once, until the server that answers them is killed. */

const CONNECTIONS = 48
const MOST_FILMS = 3
const LONGEST_WAIT_MS = 120_000

export const kinds = ['plan text', 'plan stream', 'money text', 'money stream', 'images', 'film'] as const
export type Kind = (typeof kinds)[number]

/** What a caller knows of a call that it saw the end of. */
export type Answered = {
  readonly id: number
  readonly kind: Kind
  /** False: the engine failed, and the caller was told so. */
  readonly isMade: boolean
  readonly pool: string
  /** Pieces that were made. */
  readonly units: number
  /** What it costs where money pays. */
  readonly nanos: number
}

export type Load = {
  readonly kill: { readonly least: number; readonly afterMs: number; readonly stallsDisk: boolean }
  readonly random: () => number
}

/** MiniMax-M2.7, and what the engine reports: 10 tokens in, 20 out, or as many as a stream was asked for. */
const textNanos = (output: number) => 10 * 300 + output * 1_200
const IMAGE_NANOS = 3_500_000
const FILM_NANOS = 280_000_000

type Ask = Pick<Answered, 'kind' | 'units' | 'nanos'> & {
  readonly path: string
  readonly key: string
  readonly body: object
  /** The last bytes of an answer that arrived whole. */
  readonly end: string
}

/** Answers the calls whose answers arrived whole, and how many were begun. */
export async function loadUntilKilled(folder: string, running: Running, team: Team, load: Load) {
  const { child, port } = running
  const { kill, random } = load
  const answered: Answered[] = []
  let begun = 0
  let films = 0
  let killed = false
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const next = () => {
    const ask = askFor(team, random, films < MOST_FILMS)
    if (ask.kind === 'film') films++
    return ask
  }
  const works = Array.from({ length: CONNECTIONS }, async () => {
    while (!killed) {
      begun++
      const ask = next()
      const one = await callOnce(port, agent, ask)
      if (one) answered.push(one)
      else if (!killed) throw new Error(`a call for ${ask.kind} was broken off before the kill`)
    }
  })
  const loaded = Promise.all(works)
  const gone = once(child, 'exit')
  const deadline = performance.now() + LONGEST_WAIT_MS
  const enough = async () => {
    while (answered.length < kill.least && performance.now() < deadline) await pause(5)
    await pause(kill.afterMs)
  }
  try {
    await Promise.race([enough(), loaded])
    if (answered.length < kill.least) throw new Error(`only ${answered.length} calls were answered`)
    const free = kill.stallsDisk ? stall(path.join(folder, 'tokenplan.db')) : undefined
    if (free) await pause(STALLED_MS)
    killed = true
    child.kill('SIGKILL')
    await gone
    free?.()
    await loaded
  } finally {
    killed = true
    child.kill('SIGKILL')
    agent.destroy()
  }
  return { answered, begun }
}

function askFor({ planKey, apiKey }: Team, random: () => number, mayFilm: boolean): Ask {
  const roll = random()
  if (roll < 0.004 && mayFilm) return filmOf(random() < 0.5 ? planKey : apiKey)
  if (roll < 0.35) return textOf('plan text', planKey)
  if (roll < 0.55) return streamOf('plan stream', planKey, 100, random() < 0.5)
  if (roll < 0.65) return textOf('money text', apiKey)
  if (roll < 0.88) return streamOf('money stream', apiKey, 200 + Math.floor(random() * 4_000), random() < 0.5)
  return imagesOf(random() < 0.7 ? planKey : apiKey, 1 + Math.floor(random() * 3))
}

const messages = [{ role: 'user', content: 'Hello!' }]
const model = 'MiniMax-M2.7'

function textOf(kind: Kind, key: string): Ask {
  const body = { model, messages, max_tokens: 100 }
  return { kind, key, path: '/v1/chat/completions', body, end: '}', units: 1, nanos: textNanos(20) }
}

function streamOf(kind: Kind, key: string, tokens: number, isAnthropic: boolean): Ask {
  const body = { model, messages, stream: true, max_tokens: tokens }
  const common = { kind, key, body, units: 1, nanos: textNanos(tokens) }
  return isAnthropic
    ? { ...common, path: '/anthropic/v1/messages', end: '"message_stop"}\n\n' }
    : { ...common, path: '/v1/chat/completions', end: 'data: [DONE]\n\n' }
}

function imagesOf(key: string, n: number): Ask {
  const body = { model: 'image-01', prompt: 'a boat', n, response_format: 'base64' }
  return {
    kind: 'images',
    key,
    path: '/v1/image_generation',
    body,
    end: '}',
    units: n,
    nanos: n * IMAGE_NANOS,
  }
}

function filmOf(key: string): Ask {
  const body = { model: 'MiniMax-Hailuo-2.3', prompt: 'waves' }
  return { kind: 'film', key, path: '/v1/video_generation', body, end: '}', units: 1, nanos: FILM_NANOS }
}

/** Undefined where the answer is not whole. */
function callOnce(port: number, agent: Agent, ask: Ask): Promise<Answered | undefined> {
  const bytes = Buffer.from(JSON.stringify(ask.body))
  return new Promise((resolve, reject) => {
    const sent = request({
      port,
      host: '127.0.0.1',
      agent,
      method: 'POST',
      path: ask.path,
      headers: {
        authorization: `Bearer ${ask.key}`,
        'content-type': 'application/json',
        'content-length': bytes.length,
      },
    })
    sent.once('error', () => resolve(undefined))
    sent.once('response', (res) => {
      const parts: Buffer[] = []
      res.on('data', (part: Buffer) => parts.push(part))
      res.once('error', () => resolve(undefined))
      res.once('close', () => {
        if (!res.complete) return resolve(undefined)
        try {
          const { statusCode = 0, headers } = res
          const id = idOfRequestId(String(headers['x-request-id']))
          const pool = String(headers['tokenplan-pool'])
          resolve(answeredAs(ask, { id, pool, status: statusCode, text: Buffer.concat(parts).toString() }))
        } catch (error) {
          reject(error)
        }
      })
    })
    sent.end(bytes)
  })
}

type Arrived = { id: number | undefined; pool: string; status: number; text: string }

/** Throws where the answer is neither what was asked for nor the engine's failure: nobody here has used anything up. */
function answeredAs(ask: Ask, { id, pool, status, text }: Arrived): Answered | undefined {
  const isFailure = status >= 500 || /"status_code":\s*10(00|24)\b/.test(text)
  if (status === 200 && !isFailure && !text.endsWith(ask.end)) return undefined
  if (id === undefined || (status !== 200 && !isFailure))
    throw new Error(`${ask.kind}: ${status} ${text.slice(0, 500)}`)
  const { kind, units, nanos } = ask
  return { id, kind, isMade: !isFailure, pool, units, nanos }
}
