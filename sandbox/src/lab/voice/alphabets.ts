/** Sounds of other alphabets, written as an English reader would say them. */
export const cyrillic: Readonly<Record<string, string>> = paired(
  'а a б b в v г g д d е ye ё yo ж zh з z и ee й y к k л l м m н n о o п p р r с s т t у oo ф f х h ц ts ч ch ш sh щ shch ы i э e ю yoo я ya і ee ї yee є ye ґ g',
  { ъ: '', ь: '' },
)

export const greek: Readonly<Record<string, string>> = paired(
  'α a β v γ g δ th ε e ζ z η ee θ th ι ee κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ ee φ f χ h ψ ps ω o',
)

const KANA = paired(
  `あ ah い ee う oo え eh お oh か kah き kee く koo け keh こ koh さ sah し shee す soo せ seh そ soh た tah ち chee つ tsoo
   て teh と toh な nah に nee ぬ noo ね neh の noh は hah ひ hee ふ foo へ heh ほ hoh ま mah み mee む moo め meh も moh や yah
   ゆ yoo よ yoh ら rah り ree る roo れ reh ろ roh わ wah を oh ん n が gah ぎ gee ぐ goo げ geh ご goh ざ zah じ jee ず zoo
   ぜ zeh ぞ zoh だ dah ぢ jee づ zoo で deh ど doh ば bah び bee ぶ boo べ beh ぼ boh ぱ pah ぴ pee ぷ poo ぺ peh ぽ poh ゃ yah
   ゅ yoo ょ yoh ぁ ah ぃ ee ぅ oo ぇ eh ぉ oh`,
  { っ: '', ー: '' },
)

/** Katakana stands 96 code points after hiragana. */
const KATAKANA_SHIFT = 0x60

export function kana(character: string): string | undefined {
  if (KANA[character] !== undefined) return KANA[character]
  const code = character.charCodeAt(0)
  return code >= 0x30a1 && code <= 0x30f6 ? KANA[String.fromCharCode(code - KATAKANA_SHIFT)] : undefined
}

const HANGUL = {
  first: 0xac00,
  last: 0xd7a3,
  starts: 'g gg n d dd r m b bb s ss  j jj ch k t p h'.split(' '),
  vowels: 'ah eh yah yeh oh eh yoh yeh oh wah weh weh yoh oo wo weh wee yoo oo ee ee'.split(' '),
  ends: ' k k k n n n t l k m l l l p l m p p t t ng t t k t p t'.split(' '),
}

/** A block of Hangul is computed from its start, vowel and end. */
export function hangul(code: number): string | undefined {
  if (code < HANGUL.first || code > HANGUL.last) return undefined
  const at = code - HANGUL.first
  const perStart = HANGUL.vowels.length * HANGUL.ends.length
  const start = HANGUL.starts[Math.floor(at / perStart)] ?? ''
  const vowel = HANGUL.vowels[Math.floor((at % perStart) / HANGUL.ends.length)] ?? ''
  return start + vowel + (HANGUL.ends[at % HANGUL.ends.length] ?? '')
}

function paired(text: string, silent: Record<string, string> = {}): Readonly<Record<string, string>> {
  const words = text.split(/\s+/)
  const sounds: Record<string, string> = { ...silent }
  for (let i = 0; i + 1 < words.length; i += 2) sounds[words[i] ?? ''] = words[i + 1] ?? ''
  return sounds
}
