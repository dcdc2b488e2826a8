import { writeFileSync } from 'node:fs'
import { areDifferent, inWork, isSound, recording } from '../made.mjs'
import { succeeded } from '../said.mjs'

const LINE = 'We walk along the river in the morning light'
const VERSE = `[Verse]\n${LINE}\nAnd every bird is singing\n[Chorus]\nOh what a day`
const command = 'mmx music generate'
const SECONDS = 240
const songs = (count) => ({ 'music-2.6': count })
const covers = (count) => ({ 'music-cover': count })
const asByDefault = { codec: 'mp3', rate: 44_100, channels: 2 }
const oneLine = [5, 20.1]

const sing = async (mmx, place, file, ...flags) => {
  succeeded(await mmx(place, 'music', 'generate', ...flags, '--out', file), file)
  return inWork(place, file)
}

/** What the flags are, what they cost, how long the song may be and how it sounds. */
const kinds = [
  { shown: '--lyrics', flags: ['--prompt', 'upbeat pop', '--lyrics', LINE], seconds: oneLine },
  {
    shown: '--lyrics-optimizer',
    flags: ['--prompt', 'a song about summer rain', '--lyrics-optimizer'],
    seconds: [30, 300],
  },
  {
    shown: '--instrumental --genre --mood --instruments --bpm --key --avoid',
    flags: [
      ...['--prompt', 'for a film', '--instrumental', '--genre', 'jazz', '--mood', 'calm'],
      ...['--instruments', 'piano', '--bpm', '92', '--key', 'A minor', '--avoid', 'drums'],
    ],
    seconds: [15, 40],
  },
  {
    shown: '--format wav --sample-rate 32000',
    flags: ['--prompt', 'folk', '--lyrics', LINE, '--format', 'wav', '--sample-rate', '32000'],
    sound: { codec: 'pcm_s16le', rate: 32_000, channels: 2 },
    seconds: oneLine,
    file: 'song.wav',
  },
  {
    shown: '--format pcm --sample-rate 16000',
    flags: ['--prompt', 'folk', '--lyrics', LINE, '--format', 'pcm', '--sample-rate', '16000'],
    sound: { codec: 'pcm_s16le', rate: 16_000, channels: 2, format: 'pcm' },
    seconds: oneLine,
    file: 'song.pcm',
  },
]

const ofKind = (mmx, { shown, flags, seconds, sound = asByDefault, file = 'song.mp3' }) => ({
  command: `${command} ${shown}`,
  cost: songs(1),
  seconds: SECONDS,
  run: async (place) => isSound(place, await sing(mmx, place, file, ...flags), { ...sound, seconds }),
})

const twoPrompts = (mmx) => ({
  command: `${command} --lyrics-file, two prompts`,
  cost: songs(2),
  seconds: SECONDS,
  async run(place) {
    writeFileSync(inWork(place, 'song.txt'), VERSE)
    const pop = await sing(mmx, place, 'pop.mp3', '--prompt', 'pop', '--lyrics-file', 'song.txt')
    areDifferent(pop, await sing(mmx, place, 'rock.mp3', '--prompt', 'rock', '--lyrics-file', 'song.txt'))
    await isSound(place, pop, { ...asByDefault, seconds: [10, 90] })
  },
})

const byUrl = (mmx) => ({
  command: `${command} --output-format url`,
  cost: songs(1),
  seconds: SECONDS,
  async run(place) {
    const asked = ['--prompt', 'upbeat pop', '--lyrics', LINE, '--output-format', 'url']
    const result = await mmx(place, 'music', 'generate', ...asked)
    succeeded(result)
    const answer = await fetch(/https?:\/\/\S+/i.exec(result.stdout)?.[0])
    writeFileSync(inWork(place, 'fetched.mp3'), Buffer.from(await answer.arrayBuffer()))
    await isSound(place, inWork(place, 'fetched.mp3'), { ...asByDefault, seconds: oneLine })
  },
})

const streamed = (mmx) => ({
  command: `${command} --stream`,
  cost: songs(1),
  seconds: SECONDS,
  async run(place) {
    const file = inWork(place, 'streamed.mp3')
    const asked = ['--prompt', 'upbeat pop', '--lyrics', LINE, '--stream']
    succeeded(await mmx.into(place, file, 'music', 'generate', ...asked))
    await isSound(place, file, { ...asByDefault, seconds: oneLine })
  },
})

/** A cover is as long as what it covers. */
const cover = (mmx, { shown, flags }) => ({
  command: `mmx music cover ${shown}`,
  cost: covers(1),
  seconds: SECONDS,
  async run(place) {
    const original = await recording(place, 12, 'original.mp3')
    const file = inWork(place, 'cover.mp3')
    const asked = ['--prompt', 'indie folk, acoustic guitar', '--audio-file', original, ...flags]
    succeeded(await mmx(place, 'music', 'cover', ...asked, '--out', file), 'cover.mp3')
    await isSound(place, file, { ...asByDefault, seconds: [10, 14] })
  },
})

const coverOfUrl = (mmx) => ({
  command: 'mmx music cover --audio, of a song made here',
  cost: { ...songs(1), ...covers(1) },
  seconds: SECONDS,
  async run(place) {
    const asked = ['--prompt', 'upbeat pop', '--lyrics', LINE, '--output-format', 'url']
    const { stdout } = await mmx(place, 'music', 'generate', ...asked)
    const file = inWork(place, 'cover.mp3')
    const from = ['--prompt', 'slow piano jazz', '--audio', stdout.trim(), '--seed', '42']
    succeeded(await mmx(place, 'music', 'cover', ...from, '--out', file))
    await isSound(place, file, { ...asByDefault, seconds: oneLine })
  },
})

export const musicSteps = (mmx) => [
  ...kinds.map((kind) => ofKind(mmx, kind)),
  twoPrompts(mmx),
  byUrl(mmx),
  streamed(mmx),
  cover(mmx, { shown: '--audio-file', flags: [] }),
  cover(mmx, { shown: '--audio-file --lyrics', flags: ['--lyrics', LINE] }),
  coverOfUrl(mmx),
]
