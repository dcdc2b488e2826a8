import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { accepts, refusalOf, refuses } from './refusal-under-test.ts'
import {
  countCharacters,
  readSpeech,
  readSpeechAnswer,
  readSpeechAsync,
  readSpeechSocketStart,
  readSpeechSocketText,
} from './speech-request.ts'

const least = { model: 'speech-2.8-hd', text: 'Hello' }
const voice = (fields: object) => ({ voice_setting: fields })
const audio = (fields: object) => ({ audio_setting: fields })

describe('speech over HTTP', () => {
  test('what the gateway needs to know', () => {
    const body = { ...least, text: 'Hi, 世界 <#0.5#>', stream: true, unknown: { kept: [1] } }
    const units = 2 * 2 + 'Hi,  <#0.5#>'.length
    const request = { model: 'speech-2.8-hd', variant: '', units, divisible: true, stream: true, body }
    assert.deepEqual(readSpeech(body), request)
  })

  accepts(readSpeech, least, [
    {},
    { text: 'x'.repeat(9_999) },
    { text: '😀'.repeat(9_999) },
    { voice_setting: null, audio_setting: null, stream: null, timbre_weights: null },
    voice({}),
    voice({ voice_id: null, speed: null, emotion: null }),
    voice({
      voice_id: 'x',
      speed: 0.5,
      vol: 0.01,
      pitch: -12,
      emotion: 'neutral',
      english_normalization: true,
    }),
    voice({ speed: 2, vol: 10, pitch: 12, emotion: 'whisper', text_normalization: true, latex_read: false }),
    audio({ sample_rate: 8000, bitrate: 32_000, format: 'opus', channel: 2, force_cbr: true }),
    audio({ sample_rate: 44_100, bitrate: 256_000, format: 'pcmu_wav', channel: 1 }),
    { timbre_weights: [] },
    { timbre_weights: Array.from({ length: 4 }, () => ({ voice_id: 'x', weight: 100 })) },
    { voice_modify: { pitch: -100, intensity: 100, timbre: 0, sound_effects: 'robotic' } },
    { subtitle_enable: true, subtitle_type: 'word_streaming', output_format: 'url', language_boost: 'Thai' },
    { stream: true, output_format: 'hex', stream_options: { exclude_aggregated_audio: true } },
    { stream: false, output_format: 'url' },
  ])

  refuses(readSpeech, least, [
    [{ model: undefined }, 'model: missing, must be the id of a model'],
    [{ model: '' }, 'model: must be the id of a model, got ""'],
    [{ text: undefined }, 'text: missing, must be a text of 1 to 9,999 characters'],
    [{ text: '' }, 'text: must be 1 to 9,999 characters, got 0'],
    [{ text: 'x'.repeat(10_000) }, 'text: must be 1 to 9,999 characters, got 10,000'],
    [{ stream: 'true' }, 'stream: must be true or false, got "true"'],
    [{ stream: true, output_format: 'url' }, 'output_format: must be hex where stream is true, got "url"'],
    [{ output_format: 'base64' }, 'output_format: must be hex or url, got "base64"'],
    [{ voice_setting: 'x' }, 'voice_setting: must be an object, got "x"'],
    [voice({ voice_id: 7 }), 'voice_setting.voice_id: must be a text, got 7'],
    [voice({ speed: 0.4 }), 'voice_setting.speed: must be a number from 0.5 to 2, got 0.4'],
    [voice({ speed: 2.1 }), 'voice_setting.speed: must be a number from 0.5 to 2, got 2.1'],
    [voice({ vol: 0 }), 'voice_setting.vol: must be a number above 0 and at most 10, got 0'],
    [voice({ vol: 10.5 }), 'voice_setting.vol: must be a number above 0 and at most 10, got 10.5'],
    [voice({ pitch: 13 }), 'voice_setting.pitch: must be a whole number from -12 to 12, got 13'],
    [
      voice({ emotion: 'bored' }),
      'voice_setting.emotion: must be happy, sad, angry, fearful, disgusted, surprised, calm, fluent, whisper or neutral, got "bored"',
    ],
    [
      audio({ sample_rate: 48_000 }),
      'audio_setting.sample_rate: must be 8000, 16000, 22050, 24000, 32000 or 44100, got 48000',
    ],
    [audio({ bitrate: 1 }), 'audio_setting.bitrate: must be 32000, 64000, 128000 or 256000, got 1'],
    [
      audio({ format: 'aac' }),
      'audio_setting.format: must be mp3, pcm, flac, wav, pcmu_raw, pcmu_wav or opus, got "aac"',
    ],
    [audio({ channel: 3 }), 'audio_setting.channel: must be 1 or 2, got 3'],
    [
      { timbre_weights: Array.from({ length: 5 }, () => ({ voice_id: 'x', weight: 1 })) },
      'timbre_weights: must be a list of at most 4 voices, got a list of 5',
    ],
    [
      { timbre_weights: [{ voice_id: 'x', weight: 101 }] },
      'timbre_weights[0].weight: must be a whole number from 1 to 100, got 101',
    ],
    [
      { voice_modify: { timbre: 101 } },
      'voice_modify.timbre: must be a whole number from -100 to 100, got 101',
    ],
    [{ subtitle_type: 'line' }, 'subtitle_type: must be sentence, word or word_streaming, got "line"'],
  ])

  test('a pronunciation dictionary of a bad shape is dropped, a sound one stays', () => {
    const sent = (dictionary: unknown) => readSpeech({ ...least, pronunciation_dict: dictionary }).body
    for (const bad of [[{ tone: 'a', text: 'b' }], 'a/b', 7, { tone: 'a/b' }, { tone: [1] }]) {
      assert.deepEqual(sent(bad), least)
    }
    for (const sound of [{ tone: ['omg/oh my god'] }, { tone: [] }, {}, null]) {
      assert.deepEqual(sent(sound), { ...least, pronunciation_dict: sound })
    }
  })

  test('the bodies of mmx and of the MCP servers', () => {
    const audio_setting = { format: 'mp3', sample_rate: 32_000, bitrate: 128_000, channel: 1 }
    const mmx = {
      ...least,
      voice_setting: { voice_id: 'English_expressive_narrator', speed: undefined },
      audio_setting,
      output_format: 'hex',
      stream: false,
      subtitle_enable: true,
      pronunciation_dict: { tone: ['a/b'] },
      language_boost: 'English',
    }
    assert.equal(readSpeech(mmx).body, mmx)
    const mcp = {
      model: 'speech-02-hd',
      text: '你好',
      voice_setting: { voice_id: 'male-qn-qingse', speed: 1, vol: 1, pitch: 0, emotion: 'happy' },
      audio_setting,
      language_boost: 'auto',
      subtitle_enable: false,
      output_format: 'url',
    }
    assert.equal(readSpeech(mcp).units, 4)
  })
})

