import type { Dice } from '../lab/music/dice.ts'
import { genres, instrumentWords, moods } from '../lab/music/genres.ts'
import { chinese } from './chinese.ts'
import { english } from './english.ts'
import type { Feeling, Tongue } from './tongue.ts'

/** What a prompt wants a song to be about, and in which language. */
export interface Theme {
  readonly tongue: Tongue
  readonly feeling: Feeling
  /** The words of the prompt that can be sung about; at least one. */
  readonly subjects: readonly string[]
}

export function readTheme(prompt: string, dice: Dice): Theme {
  const isChinese = /\p{Script=Han}/u.test(prompt)
  const tongue = isChinese ? chinese : english
  const feeling = FEELINGS.find(([words]) => words.test(prompt))?.[1] ?? 'open'
  const named = isChinese ? chineseSubjects(prompt) : englishSubjects(prompt)
  const usual = tongue.subjects[feeling]
  const more = usual[Math.floor(dice.roll() * usual.length)] ?? usual[0] ?? ''
  return { tongue, feeling, subjects: named.length >= 2 ? named : [...named, more] }
}

const FEELINGS: readonly (readonly [RegExp, Feeling])[] = [
  [/\blove|\bkiss|\bromantic|\bheart\b|\bwedding|\btender|爱|情歌|浪漫|温柔/i, 'tender'],
  [/\bsad|\bmelanchol|\blonely|\bbreak.?up|\bheartbr|\brain|\bmiss\b|\bcry|悲|伤|孤独|想念|分手|雨/i, 'sad'],
  [/\bdark|\bfear|\bghost|\bwar\b|\bangry|\bhorror|黑暗|恐惧|愤怒/i, 'dark'],
  [/\benerg|\brock\b|\bfast|\bparty|\bdance|\bpower|\bwild|\bmetal|激情|摇滚|热血|舞/i, 'wild'],
  [/\bhappy|\bjoy|\bfun\b|\bsunny|\bbirthday|\bcheer|\bsummer|\bupbeat|快乐|开心|阳光|夏/i, 'happy'],
  [/\bcalm|\bpeace|\bgentle|\bsleep|\bslow|\bsoft|\bquiet|\blullab|\bdream|安静|平静|摇篮|梦/i, 'calm'],
]

const MAX_SUBJECTS = 5

/** What follows "about" comes first. Words of music and of grammar are no subjects. */
function englishSubjects(prompt: string): string[] {
  const about = /\b(?:about|for|of|dedicated to)\b(.*)/is.exec(prompt)?.[1] ?? ''
  const found = `${about} ${prompt}`.toLowerCase().match(/[a-z][a-z'-]{2,15}/g) ?? []
  const plain = found.filter((word) => !isIdle(word)).map(singular)
  return [...new Set(plain)].slice(0, MAX_SUBJECTS)
}

function isIdle(word: string): boolean {
  return IDLE.has(word) || /(ful|ous|ive|less|ing|ed|ly|able|'s|ish|ical|est)$/.test(word) || ofMusic(word)
}

function ofMusic(word: string): boolean {
  const patterns = [...Object.values(genres), ...moods].map(({ words }) => words)
  return [...patterns, ...instrumentWords.map(([words]) => words)].some((words) => word.search(words) >= 0)
}

function singular(word: string): string {
  if (/(ss|us|is)$/.test(word) || word.length < 4) return word
  return word
    .replace(/ies$/, 'y')
    .replace(/(sh|ch|x|s)es$/, '$1')
    .replace(/s$/, '')
}

const IDLE = new Set(
  `about above across after again against all along also always and any are around because been before being below
between both but can could did does down during each even every few for from get give had has have her here him his how
into its just keep let like lot made make many may more most much must near need never new not now off old one only onto
our out over own per put same shall she should some such than that the their them then there these they this those
through too under until upon use very want was way were what when where which while who whom whose why will with within
without would write you your song songs music lyric lyrics verse chorus bridge hook intro outro beat beats tempo bpm
vocal vocals voice female male singer style genre mood theme track tune melody instrumental acoustic modern classic
anthem ballad album leaving going something someone anything everything full please create generate compose short long big small little good great nice
best key major minor minute second line lines word words mix sound sounds tone catchy english short-form using theme
warm deep cold young soft two three four five six seven eight nine ten yes don't it's i'm that's can't`.split(
    /\s+/,
  ),
)

const CHINESE_NOUNS =
  /夏天|冬天|春天|秋天|大海|海边|城市|星空|月亮|太阳|雨夜|下雨|雪|猫咪?|小?狗|朋友|妈妈|爸爸|家乡|青春|毕业|时间|旅行|火车|咖啡|森林|河流|山|花|梦想|爱情|夜晚|早晨|孩子|老师|学校|未来|机器人|代码|电脑/g

function chineseSubjects(prompt: string): string[] {
  const about = /(?:关于|有关|描写|讲述|献给|写给)\s*([\p{Script=Han}]{1,6}?)(?:的|，|。|,|$)/u.exec(
    prompt,
  )?.[1]
  const found = [...(about === undefined ? [] : [about]), ...(prompt.match(CHINESE_NOUNS) ?? [])]
  return [...new Set(found)].slice(0, MAX_SUBJECTS)
}
