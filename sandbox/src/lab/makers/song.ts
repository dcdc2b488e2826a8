import { openEncoder, wholeFile } from '../audio/encoder.ts'
import { type Pcm, resample } from '../audio/pcm.ts'
import type { AudioSpec } from '../audio/spec.ts'
import { compose } from '../music/compose.ts'
import { barsOf, fitForm, formOfBars, formOfLyrics, type Section } from '../music/form.ts'
import { master } from '../music/master.ts'
import { render } from '../music/render.ts'
import { BAR_BEATS, type Score } from '../music/score.ts'
import { readStyle } from '../music/style.ts'
import type { Bench } from '../orders.ts'

export interface SongOrder {
  readonly seed: string
  readonly prompt: string
  /** None make a piece without a voice. */
  readonly lyrics?: string | undefined
  /** What a cover lasts; otherwise the lyrics say. */
  readonly lengthMs?: number | undefined
  readonly spec: AudioSpec
  /** Sends the file ahead in pieces. */
  readonly streams: boolean
}

export interface SongProduct {
  readonly bytes: Uint8Array
  readonly durationMs: number
}

export type SongPiece = Uint8Array

const PIECE_SECONDS = 5

/** Composes, plays and encodes. */
export async function makeSong(order: SongOrder, bench: Bench<'song'>): Promise<SongProduct> {
  const { score, durationMs, fadeMs } = planSong(order)
  const played = await render(score, { durationMs, gone: () => bench.gone() })
  // As a whole, for a filter that starts anew with every slice would click.
  const pcm = resample(master(played, fadeMs), order.spec.sampleRate)
  const encoder = await openEncoder(order.spec)
  const parts: Uint8Array[] = []
  const keep = (part: Uint8Array) => {
    parts.push(part)
    if (order.streams && part.length > 0) bench.piece(part)
  }
  for (const slice of slices(pcm)) keep(encoder.add(slice))
  keep(encoder.end())
  return { bytes: wholeFile(parts, encoder), durationMs: encoder.durationMs() }
}

export interface SongPlan {
  readonly score: Score
  readonly durationMs: number
  readonly fadeMs: number
}

const LONGEST_MS = 300_000
const RING_MS = 1_300
const FADE_MS = 1_200
const CUT_FADE_MS = 4_000
const PIECE_MS = 24_000
const ONE_LINE_MS = 20_000
const FASTEST_BPM = 150

/** The notes of a song and how long it lasts. */
export function planSong(order: SongOrder): SongPlan {
  // Where the prompt says nothing, other words make another song.
  const { prompt, lyrics = '' } = order
  const style = readStyle(prompt, prompt.trim() === '' ? order.seed + lyrics : order.seed)
  const wantedMs = order.lengthMs === undefined ? undefined : Math.min(order.lengthMs, LONGEST_MS)
  const sections = formOf(order, style.tempoBpm, wantedMs)
  const bars = barsOf(sections)
  const tempoBpm = tempoFor(sections, wantedMs, style.tempoBpm)
  const score = compose(sections, { ...style, tempoBpm }, order.seed + order.prompt)
  const wholeMs = bars * barMs(tempoBpm) + RING_MS
  const durationMs = Math.min(wholeMs, wantedMs ?? LONGEST_MS)
  return { score, durationMs, fadeMs: durationMs < wholeMs - 1 ? CUT_FADE_MS : FADE_MS }
}

function formOf({ lyrics }: SongOrder, tempoBpm: number, wantedMs: number | undefined): Section[] {
  const sections = lyrics === undefined ? [] : formOfLyrics(lyrics)
  const sings = sections.some(({ tune }) => tune === 'voice')
  if (sings && wantedMs === undefined) return sections
  const bars = Math.max(2, Math.round(((wantedMs ?? PIECE_MS) - RING_MS) / barMs(tempoBpm)))
  // Lyrics of nothing but tags shape a piece without words.
  if (sections.length > 2) return wantedMs === undefined ? sections : fitForm(sections, bars)
  return formOfBars(bars)
}

/** Where the length is given, the tempo gives way to it; and a single line must not drag on. */
function tempoFor(sections: readonly Section[], wantedMs: number | undefined, usualBpm: number): number {
  const beats = barsOf(sections) * BAR_BEATS
  const fitted = (lengthMs: number) => (beats * 60_000) / (lengthMs - RING_MS)
  if (wantedMs !== undefined) return fitted(wantedMs)
  const lines = sections.reduce((sum, section) => sum + section.lines, 0)
  return lines === 1 ? Math.max(usualBpm, Math.min(fitted(ONE_LINE_MS), FASTEST_BPM)) : usualBpm
}

function barMs(tempoBpm: number): number {
  return (BAR_BEATS * 60_000) / tempoBpm
}

function* slices({ sampleRate, channels }: Pcm): Generator<Pcm> {
  const length = channels[0]?.length ?? 0
  const step = PIECE_SECONDS * sampleRate
  for (let at = 0; at < length; at += step) {
    yield { sampleRate, channels: channels.map((samples) => samples.subarray(at, at + step)) }
  }
}
