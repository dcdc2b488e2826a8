import { cyrillic, greek, hangul, kana } from './alphabets.ts'
import { respellPinyin } from './pinyin.ts'

/** `omg` said as `oh my god`. */
export type Pronunciation = readonly [written: string, spoken: string]

/** Any text as letters that an English synthesizer can read; it may come out empty. */
export async function spell(text: string, pronunciations: readonly Pronunciation[] = []): Promise<string> {
  let words = text.normalize('NFKC')
  for (const [written, spoken] of pronunciations) {
    words = words.replaceAll(written, ` ${spoken} `).slice(0, MAX_SPOKEN_CHARS)
  }
  words = words.replace(/\(([a-z-]{3,20})\)/g, (tag, name: string) => INTERJECTIONS[name] ?? tag)
  const runs = words.match(RUN) ?? []
  const spelled = await Promise.all(runs.map(spellRun))
  return spelled
    .join('')
    .replace(/[^\x20-\x7e]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

/** A short word said as a long one, many times, must not fill the memory. */
const MAX_SPOKEN_CHARS = 4_000

/** Of speech-2.8; those that are mere breath are left out. */
const INTERJECTIONS: Readonly<Record<string, string>> = {
  laughs: ' ha ha ha, ',
  chuckle: ' heh heh, ',
  coughs: ' uh huh, ',
  'clear-throat': ' ahem, ',
  groans: ' ugh, ',
  breath: ', ',
  pant: ', ',
  inhale: ', ',
  exhale: ', ',
  gasps: ' ah, ',
  sniffs: ', ',
  sighs: ' ah, ',
  snorts: ', ',
  burps: ', ',
  'lip-smacking': ', ',
  humming: ' hmm, ',
  hissing: ' ss, ',
  emm: ' um, ',
  sneezes: ' achoo, ',
}

const RUN = /\p{Script=Han}+|\P{Script=Han}+/gu
const HAN = /^\p{Script=Han}/u

async function spellRun(run: string): Promise<string> {
  if (HAN.test(run)) return ` ${await respellPinyin(run)} `
  let out = ''
  for (const character of run) out += spellCharacter(character)
  return out
}

const MARKS: Readonly<Record<string, string>> = {
  '。': '. ',
  '、': ', ',
  '，': ', ',
  '！': '! ',
  '？': '? ',
  '；': '; ',
  '：': ': ',
  '“': '"',
  '”': '"',
  '‘': "'",
  '’': "'",
  '–': ', ',
  '—': ', ',
  '…': '. ',
  '€': ' euros ',
  '£': ' pounds ',
  '¥': ' yen ',
  '°': ' degrees ',
  ß: 'ss',
  æ: 'e',
  ø: 'o',
  œ: 'e',
  ł: 'w',
  đ: 'd',
  ð: 'th',
  þ: 'th',
}

function spellCharacter(character: string): string {
  if (character <= '\x7f') return character
  const lower = character.toLowerCase()
  const known = MARKS[lower] ?? cyrillic[lower] ?? greek[lower.normalize('NFD').charAt(0)] ?? kana(character)
  if (known !== undefined) return known
  const code = character.codePointAt(0) ?? 0
  const block = hangul(code)
  if (block !== undefined) return block
  if (/\p{Nd}/u.test(character)) return digitOf(code)
  const bare = character.normalize('NFD').replace(/\p{M}/gu, '')
  if (bare === '' || bare <= '\x7f') return bare
  // A letter nobody here can read still takes its time to say.
  return /\p{L}/u.test(character) ? (SYLLABLES[code % SYLLABLES.length] ?? '') : ' '
}

const SYLLABLES = ['ba', 'ree', 'no', 'la', 'too', 'may', 'ko', 'sa', 'dee', 'fa', 'goo']

/** The digits of a script stand together from a code that ends in 0 or 6. */
function digitOf(code: number): string {
  const base = code & ~0xf
  return String(code - (/\p{Nd}/u.test(String.fromCodePoint(base)) ? base : base + 6))
}
