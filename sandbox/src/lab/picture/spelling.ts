const HAN = /\p{Script=Han}/u
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u

/** A text in letters that the font has: Chinese becomes pinyin, what cannot be shown is left out. */
export async function spell(text: string): Promise<string> {
  // Japanese writes with the same signs and reads them otherwise.
  const latin = HAN.test(text) && !KANA.test(text) ? await romanise(text) : text
  const shown = latin
    .normalize('NFC')
    .replace(/[，、]/g, ', ')
    .replace(/[。]/g, '. ')
    .replace(UNSHOWN, '')
    .replace(/\s+/g, ' ')
    .replace(/ ([,.!?;:])/g, '$1')
    .trim()
  if (/[\p{L}\p{N}]/u.test(shown)) return shown
  const name = SCRIPTS.find(([, script]) => script.test(text))?.[0]
  return name === undefined ? shown : `(${name} text)`
}

const UNSHOWN =
  /\p{Extended_Pictographic}|\p{Regional_Indicator}|[\u200b-\u200f\u2028-\u202e]|\ufe0e|\ufe0f|(?![\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{M}])\p{L}|[\u3000-\u303f\uff00-\uffef]/gu

const SCRIPTS: readonly (readonly [string, RegExp])[] = [
  ['Japanese', KANA],
  ['Korean', /\p{Script=Hangul}/u],
  ['Arabic', /\p{Script=Arabic}/u],
  ['Hebrew', /\p{Script=Hebrew}/u],
  ['Hindi', /\p{Script=Devanagari}/u],
  ['Thai', /\p{Script=Thai}/u],
]

/** Loaded when the first Chinese prompt comes; its dictionary is large. */
async function romanise(text: string): Promise<string> {
  const { pinyin } = await import('pinyin-pro')
  return pinyin(text, { nonZh: 'consecutive', toneType: 'symbol' })
}
