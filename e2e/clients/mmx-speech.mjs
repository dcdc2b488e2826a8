import { readFileSync, writeFileSync } from 'node:fs'
import { areAlike, areDifferent, inWork, isSound, saysIn } from '../made.mjs'
import { succeeded, wrong } from '../said.mjs'
import { jsonOf } from './mmx-run.mjs'

const MORNING = 'good morning'
const HOME = 'we are going home tomorrow morning'
const NUMBERS = 'one two three four five'
const asByDefault = { codec: 'mp3', rate: 32_000, channels: 1 }

const command = 'mmx speech synthesize'
const characters = (...texts) => ({ 'speech-hd': texts.join('').length })

/** Format, codec, and what is asked of it. Opus knows 48,000 Hz alone, whatever it was made from. */
const formats = [
  { format: 'mp3', codec: 'mp3', rate: 44_100, channels: 2 },
  { format: 'wav', codec: 'pcm_s16le', rate: 16_000, channels: 1 },
  { format: 'flac', codec: 'flac', rate: 24_000, channels: 2 },
  { format: 'pcm', codec: 'pcm_s16le', rate: 22_050, channels: 1 },
  { format: 'pcmu_raw', codec: 'pcm_mulaw', rate: 8_000, channels: 1 },
  { format: 'pcmu_wav', codec: 'pcm_mulaw', rate: 8_000, channels: 2 },
  { format: 'opus', codec: 'opus', rate: 24_000, heardAt: 48_000, channels: 2 },
]

export const speaksByDefault = (mmx) => ({
  command: `${command} --text --out`,
  cost: characters(HOME),
  async run(place) {
    const file = inWork(place, 'home.mp3')
    succeeded(await mmx(place, 'speech', 'synthesize', '--text', HOME, '--out', file), '"sample_rate": 32000')
    await isSound(place, file, asByDefault)
    await saysIn(place, file, HOME)
  },
})

const inFormat = (mmx, { format, codec, rate, heardAt = rate, channels }) => ({
  command: `${command} --format ${format} --sample-rate ${rate} --channels ${channels}`,
  cost: characters(MORNING),
  async run(place) {
    const file = inWork(place, `morning.${format}`)
    const asked = ['--format', format, '--sample-rate', String(rate), '--channels', String(channels)]
    succeeded(await mmx(place, 'speech', 'synthesize', '--text', MORNING, ...asked, '--out', file))
    await isSound(place, file, { codec, rate: heardAt, channels, format })
  },
})

const withSubtitles = (mmx) => ({
  command: `${command} --subtitles`,
  cost: characters(HOME),
  async run(place) {
    const file = inWork(place, 'home.mp3')
    const result = await mmx(place, 'speech', 'synthesize', '--text', HOME, '--subtitles', '--out', file)
    succeeded(result, 'home.srt')
    const seconds = await isSound(place, file, asByDefault)
    const subtitles = readFileSync(inWork(place, 'home.srt'), 'utf8')
    const [, minute, second] = /00:00:00,\d{3} --> 00:(\d\d):(\d\d),\d{3}\n.*home/.exec(subtitles) ?? []
    if (!(Number(minute) * 60 + Number(second) <= seconds))
      throw wrong(result, `left no subtitles of its ${seconds} s but ${subtitles}`)
  },
})

/** It writes the aggregated sound at the end of a stream behind the pieces, so everything is in its file twice. */
const streamed = (mmx) => ({
  command: `${command} --stream`,
  cost: characters(NUMBERS),
  async run(place) {
    const [file, whole] = [inWork(place, 'numbers.mp3'), inWork(place, 'one-half.mp3')]
    succeeded(await mmx.into(place, file, 'speech', 'synthesize', '--text', NUMBERS, '--stream'))
    await isSound(place, file, asByDefault)
    const bytes = readFileSync(file)
    writeFileSync(whole, bytes.subarray(bytes.length / 2))
    await saysIn(place, whole, NUMBERS)
  },
})

