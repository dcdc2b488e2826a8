import type { InstrumentName } from './band.ts'
import type { BassName, CompingName } from './comping.ts'
import type { GrooveName } from './groove.ts'
import type { Mode } from './harmony.ts'

type OneOf<T> = readonly [T, ...T[]]

/** How a kind of music is played. Where a row offers several, the dice choose. */
export interface Genre {
  readonly words: RegExp
  readonly tempoBpm: readonly [number, number]
  readonly modes: OneOf<Mode>
  readonly sevenths: boolean
  readonly lead: OneOf<InstrumentName>
  readonly keys: OneOf<InstrumentName>
  readonly comping: OneOf<CompingName>
  readonly guitar: InstrumentName | undefined
  readonly strumming: CompingName
  readonly bass: InstrumentName
  readonly bassline: OneOf<BassName>
  readonly pad: InstrumentName
  /** How much must be going on before the pad comes in: 0 is always, 2 with the refrain. */
  readonly padFrom: number
  readonly drums: InstrumentName | undefined
  readonly groove: OneOf<GrooveName>
  /** How far the second eighth of a beat is late, in beats. */
  readonly swing: number
}

export const genres = {
  pop: {
    words: /\bpop\b|\bcatchy\b|\bidol\b|流行/gi,
    tempoBpm: [98, 118],
    modes: ['major', 'major', 'minor'],
    sevenths: false,
    lead: ['piano', 'cleanGuitar', 'sawLead'],
    keys: ['piano', 'electricPiano'],
    comping: ['quarters', 'pushed'],
    guitar: 'cleanGuitar',
    strumming: 'picked',
    bass: 'fingerBass',
    bassline: ['pushed', 'eighths'],
    pad: 'strings',
    padFrom: 2,
    drums: 'drumKit',
    groove: ['backbeat'],
    swing: 0,
  },
  rock: {
    words: /\brock\b|\bpunk\b|\bmetal\b|\bgrunge\b|\bindie\b|摇滚/gi,
    tempoBpm: [112, 138],
    modes: ['minor', 'major'],
    sevenths: false,
    lead: ['overdrivenGuitar'],
    keys: ['organ', 'piano'],
    comping: ['held', 'quarters'],
    guitar: 'overdrivenGuitar',
    strumming: 'eighths',
    bass: 'fingerBass',
    bassline: ['eighths'],
    pad: 'strings',
    padFrom: 2,
    drums: 'drumKit',
    groove: ['rock'],
    swing: 0,
  },
  jazz: {
    words: /\bjazz\w*|\bswing\b|\bblues\b|\bbig band\b|爵士|蓝调/gi,
    tempoBpm: [104, 140],
    modes: ['major', 'minor'],
    sevenths: true,
    lead: ['saxophone', 'trumpet', 'vibraphone', 'piano'],
    keys: ['piano'],
    comping: ['charleston'],
    guitar: undefined,
    strumming: 'charleston',
    bass: 'acousticBass',
    bassline: ['walking'],
    pad: 'strings',
    padFrom: 2,
    drums: 'drumKit',
    groove: ['swing'],
    swing: 0.15,
  },
  lofi: {
    words: /\blo-?fi\b|\bchill\w*|\bstudy\b|\bcafe\b|\bcoffee\w*|治愈|学习/gi,
    tempoBpm: [72, 86],
    modes: ['major', 'dorian'],
    sevenths: true,
    lead: ['electricPiano', 'vibraphone', 'flute'],
    keys: ['electricPiano'],
    comping: ['charleston', 'held'],
    guitar: 'nylonGuitar',
    strumming: 'picked',
    bass: 'fingerBass',
    bassline: ['sunk'],
    pad: 'warmPad',
    padFrom: 2,
    drums: 'drumKit',
    groove: ['boomBap'],
    swing: 0.12,
  },
  electronic: {
    words:
      /\belectro\w*|\bedm\b|\bhouse\b|\btechno\b|\btrance\b|\bdance\b|\bclub\b|\bsynth\w*|\bdisco\b|电子|舞曲/gi,
    tempoBpm: [120, 130],
    modes: ['minor', 'major'],
    sevenths: false,
    lead: ['sawLead'],
    keys: ['sawLead', 'electricPiano'],
    comping: ['offbeats', 'sixteenths'],
    guitar: undefined,
    strumming: 'offbeats',
    bass: 'synthBass',
    bassline: ['offbeats', 'octaves'],
    pad: 'warmPad',
    padFrom: 1,
    drums: 'drumMachine',
    groove: ['fourOnTheFloor'],
    swing: 0,
  },
  hiphop: {
    words: /\bhip-?hop\b|\btrap\b|\brap\b|\bdrill\b|说唱|嘻哈/gi,
    tempoBpm: [78, 92],
    modes: ['minor', 'dorian'],
    sevenths: false,
    lead: ['piano', 'musicBox', 'flute'],
    keys: ['piano', 'electricPiano'],
    comping: ['held', 'rolling'],
    guitar: undefined,
    strumming: 'picked',
    bass: 'synthBass',
    bassline: ['sunk', 'syncopated'],
    pad: 'warmPad',
    padFrom: 2,
    drums: 'drumMachine',
    groove: ['trap', 'boomBap'],
    swing: 0,
  },
  ambient: {
    words: /\bambient\b|\bdrone\b|\bmeditat\w*|\bspa\b|\bsleep\w*|\bspace\b|\bnature\b|冥想|睡眠/gi,
    tempoBpm: [60, 72],
    modes: ['major', 'dorian'],
    sevenths: true,
    lead: ['flute', 'vibraphone', 'piano'],
    keys: ['electricPiano', 'piano'],
    comping: ['ringing'],
    guitar: undefined,
    strumming: 'picked',
    bass: 'acousticBass',
    bassline: ['held'],
    pad: 'warmPad',
    padFrom: 0,
    drums: undefined,
    groove: ['brushed'],
    swing: 0,
  },
  folk: {
    words: /\bfolk\w*|\bacoustic\b|\bcountry\b|\bcampfire\b|\bsinger-songwriter\b|\bceltic\b|民谣|乡村/gi,
    tempoBpm: [88, 112],
    modes: ['major', 'major', 'dorian'],
    sevenths: false,
    lead: ['flute', 'steelGuitar'],
    keys: ['piano'],
    comping: ['held'],
    guitar: 'steelGuitar',
    strumming: 'strummed',
    bass: 'acousticBass',
    bassline: ['halves'],
    pad: 'strings',
    padFrom: 2,
    drums: 'drumKit',
    groove: ['brushed', 'train'],
    swing: 0,
  },
  orchestral: {
    words:
      /\borchestr\w*|\bcinematic\b|\bepic\b|\bclassical\b|\bsymphon\w*|\bfilm\b|\btrailer\b|\bheroic\b|古典|史诗|管弦|电影/gi,
    tempoBpm: [84, 104],
    modes: ['minor', 'major'],
    sevenths: false,
    lead: ['trumpet', 'strings', 'flute'],
    keys: ['piano', 'strings'],
    comping: ['rolling', 'eighths'],
    guitar: undefined,
    strumming: 'picked',
    bass: 'acousticBass',
    bassline: ['held', 'halves'],
    pad: 'strings',
    padFrom: 0,
    drums: 'drumKit',
    groove: ['halfTime'],
    swing: 0,
  },
  soul: {
    words: /\bsoul\w*|\br&b\b|\brnb\b|\bgospel\b|\bballad\b|\blove song\b|\bromantic\b|抒情|情歌|浪漫/gi,
    tempoBpm: [66, 80],
    modes: ['major', 'minor'],
    sevenths: true,
    lead: ['saxophone', 'electricPiano', 'piano'],
    keys: ['piano', 'electricPiano'],
    comping: ['rolling', 'quarters'],
    guitar: 'cleanGuitar',
    strumming: 'picked',
    bass: 'fingerBass',
    bassline: ['pushed', 'sunk'],
    pad: 'strings',
    padFrom: 1,
    drums: 'drumKit',
    groove: ['backbeat', 'halfTime'],
    swing: 0.04,
  },
  funk: {
    words: /\bfunk\w*|\bgroovy\b|\bmotown\b|放克/gi,
    tempoBpm: [98, 112],
    modes: ['dorian'],
    sevenths: true,
    lead: ['saxophone', 'trumpet', 'organ'],
    keys: ['organ', 'electricPiano'],
    comping: ['pushed'],
    guitar: 'cleanGuitar',
    strumming: 'offbeats',
    bass: 'fingerBass',
    bassline: ['syncopated'],
    pad: 'warmPad',
    padFrom: 2,
    drums: 'drumKit',
    groove: ['funk'],
    swing: 0,
  },
  latin: {
    words:
      /\bbossa\b|\blatin\b|\bsamba\b|\bsalsa\b|\bbrazil\w*|\bbeach\b|\btropical\b|\bflamenco\b|拉丁|桑巴/gi,
    tempoBpm: [116, 134],
    modes: ['major', 'minor'],
    sevenths: true,
    lead: ['flute', 'saxophone', 'nylonGuitar'],
    keys: ['electricPiano'],
    comping: ['held'],
    guitar: 'nylonGuitar',
    strumming: 'bossa',
    bass: 'acousticBass',
    bassline: ['bossa'],
    pad: 'strings',
    padFrom: 2,
    drums: 'drumKit',
    groove: ['bossa'],
    swing: 0,
  },
  lullaby: {
    words:
      /\blullab\w*|\bmusic box\b|\bchild\w*|\bkids?\b|\bbaby\b|\bnursery\b|\bchristmas\b|摇篮|儿歌|八音盒|圣诞/gi,
    tempoBpm: [76, 92],
    modes: ['major'],
    sevenths: false,
    lead: ['musicBox'],
    keys: ['piano', 'vibraphone'],
    comping: ['rolling'],
    guitar: undefined,
    strumming: 'picked',
    bass: 'acousticBass',
    bassline: ['held'],
    pad: 'strings',
    padFrom: 0,
    drums: undefined,
    groove: ['brushed'],
    swing: 0,
  },
  oriental: {
    words: /\bchinese\b|\basian\b|\bjapan\w*|\boriental\b|\bguzheng\b|\bkoto\b|国风|古风|中国风|古筝/gi,
    tempoBpm: [72, 92],
    modes: ['major', 'minor'],
    sevenths: false,
    lead: ['koto', 'flute'],
    keys: ['koto', 'piano'],
    comping: ['rolling', 'ringing'],
    guitar: undefined,
    strumming: 'picked',
    bass: 'acousticBass',
    bassline: ['halves'],
    pad: 'strings',
    padFrom: 1,
    drums: 'drumKit',
    groove: ['brushed'],
    swing: 0,
  },
} as const satisfies Record<string, Genre>
export type GenreName = keyof typeof genres

