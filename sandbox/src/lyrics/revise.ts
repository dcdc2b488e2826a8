import type { SongSection } from './song.ts'
import { writeSection } from './song.ts'

/** `[Verse]`, `[Chorus]`, … with their lines; what stands before the first tag is a verse. */
export function parseSong(lyrics: string): SongSection[] {
  const sections: { tag: string; lines: string[] }[] = []
  for (const line of lyrics.split('\n').map((text) => text.trim())) {
    const tag = /^\[([^\]]{1,60})\]$/.exec(line)?.[1]
    if (tag !== undefined) sections.push({ tag, lines: [] })
    else if (line !== '') {
      if (sections.length === 0) sections.push({ tag: 'Verse', lines: [] })
      sections.at(-1)?.lines.push(line)
    }
  }
  return sections
}

/**
 * Does to a song what the prompt asks for: words are replaced, sections added or taken away. Any other wish gets its
 * last verse written anew, about the words of the prompt.
 */
export function reviseSong(lyrics: string, prompt: string, seed: string): SongSection[] {
  const sections = parseSong(lyrics)
  const replaced = replaceWords(sections, prompt)
  if (replaced !== undefined) return replaced
  const gone = namedSection(REMOVE, prompt)
  if (gone !== undefined) return sections.filter(({ tag }) => !sameTag(tag, gone))
  const added = namedSection(ADD, prompt)
  if (added !== undefined) return insert(sections, writeSection(added, prompt, seed))
  return rewriteLastVerse(sections, prompt, seed)
}

const REPLACE =
  /(?:replace|change)\s+["'“]?(.{1,60}?)["'”]?\s+(?:with|to|into|by)\s+["'“]?(.{1,60}?)["'”]?(?:[.,;!]|$)|把["“]?(.{1,30}?)["”]?(?:改成|换成|替换为)["“]?(.{1,30}?)["”]?(?:[，。！]|$)/im

function replaceWords(sections: readonly SongSection[], prompt: string): SongSection[] | undefined {
  const match = REPLACE.exec(prompt)
  const [from, to] = [match?.[1] ?? match?.[3], match?.[2] ?? match?.[4]]
  if (from === undefined || to === undefined) return undefined
  const pattern = new RegExp(from.replaceAll(/[\^$.*+?()[\]{}|\\]/g, '\\$&'), 'gi')
  if (!sections.some(({ lines }) => lines.some((line) => line.search(pattern) >= 0))) return undefined
  return sections.map(({ tag, lines }) => ({
    tag,
    lines: lines.map((line) => line.replaceAll(pattern, () => to)),
  }))
}

const ADD = /\b(?:add|append|insert|include|write)\b[^.]{0,40}?|(?:加|增加|添加|写)[^。]{0,6}?/.source
const REMOVE = /\b(?:remove|delete|drop|cut)\b[^.]{0,40}?|(?:去掉|删除|删掉)[^。]{0,6}?/.source

const SECTIONS: readonly (readonly [string, RegExp])[] = [
  ['Pre Chorus', /pre.?chorus|导歌/],
  ['Chorus', /chorus|hook|refrain|副歌/],
  ['Verse', /verse|主歌/],
  ['Bridge', /bridge|桥段|过渡/],
  ['Intro', /intro|前奏/],
  ['Outro', /outro|ending|尾奏|结尾/],
]

function namedSection(verb: string, prompt: string): string | undefined {
  return SECTIONS.find(([, words]) => new RegExp(`(?:${verb})(?:${words.source})`, 'i').test(prompt))?.[0]
}

function sameTag(tag: string, name: string): boolean {
  return tag.toLowerCase().replace(/[\s\d-]+/g, '') === name.toLowerCase().replace(/\s/g, '')
}

/** An intro comes first, an outro last, everything else before the last chorus. */
function insert(sections: readonly SongSection[], section: SongSection): SongSection[] {
  if (section.tag === 'Intro') return [section, ...sections]
  const chorus = sections.findLastIndex(({ tag }) => sameTag(tag, 'Chorus'))
  const at = section.tag === 'Outro' || chorus < 1 ? sections.length : chorus
  return sections.toSpliced(at, 0, section)
}

function rewriteLastVerse(sections: readonly SongSection[], prompt: string, seed: string): SongSection[] {
  const verse = sections.findLastIndex(({ tag }) => sameTag(tag, 'Verse'))
  const anew = writeSection('Verse', prompt, seed)
  if (verse < 0) return insert(sections, anew)
  return sections.with(verse, { tag: sections[verse]?.tag ?? 'Verse', lines: anew.lines })
}