const withVoice = (mmx) => ({
  command: `${command} --voice --speed --volume --pitch --language`,
  cost: characters(NUMBERS, NUMBERS),
  async run(place) {
    const [calm, fast] = [inWork(place, 'calm.mp3'), inWork(place, 'fast.mp3')]
    const girl = ['--text', NUMBERS, '--voice', 'English_radiant_girl', '--language', 'English']
    succeeded(await mmx(place, 'speech', 'synthesize', ...girl, '--out', calm))
    const changed = ['--speed', '1.5', '--volume', '2', '--pitch', '2']
    const result = await mmx(place, 'speech', 'synthesize', ...girl, ...changed, '--out', fast)
    succeeded(result)
    const seconds = await isSound(place, calm, asByDefault)
    await saysIn(place, calm, NUMBERS)
    await isSound(place, fast, { ...asByDefault, seconds: [0.3, seconds / 1.3] })
  },
})

const pronounced = (mmx) => ({
  command: `${command} --pronunciation`,
  cost: characters('xyz morning'),
  async run(place) {
    const file = inWork(place, 'xyz.mp3')
    const asked = ['--text', 'xyz morning', '--pronunciation', 'xyz/good']
    succeeded(await mmx(place, 'speech', 'synthesize', ...asked, '--out', file))
    await saysIn(place, file, MORNING)
  },
})

const fromFile = (mmx) => ({
  command: `${command} --text-file --bitrate --model`,
  cost: characters(HOME),
  async run(place) {
    const file = inWork(place, 'home.mp3')
    writeFileSync(inWork(place, 'home.txt'), HOME)
    const asked = ['--text-file', 'home.txt', '--bitrate', '64000', '--model', 'speech-2.6-hd', '--out', file]
    succeeded(await mmx(place, 'speech', 'synthesize', ...asked))
    await isSound(place, file, asByDefault)
    await saysIn(place, file, HOME)
  },
})

const twoTexts = (mmx) => ({
  command: `${command}, two texts and one again`,
  cost: characters(MORNING, NUMBERS, MORNING),
  async run(place) {
    const files = ['one.mp3', 'two.mp3', 'again.mp3'].map((name) => inWork(place, name))
    for (const [at, text] of [MORNING, NUMBERS, MORNING].entries())
      succeeded(await mmx(place, 'speech', 'synthesize', '--text', text, '--out', files[at]))
    areDifferent(files[0], files[1])
    areAlike(files[0], files[2])
  },
})

const turbo = (mmx) => ({
  command: `${command} --model speech-2.8-turbo, outside the coverage`,
  units: 0,
  async run(place) {
    const asked = ['--text', MORNING, '--model', 'speech-2.8-turbo']
    const result = await mmx(place, 'speech', 'synthesize', ...asked)
    const said = result.stdout + result.stderr
    if (result.code === 4 && said.includes('not support model, speech-2.8-turbo')) return
    throw wrong(result, `ended with code ${result.code} instead of 4, or did not say why`)
  },
})

const lists = (mmx) => ({
  command: 'mmx speech voices [--language english]',
  units: 0,
  async run(place) {
    const all = jsonOf(await mmx(place, 'speech', 'voices'))
    const english = jsonOf(await mmx(place, 'speech', 'voices', '--language', 'english'))
    const ids = english.map(({ voice_id }) => voice_id)
    const isEnglish = ids.every((id) => id.startsWith('English_')) && ids.includes('English_radiant_girl')
    if (isEnglish && all.length > ids.length) return
    throw new Error(`lists ${all.length} voices, of them English: ${ids.slice(0, 5)} …`)
  },
})

export const speechSteps = (mmx) => [
  speaksByDefault(mmx),
  ...formats.map((one) => inFormat(mmx, one)),
  withSubtitles(mmx),
  streamed(mmx),
  withVoice(mmx),
  pronounced(mmx),
  fromFile(mmx),
  twoTexts(mmx),
  turbo(mmx),
  lists(mmx),
]
