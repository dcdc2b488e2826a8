import { after } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { type SandboxOptions, startSandbox } from '../src/server.ts'

/** A sandbox at full speed for one test file, with the clients people use against it. */
export async function engine(options: SandboxOptions = {}) {
  const sandbox = await startSandbox({ port: 0, paceMs: 0, ...options })
  after(() => sandbox.close())
  const url = `http://127.0.0.1:${sandbox.port}`
  return {
    url,
    anthropic: new Anthropic({ baseURL: `${url}/anthropic`, apiKey: 'k', maxRetries: 0 }),
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'k', maxRetries: 0 }),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  }
}

export const PATHS = {
  anthropic: '/v1/messages',
  chat: '/v1/chat/completions',
  responses: '/v1/responses',
  native: '/v1/text/chatcompletion_v2',
} as const

export type Wire = keyof typeof PATHS
export const WIRES = Object.keys(PATHS) as Wire[]

/** The smallest request of a dialect that says this. */
export function asking(wire: Wire, text: string, more: object = {}): object {
  const said = wire === 'responses' ? { input: text } : { messages: [{ role: 'user', content: text }] }
  return { model: 'MiniMax-M2.7', ...said, ...more }
}

export type Data = Record<string, unknown> & { type?: string }

/** The data of every event; one that is no JSON comes as its text. */
export function eventsOf(body: string): (Data | string)[] {
  return body
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      const data = event.slice(event.indexOf('data: ') + 6)
      try {
        return JSON.parse(data) as Data
      } catch {
        return data
      }
    })
}

export function dataOf(body: string): Data[] {
  return eventsOf(body).filter((event): event is Data => typeof event === 'object')
}
