import { asList, asObject, asText, type Json } from './json.ts'

/** A conversation in no dialect: what was said, by whom, in order. */
export interface Turn {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
}

/** What the next answer must react to. */
export interface Moment {
  /** The last user message, without the blocks that coding tools put in beside the user's words. */
  readonly text: string
  /** What tools answered since then. */
  readonly results: readonly string[]
  readonly turns: number
}

export function latest(turns: readonly Turn[]): Moment {
  const results: string[] = []
  for (let i = turns.length - 1; i >= 0; i -= 1) {
    const turn = turns[i]
    if (turn?.role === 'tool') results.unshift(turn.text)
    if (turn?.role !== 'user') continue
    const text = withoutInjected(turn.text).trim()
    if (text !== '') return { text, results, turns: turns.length }
  }
  return { text: '', results, turns: turns.length }
}

const INJECTED = ['system-reminder', 'environment_details', 'environment_context']

function withoutInjected(text: string): string {
  return INJECTED.reduce(withoutBlocks, text)
}

function withoutBlocks(text: string, tag: string): string {
  let kept = ''
  let from = 0
  for (;;) {
    const start = text.indexOf(`<${tag}>`, from)
    const end = start < 0 ? -1 : text.indexOf(`</${tag}>`, start)
    if (end < 0) return kept + text.slice(from)
    kept += text.slice(from, start)
    from = end + tag.length + 3
  }
}

/** Content is a string or a list of parts; every dialect calls the words of a part `text`. */
export function textOf(content: Json | undefined): string {
  if (typeof content === 'string') return content
  const texts: string[] = []
  for (const part of asList(content) ?? []) {
    const text = asText(part) ?? asText(asObject(part)?.text)
    if (text !== undefined) texts.push(text)
  }
  return texts.join('\n')
}
