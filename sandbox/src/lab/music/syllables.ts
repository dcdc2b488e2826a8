/** About how many notes a line needs: vowel groups in Latin script, one per sign where a sign is a syllable. */
export function countSyllables(line: string): number {
  const signs = line.match(SYLLABIC)?.length ?? 0
  const words =
    line
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .match(/\p{L}[\p{L}'’]*|\p{N}+/gu) ?? []
  return words.reduce((sum, word) => sum + inWord(word), signs)
}

/** Han, kana and Hangul; the small kana belong to the sign before them. */
const SYLLABIC =
  /[\p{Script=Han}\p{Script=Hangul}]|(?![ぁぃぅぇぉゃゅょァィゥェォャュョ])[\p{Script=Hiragana}\p{Script=Katakana}]/gu

function inWord(word: string): number {
  const bare = word.toLowerCase().replace(/['’]/g, '')
  if (/^\d+$/.test(bare)) return bare.length
  if (!/\p{Script=Latin}/u.test(bare))
    return new RegExp(SYLLABIC).test(bare) ? 0 : Math.ceil(bare.length / 2.5)
  // A final silent e, but not that of "table" or "me".
  const spoken = bare.replace(/([^aeiouy])es?$/, (end, before, at) =>
    at === 0 || before === 'l' ? end : before,
  )
  return Math.max(1, spoken.match(/[aeiouy]+/g)?.length ?? 1)
}
