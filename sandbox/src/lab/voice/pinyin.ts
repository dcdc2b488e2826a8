/** Chinese as an English reader would say it: `你好` is `nee how`. The dictionary is large and loaded when first needed. */
export async function respellPinyin(han: string): Promise<string> {
  const { pinyin } = await import('pinyin-pro')
  const syllables = pinyin(han, { toneType: 'none', type: 'array', nonZh: 'removed', v: true })
  return syllables.map(respell).join(' ')
}

const STARTS: Readonly<Record<string, string>> = { zh: 'j', q: 'ch', x: 'sh', c: 'ts', z: 'dz' }

const ENDS: Readonly<Record<string, string>> = {
  a: 'ah',
  ai: 'ie',
  an: 'ahn',
  ang: 'ong',
  ao: 'ow',
  e: 'uh',
  ei: 'ay',
  en: 'un',
  eng: 'ung',
  i: 'ee',
  ia: 'yah',
  ian: 'yen',
  iang: 'yong',
  iao: 'yow',
  ie: 'yeh',
  in: 'een',
  ing: 'ing',
  iong: 'yoong',
  iu: 'yo',
  o: 'aw',
  ong: 'oong',
  ou: 'oh',
  u: 'oo',
  ua: 'wah',
  uai: 'why',
  uan: 'wahn',
  uang: 'wong',
  ui: 'way',
  un: 'wun',
  uo: 'waw',
  v: 'yoo',
  ve: 'yueh',
}
const HISSING = /^(zh|ch|sh|r|z|c|s)$/

function respell(syllable: string): string {
  const [, start = '', end = ''] = /^(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(.*)$/.exec(syllable) ?? []
  const said = STARTS[start] ?? start
  // The vowel of `shi` and `zi` is hardly one.
  if (end === 'i' && HISSING.test(start)) return `${said}ir`
  return said + (ENDS[end] ?? end)
}
