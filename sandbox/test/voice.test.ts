import assert from 'node:assert/strict'
import { test } from 'node:test'
import { durationMsOf, type Pcm } from '../src/lab/audio/pcm.ts'
import { partsOf, wordsOf } from '../src/lab/voice/script.ts'
import { spell } from '../src/lab/voice/spell.ts'
import { say } from '../src/lab/voice/voice.ts'
import { systemVoices } from '../src/media/system-voices.ts'
import { countWords, invisibleRatio, usageCharacters } from '../src/media/usage-characters.ts'
import { openVoiceBook, timbreOf } from '../src/media/voice-book.ts'

const sentences = (text: string) =>
  partsOf(text).map((part) => (part.kind === 'sentence' ? part.text : part.durationMs))

test('a text is cut at the ends of its sentences', () => {
  assert.deepEqual(sentences('One, two. Three 3.14 e.g! "Four?" Five\nsix'), [
    'One, two.',
    'Three 3.14 e.g!',
    '"Four?"',
    'Five',
    'six',
  ])
  assert.deepEqual(sentences('你好。今天好吗？“好！”走'), ['你好。', '今天好吗？', '“好！”走'])
  assert.deepEqual(sentences('  '), [])
  // Marks and spaces without end take no time.
  const started = performance.now()
  for (const filling of [' ', '\n', ' \n', '"', '. ', '<#', '(', 'a'])
    sentences(`.${filling.repeat(100_000)}x`)
  assert.ok(performance.now() - started < 2_000)
})

test('pauses stand between sentences, ten minutes of them at most', () => {
  assert.deepEqual(sentences('One<#0.5#>two <#12#> three'), ['One', 500, 'two', 12_000, 'three'])
  assert.deepEqual(sentences('a <#100#> b <#0#> c <#x#>'), ['a <#100#> b', 'c <#x#>'])
  const pauses = sentences('<#99.99#>'.repeat(50)).filter((part) => typeof part === 'number')
  assert.equal(
    pauses.reduce((sum, durationMs) => sum + durationMs, 0),
    600_000,
  )
})

test('a long sentence is cut at a comma, a space, or anywhere, and nothing is lost', () => {
  for (const text of ['word, '.repeat(300), 'word '.repeat(300), 'w'.repeat(1_000), '😀'.repeat(500)]) {
    const pieces = sentences(text) as string[]
    assert.ok(pieces.length > 1 && pieces.every((piece) => piece.length <= 240))
    assert.equal(pieces.join('').replace(/\s/g, ''), text.replace(/\s/g, ''))
    assert.ok(!pieces.some((piece) => /[\uD800-\uDBFF]$|^[\uDC00-\uDFFF]/.test(piece)))
  }
})

test('words of a subtitle', () => {
  assert.deepEqual(wordsOf('Hello, big world!'), ['Hello,', 'big', 'world!'])
  assert.deepEqual(wordsOf('我有3个，ok'), ['我', '有', '3', '个，', 'ok'])
})

test('every script has a sound, and what has none is left out', async () => {
  const cases: readonly [string, RegExp][] = [
    ['Hello, world!', /^Hello, world!$/],
    ['naïve café', /^naive cafe$/],
    ['你好', /^nee how$/],
    ['重庆 银行', /choong ching .*hong/],
    ['Привет', /^preevyet$/],
    ['γειά', /^geeea$/],
    ['カタカナ ひらがな', /^kahtahkahnah heerahgahnah$/],
    ['안녕', /^ahnnyohng$/],
    ['١٢٣ ४५ 5€', /^123 45 5 euros$/],
    ['ＡＢＣ　１', /^ABC 1$/],
    ['مرحبا', /^[a-z]{8,}$/],
    ['😀 🎉', /^$/],
    ['well (laughs) ok (sighs)(gasps)', /^well ha ha ha, ok ah, ah,$/],
    ['(not a tag)', /^\(not a tag\)$/],
  ]
  for (const [text, spelled] of cases) assert.match(await spell(text), spelled, text)
  assert.ok((await spell('a'.repeat(200), [['a', 'b'.repeat(100_000)]])).length < 10_000)
  assert.equal(await spell('omg no', [['omg', 'oh my god']]), 'oh my god no')
})

const rms = { base: 'rms', semitones: 0, stretch: 1 } as const
const plain = { timbre: rms, speed: 1, volume: 1, semitones: 0 }
const loudness = ({ channels: [samples = new Float32Array(0)] }: Pcm) =>
  Math.sqrt(samples.reduce((sum, sample) => sum + sample ** 2, 0) / samples.length)

test('speed, volume and pitch are heard', async () => {
  const text = 'A sentence that takes some time to say.'
  const usual = await say(text, plain)
  const ratio = (other: Pcm) => durationMsOf(other) / durationMsOf(usual)
  assert.ok(Math.abs(ratio(await say(text, { ...plain, speed: 2 })) - 0.5) < 0.03)
  assert.ok(Math.abs(ratio(await say(text, { ...plain, speed: 0.5 })) - 2) < 0.03)
  const quiet = await say(text, { ...plain, volume: 0.1 })
  assert.ok(Math.abs(loudness(quiet) / loudness(usual) - 0.1) < 0.01)
  const loud = await say(text, { ...plain, volume: 10 })
  assert.ok(loudness(loud) > 2 * loudness(usual))
  assert.ok(loud.channels[0]?.every((sample) => Math.abs(sample) <= 1))
  for (const semitones of [-12, 12]) {
    const moved = await say(text, { ...plain, semitones })
    assert.ok(Math.abs(ratio(moved) - 1) < 0.03)
    assert.notDeepEqual(moved, usual)
  }
  assert.deepEqual(await say(text, plain), usual)
})

test('text without a sound is a moment of silence', async () => {
  for (const text of ['', '...', '!?']) {
    const pcm = await say(text, plain)
    assert.ok(durationMsOf(pcm) >= 100 && loudness(pcm) < 0.001)
  }
})

test('voices differ, keep what they are, and are enough', () => {
  const book = openVoiceBook()
  assert.ok(systemVoices.length >= 30)
  assert.equal(new Set(systemVoices.map(({ id }) => id)).size, systemVoices.length)
  const timbres = systemVoices.map(({ id }) => book.timbre(id))
  assert.equal(new Set(timbres.map((timbre) => JSON.stringify(timbre))).size, systemVoices.length)
  for (const { id, sex } of systemVoices) assert.equal(book.timbre(id)?.base === 'slt', sex === 'female', id)
  assert.equal(book.timbre('nobody'), undefined)
  assert.equal(timbreOf('x', 'an old woman').base, 'slt')
  assert.notEqual(timbreOf('x', 'a man with a deep voice').base, 'slt')
  assert.ok(timbreOf('x', 'a young man').semitones > timbreOf('x', 'a deep man').semitones)
})

test('characters, words and what nobody sees', () => {
  assert.equal(usageCharacters('Hello, 世界! 😀'), 6 + 1 + 4 + 1 + 1 + 1)
  assert.equal(usageCharacters('こんにちは、カタカナ。'), 11)
  assert.equal(usageCharacters('𠀀'), 2)
  assert.equal(usageCharacters('〇'), 2)
  assert.equal(countWords("It's 3 o’clock, 你好!"), 5)
  assert.equal(invisibleRatio('a\n\tb'), 0)
  assert.equal(invisibleRatio('a\u200b'), 0.5)
})
