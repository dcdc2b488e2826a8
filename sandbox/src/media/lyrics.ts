import { parseSong, reviseSong } from '../lyrics/revise.ts'
import { printSong, styleTags, writeSong } from '../lyrics/song.ts'
import { readMarkers } from '../markers.ts'
import type { Exchange } from '../serve.ts'
import { invalid, obey, readJson, sendMedia } from './answer.ts'
import type { Desk } from './desk.ts'
import { readText } from './fields.ts'

const MODES = ['write_full_song', 'edit']
const MAX_PROMPT = 2_000
const MAX_LYRICS = 3_500
const MAX_TITLE = 200

/** `POST /v1/lyrics_generation` */
export async function serveLyrics(exchange: Exchange, desk: Desk): Promise<void> {
  const body = await readJson(exchange)
  const mode = MODES.find((one) => one === body.mode)
  if (mode === undefined) throw invalid(`mode must be one of ${MODES.join(', ')}`)
  const written = readText(body.prompt, 'prompt', MAX_PROMPT)
  const lyrics = readText(body.lyrics, 'lyrics', MAX_LYRICS)
  const title = readText(body.title, 'title', MAX_TITLE).trim()
  if (mode === 'edit' && lyrics.trim() === '') throw invalid('lyrics is required in mode edit')
  const markers = readMarkers(written)
  if (!(await obey(exchange, markers))) return
  const prompt = markers.rest
  await sendMedia(exchange, mode === 'edit' ? edit() : write(), markers)

  function write() {
    const song = writeSong(prompt, title, desk.seed)
    return answer(song.title, song.styleTags, printSong(song.sections))
  }

  function edit() {
    const text = printSong(reviseSong(lyrics, prompt, desk.seed))
    const name = title === '' ? titleOf(lyrics) : title
    return answer(name, styleTags(prompt, desk.seed), cutLines(text))
  }
}

function answer(title: string, tags: string, lyrics: string) {
  return { song_title: title, style_tags: tags, lyrics }
}

/** The refrain's first line names a song that came without a name. */
function titleOf(lyrics: string): string {
  const sections = parseSong(lyrics)
  const named = sections.find(({ tag }) => /chorus|hook|副歌/i.test(tag)) ?? sections[0]
  return (named?.lines[0] ?? 'Untitled').slice(0, 60)
}

/** What comes back may be sent to `music_generation`, so it is no longer than that takes. */
function cutLines(lyrics: string): string {
  let kept = lyrics
  while ([...kept].length > MAX_LYRICS) kept = kept.slice(0, Math.max(0, kept.lastIndexOf('\n')))
  return kept
}
