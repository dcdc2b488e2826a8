import type { Behaviour, Received } from './fake-upstream.ts'
import { PROMPT } from './samples.ts'

/** The smallest right request of every endpoint that makes something while its caller waits, and what it costs. */
export type Kind = {
  readonly path: string
  readonly resource: string
  /** Fields of a right body; all of them are needed. */
  readonly least: Readonly<Record<string, unknown>>
  /** What it takes of the resource, and what it costs where money pays. */
  readonly units: number
  readonly nanos: number
}

/** Code points, none of them Han. */
const PROMPT_UNITS = [...PROMPT].length
const CHARACTER_NANOS = 100_000
export const IMAGE_NANOS = 3_500_000
export const SONG_NANOS = 150_000_000

const PICTURE = `data:image/png;base64,${Buffer.from('not looked at here').toString('base64')}`
const song = { path: '/v1/music_generation', units: 1, nanos: SONG_NANOS }

export const kinds = {
  speech: {
    path: '/v1/t2a_v2',
    resource: 'speech-hd',
    least: { model: 'speech-2.8-hd', text: PROMPT },
    units: PROMPT_UNITS,
    nanos: PROMPT_UNITS * CHARACTER_NANOS,
  },
  images: {
    path: '/v1/image_generation',
    resource: 'image-01',
    least: { model: 'image-01', prompt: PROMPT },
    units: 1,
    nanos: IMAGE_NANOS,
  },
  song: {
    ...song,
    resource: 'music-2.6',
    least: { model: 'music-2.6', prompt: PROMPT, lyrics: '[Verse]\nLa la la' },
  },
  cover: {
    ...song,
    resource: 'music-cover',
    least: { model: 'music-cover', prompt: PROMPT, audio_url: 'https://songs.example/original.mp3' },
  },
  /** Makes no song, so it counts none and costs nothing. */
  preprocess: {
    path: '/v1/music_cover_preprocess',
    resource: 'music-cover',
    least: { model: 'music-cover', audio_url: 'https://songs.example/original.mp3' },
    units: 0,
    nanos: 0,
  },
  lyrics: {
    path: '/v1/lyrics_generation',
    resource: 'lyrics',
    least: { mode: 'write_full_song', prompt: PROMPT },
    units: 1,
    nanos: 10_000_000,
  },
  search: {
    path: '/v1/coding_plan/search',
    resource: 'search',
    least: { q: PROMPT },
    units: 1,
    nanos: 10_000_000,
  },
  vision: {
    path: '/v1/coding_plan/vlm',
    resource: 'vision',
    least: { prompt: PROMPT, image_url: PICTURE },
    units: 1,
    nanos: 60_000_000,
  },
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof kinds
export const kindNames = Object.keys(kinds) as KindName[]

/** A body that costs what the kind says; fields of `more` win, and one that is undefined is left out. */
export function askingFor(kind: KindName, more: object = {}): Record<string, unknown> {
  return { ...kinds[kind].least, ...more }
}

export const SOUND = Buffer.from('ID3 what a sentence sounds like')
const HEX = SOUND.toString('hex')
export const FINE = { status_code: 0, status_msg: 'success' }
/** The engine's own, which no caller sees where an answer is written anew. */
const trace_id = 'trace-of-the-engine'

/** What lies at the engine's `/files/NAME`. */
export function fileNamed(name: string): Buffer {
  return Buffer.from(`the bytes of ${name}`)
}

/** A native answer as an engine at `origin` gives it. */
export function madeAnswer(kind: KindName, body: Record<string, unknown> = {}, origin = ''): object {
  switch (kind) {
    case 'speech':
      return speechAnswer(body, origin)
    case 'images':
      return imagesAnswer(body, origin)
    case 'song':
    case 'cover':
      return songAnswer(body, origin)
    case 'preprocess': {
      const cover_feature_id = 'c0'.repeat(16)
      return { cover_feature_id, formatted_lyrics: 'La', audio_duration: 20_000, trace_id, base_resp: FINE }
    }
    case 'lyrics':
      return { song_title: 'La', style_tags: 'folk', lyrics: '[Verse]\nLa', base_resp: FINE }
    case 'search': {
      const organic = [{ title: 'A', link: 'https://found.example/a', snippet: 'a', date: '2026-01-01' }]
      return { organic, related_searches: [{ query: 'b' }], base_resp: FINE }
    }
    case 'vision':
      return { content: 'It is a picture.', base_resp: FINE }
  }
}

function speechAnswer({ output_format, subtitle_enable }: Record<string, unknown>, origin: string): object {
  const audio = output_format === 'url' ? `${origin}/files/speech.mp3` : HEX
  const subtitles = subtitle_enable === true && { subtitle_file: `${origin}/files/subtitles.json` }
  const extra_info = { audio_length: 1_000, audio_size: SOUND.length, usage_characters: 1_000_000 }
  return { data: { audio, status: 2, ...subtitles }, extra_info, trace_id, base_resp: FINE }
}

function songAnswer({ output_format }: Record<string, unknown>, origin: string): object {
  const audio = output_format === 'url' ? `${origin}/files/song.mp3` : HEX
  const extra_info = { music_duration: 60_000, music_size: SOUND.length }
  return { data: { audio, status: 2 }, extra_info, analysis_info: null, trace_id, base_resp: FINE }
}

function imagesAnswer({ n, response_format }: Record<string, unknown>, origin: string): object {
  return someImages(Number(n ?? 1), Number(n ?? 1), { origin, base64: response_format === 'base64' })
}

type Images = { readonly origin: string; readonly base64?: boolean }

/** `made` of `asked` pictures; counts are strings on the wire. */
export function someImages(made: number, asked: number, { origin, base64 = false }: Images): object {
  const names = Array.from({ length: made }, (_, index) => `image-${index}.jpeg`)
  const data = base64
    ? { image_base64: names.map((name) => fileNamed(name).toString('base64')) }
    : { image_urls: names.map((name) => `${origin}/files/${name}`) }
  const metadata = { success_count: String(made), failed_count: String(asked - made) }
  return { id: trace_id, data, metadata, base_resp: FINE }
}

/** The events of sound that is streamed: two pieces and the end, which has all of it unless it is asked to leave it out. */
export function soundEvents(body: Record<string, unknown> = {}, origin = ''): string[] {
  const options = body.stream_options as { exclude_aggregated_audio?: boolean } | undefined
  const whole = options?.exclude_aggregated_audio ? {} : { audio: HEX }
  const subtitles = body.subtitle_enable === true && { subtitle_file: `${origin}/files/subtitles.json` }
  const pieces = [HEX.slice(0, 10), HEX.slice(10)].map((audio) => ({ audio, status: 1 }))
  return [...pieces, { ...whole, status: 2, ...subtitles }].map(
    (data) => `data: ${JSON.stringify({ data, trace_id, base_resp: FINE })}\n\n`,
  )
}

const TYPES: Readonly<Record<string, string>> = {
  mp3: 'audio/mpeg',
  jpeg: 'image/jpeg',
  json: 'application/json',
  mp4: 'video/mp4',
}

/** What an engine without orders says to a request for media, for a task or for a file; undefined to any other. */
export function mediaAnswerTo({ path, body, headers }: Received): Behaviour | undefined {
  const origin = `http://${headers.host}`
  const [, name] = /^\/files\/([\w.-]+)$/.exec(path) ?? []
  if (name !== undefined) {
    return { headers: { 'content-type': TYPES[name.split('.')[1] ?? ''] ?? '' }, body: fileNamed(name) }
  }
  const task = taskAnswers.find(([start]) => path.startsWith(start))
  if (task) return { body: JSON.stringify(task[1](origin)) }
  const kind = kindNames.find((each) => kinds[each].path === path)
  if (!kind) return undefined
  const asked = JSON.parse(body.toString()) as Record<string, unknown>
  return asked.stream === true
    ? { headers: { 'content-type': 'text/event-stream' }, body: soundEvents(asked, origin) }
    : { body: JSON.stringify(madeAnswer(kind, asked, origin)) }
}

/** Every task is done when it is first asked for; voices are made, and uploads taken. */
const taskAnswers: readonly (readonly [string, (origin: string) => object])[] = [
  ['/v1/files/upload', () => ({ file: { file_id: 55 }, base_resp: FINE })],
  ['/v1/voice_clone', () => ({ input_sensitive: false, base_resp: FINE })],
  ['/v1/voice_design', () => ({ voice_id: 'ttv-voice-1', trial_audio: HEX, base_resp: FINE })],
  ['/v1/video_generation', () => ({ task_id: '106916112212032', base_resp: FINE })],
  ['/v1/query/video_generation', () => ({ status: 'Success', file_id: '77', base_resp: FINE })],
  [
    '/v1/files/retrieve',
    (origin) => ({ file: { file_id: 77, download_url: `${origin}/files/film.mp4` }, base_resp: FINE }),
  ],
]