/** What a mood does to whatever is played. */
export interface Mood {
  readonly words: RegExp
  readonly mode?: Mode
  readonly tempo?: number
  /** Added to how much everybody plays. */
  readonly energy?: number
}

export const moods: readonly Mood[] = [
  {
    words: /\bhappy\b|\bjoy\w*|\bcheer\w*|\bsunny\b|\bfun\b|\bbright\b|\buplifting\b|欢快|快乐|开心|阳光/i,
    mode: 'major',
    tempo: 1.06,
  },
  {
    words:
      /\bsad\w*|\bmelanchol\w*|\blonely\b|\bheartbr\w*|\brain\w*|\bnostalg\w*|\bwistful\b|悲伤|忧伤|伤感|孤独|雨/i,
    mode: 'minor',
    tempo: 0.9,
    energy: -1,
  },
  {
    words: /\bdark\b|\btense\b|\bmysterious\b|\bhorror\b|\bscary\b|\bsinister\b|黑暗|紧张|神秘|恐怖/i,
    mode: 'minor',
  },
  {
    words:
      /\bcalm\w*|\brelax\w*|\bpeaceful\b|\bgentle\b|\bsoft\w*|\bdreamy\b|\bserene\b|\btender\b|\bsooth\w*|平静|安静|放松|温柔|舒缓/i,
    tempo: 0.92,
    energy: -1,
  },
  {
    words:
      /\benerg\w*|\bfast\b|\bupbeat\b|\bpowerful\b|\bdriving\b|\bintense\b|\bparty\b|\bworkout\b|激情|动感|快节奏|热血/i,
    tempo: 1.1,
    energy: 1,
  },
  { words: /\bslow\w*|\bdowntempo\b|慢/i, tempo: 0.86 },
]