describe('speech over a WebSocket', () => {
  const event = { event: 'task_start', model: 'speech-2.8-hd', voice_setting: { voice_id: 'x' } }
  const start = readSpeechSocketStart(event)

  test('a start is checked as a request is, without its text', () => {
    assert.deepEqual(start, { model: 'speech-2.8-hd', body: event })
    const dropped = readSpeechSocketStart({ ...event, pronunciation_dict: [] })
    assert.deepEqual(dropped.body, event)
    const faster = () => readSpeechSocketStart({ ...event, voice_setting: { speed: 3 } })
    assert.equal(refusalOf(faster), 'voice_setting.speed: must be a number from 0.5 to 2, got 3')
  })

  test('each text is a request of its own, and its characters are its units', () => {
    const said = { event: 'task_continue', text: '你好.' }
    const request = { variant: '', units: 5, divisible: true, stream: true, body: said, model: start.model }
    assert.deepEqual(readSpeechSocketText(said, start), { kind: 'text', request })
    assert.equal(readSpeechSocketText({ text: '😀'.repeat(10_000) }, start).kind, 'text')
  })

  test('an empty text and one that is too long are skipped', () => {
    const codeOf = (text: string) => {
      const read = readSpeechSocketText({ text }, start)
      return read.kind === 'skipped' ? read.code : read.kind
    }
    assert.deepEqual(['', 'x'.repeat(10_001), '😀'.repeat(10_001)].map(codeOf), [2203, 2204, 2204])
    assert.equal(
      refusalOf(() => readSpeechSocketText({}, start)),
      'text: missing, must be a text',
    )
  })
})

