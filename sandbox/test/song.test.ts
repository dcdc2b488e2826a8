import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeSong, planSong, type SongOrder } from '../src/lab/makers/song.ts'
import { band } from '../src/lab/music/band.ts'
import { formOfLyrics } from '../src/lab/music/form.ts'
import { genres } from '../src/lab/music/genres.ts'
import { render } from '../src/lab/music/render.ts'
import { soundBank } from '../src/lab/music/sound-bank.ts'
import { readStyle } from '../src/lab/music/style.ts'
import { countSyllables } from '../src/lab/music/syllables.ts'

const spec = { format: 'mp3', sampleRate: 16_000, bitrate: 32_000, channels: 2 } as const
const order = (prompt: string, more: Partial<SongOrder> = {}): SongOrder => ({
  seed: 'tokenplan',
  prompt,
  spec,
  streams: false,
  ...more,
})
const LINES = [
  '[Verse]',
  'Walking down the empty street',
  'I hear the echo of my feet',
  '[Chorus]',
  'We sing',
]

test('the sound bank has every key of every player', async () => {
  const { presets } = await soundBank()
  for (const [name, { program, low, high }] of Object.entries(band)) {
    const isKit = name.startsWith('drum')
    const preset = presets.find((one) => one.program === program && one.isGMGSDrum === isKit)
    assert.ok(preset, name)
    const keys = isKit ? [36, 42, 46] : Array.from({ length: high - low + 1 }, (_, i) => low + i)
    for (const key of keys) assert.ok(preset.getVoiceParameters(key, 80).length > 0, `${name} ${key}`)
  }
})

test('players stay inside their samples, whatever they play', async () => {
  const { presets } = await soundBank()
  for (const name of Object.keys(genres)) {
    const { score } = planSong(order(`${name} happy`, { lyrics: LINES.join('\n') }))
    for (const { part, key, velocity } of score.notes) {
      const preset = presets.find(
        (one) => one.program === score.players[part]?.program && one.isGMGSDrum === (part === 'drums'),
      )
      assert.ok((preset?.getVoiceParameters(key, velocity).length ?? 0) > 0, `${name}: ${part} ${key}`)
    }
  }
})

test('the prompt chooses tempo, key, genre and players', () => {
  const jazz = readStyle('Slow jazz with saxophone. BPM: 92. Key: B flat minor. Avoid: drums', 's')
  assert.equal(jazz.genre, 'jazz')
  assert.equal(jazz.tempoBpm, 92)
  assert.deepEqual([jazz.tonality.tonic, jazz.tonality.mode], [10, 'minor'])
  assert.equal(jazz.players.lead, band.saxophone)
  assert.equal(jazz.players.drums, undefined)
  assert.equal(readStyle('欢快的摇滚 电吉他', 's').genre, 'rock')
  assert.equal(readStyle('happy folk', 's').tonality.mode, 'major')
  assert.equal(readStyle('sad folk', 's').tonality.mode, 'minor')
})

test('a voice sings one note for each syllable', () => {
  assert.equal(countSyllables('Walking down the empty street'), 7)
  assert.equal(countSyllables('table made of time'), 5)
  assert.equal(countSyllables('月光落在窗前'), 6)
  const { score } = planSong(order('pop', { lyrics: LINES.slice(0, 3).join('\n') }))
  assert.equal(score.notes.filter(({ part }) => part === 'voice').length, 15)
})

test('tags give the form', () => {
  const kinds = (lyrics: string) => formOfLyrics(lyrics).map(({ kind }) => kind)
  assert.deepEqual(
    kinds('[Intro]\n[Verse 1]\na\nb\n[Pre-Chorus]\nc\n[Chorus]\nd\n[Solo]\n[Bridge]\ne\n[Outro]'),
    ['intro', 'verse', 'prechorus', 'chorus', 'interlude', 'bridge', 'outro', 'end'],
  )
  assert.deepEqual(kinds('la la\nla la\n\nlo lo\nlo lo'), ['intro', 'verse', 'chorus', 'outro', 'end'])
  assert.equal(
    formOfLyrics('[Verse]\n[whispered]\nla').find(({ kind }) => kind === 'verse')?.lines,
    1,
    'a tag that names no section is not sung',
  )
})

