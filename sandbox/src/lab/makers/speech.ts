import { openEncoder } from '../audio/encoder.ts'
import { durationMsOf, silence } from '../audio/pcm.ts'
import type { AudioSpec } from '../audio/spec.ts'
import type { Bench } from '../orders.ts'
import { type Part, partsOf, wordsOf } from '../voice/script.ts'
import { type Pronunciation, spell } from '../voice/spell.ts'
import { type Manner, say } from '../voice/voice.ts'

export interface SpeechOrder {
  readonly text: string
  readonly manner: Manner
  readonly pronunciations: readonly Pronunciation[]
  readonly spec: AudioSpec
  readonly subtitles: 'sentence' | 'word' | undefined
}

/** The next bytes of the file: about a sentence. */
export interface SpeechPiece {
  readonly audio: Uint8Array
}

export interface Subtitle {
  readonly text: string
  readonly time_begin: number
  readonly time_end: number
}

/** The audio itself has gone out in pieces; this is what is known at its end. */
export interface SpeechProduct {
  /** The first bytes of the file as they should be, where a stream cannot know them. */
  readonly head: Uint8Array | undefined
  readonly durationMs: number
  readonly subtitles: readonly Subtitle[]
}

const PAUSE_RATE = 16_000

export async function makeSpeech(
  order: SpeechOrder,
  bench: Bench<'speech' | 'narration'>,
): Promise<SpeechProduct> {
  const encoder = await openEncoder(order.spec)
  const subtitles: Subtitle[] = []
  let atMs = 0
  const send = (audio: Uint8Array) => {
    if (audio.length > 0) bench.piece({ audio })
  }
  for (const part of partsToSay(order.text)) {
    if (bench.gone()) break
    const pcm =
      part.kind === 'pause'
        ? silence(PAUSE_RATE, part.durationMs)
        : await say(await spell(part.text, order.pronunciations), order.manner)
    const endMs = atMs + durationMsOf(pcm)
    if (part.kind === 'sentence') subtitles.push(...subtitlesOf(part.text, [atMs, endMs], order.subtitles))
    send(encoder.add(pcm))
    atMs = endMs
  }
  send(encoder.end())
  return { head: encoder.head(), durationMs: Math.round(encoder.durationMs()), subtitles }
}

/** Text without a word is one silent sentence. */
function partsToSay(text: string): Part[] {
  const parts = partsOf(text)
  return parts.length > 0 ? parts : [{ kind: 'sentence', text: '' }]
}

/** The time of a sentence is shared out among its words by their letters. */
function subtitlesOf(
  sentence: string,
  [fromMs, toMs]: readonly [number, number],
  by: SpeechOrder['subtitles'],
): Subtitle[] {
  if (by === undefined) return []
  const texts = by === 'word' ? wordsOf(sentence) : [sentence]
  const letters = texts.reduce((sum, text) => sum + text.length, 0)
  let atMs = fromMs
  return texts.map((text) => {
    const begin = atMs
    atMs += ((toMs - fromMs) * text.length) / letters
    return { text, time_begin: Math.round(begin), time_end: Math.round(atMs) }
  })
}