/** Instruments by name. Those that accompany take the place of the keys, the rest plays the tune. */
export const instrumentWords: readonly (readonly [RegExp, InstrumentName])[] = [
  [/\bmusic box\b|八音盒/i, 'musicBox'],
  [/\b(electric|rhodes|e-?)\s?pianos?\b|\brhodes\b|电钢琴/i, 'electricPiano'],
  [/(?<!electric |e-|rhodes )\bpianos?\b|(?<!电)钢琴/i, 'piano'],
  [/\bvibraphone\b|\bvibes\b|\bmarimba\b|\bbells?\b/i, 'vibraphone'],
  [/\borgan\b|风琴/i, 'organ'],
  [/\b(nylon|classical|spanish) guitar\b/i, 'nylonGuitar'],
  [/\b(overdriven?|distort\w*|electric) guitars?\b|\briffs?\b|电吉他/i, 'overdrivenGuitar'],
  [
    /(?<!electric |nylon |classical |spanish |overdriven |distorted )\bguitars?\b|(?<!电)吉他/i,
    'steelGuitar',
  ],
  [/\bstrings\b|\bviolins?\b|\bcellos?\b|弦乐|小提琴|大提琴/i, 'strings'],
  [/\btrumpets?\b|\bbrass\b|\bhorns?\b|小号|铜管/i, 'trumpet'],
  [/\bsax\w*|萨克斯/i, 'saxophone'],
  [/\bflutes?\b|\bwhistle\b|\brecorder\b|笛/i, 'flute'],
  [/\bsynth\w*|合成器/i, 'sawLead'],
  [/\bguzheng\b|\bkoto\b|\bharps?\b|\bsitar\b|古筝|琵琶|竖琴/i, 'koto'],
]