describe('asynchronous speech', () => {
  const read = readSpeechAsync
  const model = 'speech-2.8-hd'

  test('text is counted here, a file by whoever holds it', () => {
    const text = read({ model, text: '世界' })
    assert.equal(text.kind === 'text' && text.request.units, 4)
    const body = { model, text_file_id: 205_258_526_306_433 }
    const file = read(body)
    assert.ok(file.kind === 'file')
    assert.equal(file.textFileId, 205_258_526_306_433)
    const request = { model, variant: '', units: 6, divisible: true, stream: false, body }
    assert.deepEqual(file.requestOf('世界 !'), request)
  })

  accepts(read, { model }, [
    { text: 'x'.repeat(50_000), text_file_id: null },
    { text: null, text_file_id: 1, audio_setting: { audio_sample_rate: 44_100, channel: 2 } },
  ])
  refuses(read, { model }, [
    [{}, 'text: missing, must be 1 to 50,000 characters, or text_file_id must be given'],
    [{ text: 'x'.repeat(50_001) }, 'text: must be 1 to 50,000 characters, got 50,001'],
    [{ text: 'x', text_file_id: 1 }, 'text_file_id: must be left out where text is given, got 1'],
    [{ text_file_id: '1' }, 'text_file_id: must be the number of a file, got "1"'],
    [
      { text: 'x', audio_setting: { audio_sample_rate: 1 } },
      'audio_setting.audio_sample_rate: must be 8000, 16000, 22050, 24000, 32000 or 44100, got 1',
    ],
  ])
})

describe('counting characters', () => {
  const counts: [string, number][] = [
    ['', 0],
    ['Hello, world!', 13],
    ['你好', 4],
    ['你好。', 5],
    ['𠮷', 2],
    ['々〇⺀', 6],
    ['ひらがな', 4],
    ['한국어', 3],
    ['😀👍🏽', 3],
    ['(laughs)<#0.50#>', 16],
    ['\ud800x\udc00', 3],
  ]
  for (const [text, units] of counts) {
    test(`${JSON.stringify(text)} counts ${units}`, () => assert.equal(countCharacters(text), units))
  }

  test('is that of a text in which every Han character is written as two others', () => {
    const han = fc.integer({ min: 0x2e00, max: 0x323af }).map((point) => String.fromCodePoint(point))
    const text = fc.array(fc.oneof(han, fc.string({ unit: 'binary' }), fc.string()), { maxLength: 20 })
    fc.assert(
      fc.property(text, (pieces) => {
        const joined = pieces.join('')
        const spelled = joined.replace(/\p{Script=Han}/gu, '..')
        assert.equal(countCharacters(joined), Array.from(spelled).length)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})

describe('the answer to speech', () => {
  test('audio, extra_info and the characters the engine counted', () => {
    const extra_info = { audio_length: 1200, usage_characters: 5 }
    const json = { data: { audio: '4944', status: 2 }, extra_info, base_resp: { status_code: 0 } }
    const answer = { audio: '4944', extraInfo: extra_info, usageCharacters: 5 }
    assert.deepEqual(readSpeechAnswer(json), answer)
  })

  for (const json of [null, 'x', [], {}, { data: null }, { data: { audio: '' } }, { extra_info: 7 }]) {
    test(`${JSON.stringify(json)} holds no audio`, () => {
      assert.deepEqual(readSpeechAnswer(json), { audio: null, extraInfo: {}, usageCharacters: null })
    })
  }

  for (const usage_characters of [-1, 1.5, 'x', 2 ** 60]) {
    test(`usage_characters ${usage_characters} is no count`, () => {
      assert.equal(readSpeechAnswer({ extra_info: { usage_characters } }).usageCharacters, null)
    })
  }
})