test('a song lasts as long as its lyrics, and at most five minutes', () => {
  const seconds = (lyrics: string, prompt = 'slow sad ambient') =>
    planSong(order(prompt, { lyrics })).durationMs / 1000
  const one = seconds('Hello world, this is my song')
  assert.ok(one > 5 && one <= 20, `${one} s`)
  for (const name of Object.keys(genres))
    assert.ok(seconds('Hello world, this is my song', `slow ${name}`) <= 20)
  const four = seconds(Array(4).fill('Hello world, this is my song').join('\n'))
  const twelve = seconds(Array(12).fill('Hello world, this is my song').join('\n'))
  assert.ok(one < four && four < twelve, `${one} ${four} ${twelve}`)
  assert.equal(seconds(Array(200).fill('Hello world, this is').join('\n')), 300)
})

test('a piece without a voice lasts 20 to 30 seconds, a cover as long as its model', () => {
  for (const name of Object.keys(genres)) {
    const piece = planSong(order(`${name} instrumental`))
    assert.ok(piece.durationMs >= 20_000 && piece.durationMs <= 30_000, `${name} ${piece.durationMs}`)
    assert.ok(piece.score.notes.every(({ part }) => part !== 'voice'))
  }
  for (const lengthMs of [6_000, 47_300, 290_000]) {
    for (const lyrics of [undefined, LINES.join('\n')]) {
      const { durationMs, score } = planSong(order('rock cover', { lengthMs, lyrics }))
      assert.equal(Math.round(durationMs), lengthMs)
      assert.ok(score.tempoBpm > 40 && score.tempoBpm < 220, `${score.tempoBpm}`)
    }
  }
  assert.equal(planSong(order('rock cover', { lengthMs: 360_000 })).durationMs, 300_000)
})

test('the same order gives the same file, another prompt or seed another', async () => {
  const bench = { piece: () => assert.fail('nothing was to be streamed'), gone: () => false }
  const make = async (more: Partial<SongOrder>) =>
    Buffer.from((await makeSong(order('folk', { lyrics: 'la la', lengthMs: 6_000, ...more }), bench)).bytes)
  const first = await make({})
  assert.deepEqual(await make({}), first)
  assert.notDeepEqual(await make({ prompt: 'folk flute' }), first)
  assert.notDeepEqual(await make({ seed: 'another' }), first)
})

test('pieces that are sent ahead make up the file', async () => {
  const pieces: Uint8Array[] = []
  const bench = { piece: (piece: Uint8Array) => void pieces.push(piece), gone: () => false }
  const { bytes } = await makeSong(order('pop', { lengthMs: 14_000, streams: true }), bench)
  assert.ok(pieces.length >= 3, `${pieces.length} pieces`)
  assert.deepEqual(Buffer.concat(pieces), Buffer.from(bytes))
})

test('a song is neither silent nor clipped, and fades out', async () => {
  const bench = { piece: () => undefined, gone: () => false }
  const wav = { ...spec, format: 'wav', channels: 1 } as const
  const { bytes } = await makeSong(order('pop', { lengthMs: 10_000, spec: wav }), bench)
  const samples = new Int16Array(bytes.slice(44).buffer)
  const pcm = Float32Array.from(samples, (sample) => sample / 32_768)
  const loudness = (from: number, to: number) =>
    Math.sqrt(
      pcm.subarray(from * 16_000, to * 16_000).reduce((sum, x) => sum + x * x, 0) / (16_000 * (to - from)),
    )
  for (let second = 0; second < 8; second += 1) {
    assert.ok(loudness(second, second + 1) > 0.02, `second ${second} is silent`)
  }
  assert.ok(loudness(9.8, 10) < 0.01, 'it fades out')
  assert.ok(
    pcm.every((x) => Math.abs(x) < 0.99),
    'it clips',
  )
})

test('work ends when nobody waits for it any more', async () => {
  const { score } = planSong(order('pop'))
  await assert.rejects(render(score, { durationMs: 60_000, gone: () => true }), /left/)
})
