import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { openaiImagesAnswer, readOpenaiImages, readOpenaiSpeech } from './openai-media.ts'
import { accepts, refuses } from './refusal-under-test.ts'

describe("speech in OpenAI's shape", () => {
  const least = { model: 'tts-1', input: '你好!', voice: 'alloy' }
  const read = readOpenaiSpeech

  test('becomes a request of the native wire', () => {
    assert.deepEqual(read({ ...least, instructions: 'Whisper', unknown: 1 }), {
      model: 'tts-1',
      variant: '',
      units: 5,
      divisible: true,
      stream: false,
      body: {
        model: 'tts-1',
        text: '你好!',
        stream: false,
        voice_setting: { voice_id: 'English_expressive_narrator' },
        audio_setting: { format: 'mp3' },
        output_format: 'hex',
      },
      contentType: 'audio/mpeg',
      streamFormat: 'audio',
    })
  })

  test('as events, the engine streams, and does not send the whole once more', () => {
    const speech = read({ ...least, stream_format: 'sse', speed: 1.5, response_format: 'pcm' })
    assert.deepEqual([speech.stream, speech.streamFormat, speech.contentType], [true, 'sse', 'audio/pcm'])
    assert.deepEqual(speech.body, {
      model: 'tts-1',
      text: '你好!',
      stream: true,
      stream_options: { exclude_aggregated_audio: true },
      voice_setting: { voice_id: 'English_expressive_narrator', speed: 1.5 },
      audio_setting: { format: 'pcm', sample_rate: 24_000 },
      output_format: 'hex',
    })
  })

  const voices: [unknown, string | undefined][] = [
    ['onyx', 'English_ManWithDeepVoice'],
    ['Nova', 'English_Upbeat_Woman'],
    ['male-qn-qingse', 'male-qn-qingse'],
    [{ id: 'MyVoice1' }, 'MyVoice1'],
    [{ id: 'alloy' }, 'alloy'],
    ['', undefined],
    [null, undefined],
  ]
  for (const [voice, id] of voices) {
    test(`the voice ${JSON.stringify(voice)} is ${id}`, () =>
      assert.deepEqual(read({ ...least, voice }).body.voice_setting, id ? { voice_id: id } : {}))
  }

  test('each of the names of OpenAI is a voice of its own', () => {
    const names = 'alloy ash ballad cedar coral echo fable marin nova onyx sage shimmer verse'.split(' ')
    const ids = names.map((voice) => JSON.stringify(read({ ...least, voice }).body.voice_setting))
    assert.equal(new Set(ids).size, names.length)
    assert.ok(ids.every((id) => id.includes('English_')))
  })

  const types: [string, string][] = [
    ['mp3', 'audio/mpeg'],
    ['opus', 'audio/ogg'],
    ['flac', 'audio/flac'],
    ['wav', 'audio/wav'],
    ['pcm', 'audio/pcm'],
  ]
  for (const [response_format, contentType] of types) {
    test(`${response_format} is ${contentType}`, () =>
      assert.equal(read({ ...least, response_format }).contentType, contentType))
  }

  accepts(read, least, [
    { model: 'speech-2.6-turbo', input: 'x'.repeat(9_999), voice: undefined },
    { speed: 0.5, response_format: null, stream_format: null, instructions: null },
    { stream_format: 'sse', response_format: 'flac', speed: 2 },
  ])
  refuses(read, least, [
    [{ model: undefined }, 'model: missing, must be the id of a model'],
    [{ input: '' }, 'input: must be 1 to 9,999 characters, got 0'],
    [{ input: 'x'.repeat(10_000) }, 'input: must be 1 to 9,999 characters, got 10,000'],
    [{ voice: 7 }, 'voice: must be the name of a voice, got 7'],
    [{ voice: {} }, 'voice: must be the name of a voice, got an object'],
    [{ response_format: 'aac' }, 'response_format: must be mp3, opus, flac, wav or pcm, got "aac"'],
    [{ speed: 0.25 }, 'speed: must be a number from 0.5 to 2, got 0.25'],
    [{ speed: 4 }, 'speed: must be a number from 0.5 to 2, got 4'],
    [{ stream_format: 'chunks' }, 'stream_format: must be audio or sse, got "chunks"'],
    [
      { stream_format: 'sse', response_format: 'wav' },
      'response_format: must be mp3, opus, flac or pcm where stream_format is sse, got "wav"',
    ],
  ])
})

describe("images in OpenAI's shape", () => {
  const least = { prompt: 'A cat' }
  const read = readOpenaiImages

  test('become a request of the native wire', () => {
    const ignored = { quality: 'hd', style: 'vivid', background: 'auto', user: 'x', output_format: 'png' }
    assert.deepEqual(read({ ...least, model: 'dall-e-3', n: 2, size: '1792x1024', ...ignored }), {
      model: 'dall-e-3',
      variant: '',
      units: 2,
      divisible: true,
      stream: false,
      body: {
        model: 'dall-e-3',
        prompt: 'A cat',
        n: 2,
        width: 1792,
        height: 1024,
        response_format: 'url',
      },
      format: 'url',
    })
    assert.deepEqual(read(least).body, { model: 'image-01', prompt: 'A cat', n: 1, response_format: 'url' })
  })

  const formats: [object, string, string][] = [
    [{}, 'url', 'url'],
    [{ model: 'dall-e-2' }, 'url', 'url'],
    [{ model: 'image-01', response_format: 'b64_json' }, 'b64_json', 'base64'],
    [{ model: 'gpt-image-1-mini' }, 'b64_json', 'base64'],
    [{ model: 'gpt-image-1', response_format: 'url' }, 'url', 'url'],
  ]
  for (const [fields, format, native] of formats) {
    test(`${JSON.stringify(fields)} come as ${format}`, () => {
      const images = read({ ...least, ...fields })
      assert.deepEqual([images.format, images.body.response_format], [format, native])
    })
  }

  const sizes: [unknown, number | undefined, number | undefined][] = [
    ['1024x1024', 1024, 1024],
    ['1024x1536', 1024, 1536],
    ['256x256', 512, 512],
    ['256x512', 512, 1024],
    ['1000x1001', 1000, 1000],
    ['1000x1004', 1000, 1008],
    ['3840x2160', 2048, 1152],
    ['100x1000', 512, 2048],
    ['auto', undefined, undefined],
    [null, undefined, undefined],
  ]
  for (const [size, width, height] of sizes) {
    test(`size ${size} is ${width} by ${height}`, () => {
      const { body } = read({ ...least, size })
      assert.deepEqual([body.width, body.height], [width, height])
    })
  }

  test('any size becomes one the provider makes', () => {
    const side = fc.integer({ min: 10, max: 99_999 })
    fc.assert(
      fc.property(side, side, (width, height) => {
        assert.doesNotThrow(() => read({ ...least, size: `${width}x${height}` }))
      }),
      { seed: 1, numRuns: 200 },
    )
  })

  accepts(read, least, [
    { n: 9, size: 'auto', stream: false },
    { model: null, n: null, response_format: null, stream: null },
  ])
  refuses(read, least, [
    [{ prompt: undefined }, 'prompt: missing, must be a text of 1 to 1,500 characters'],
    [{ prompt: 'x'.repeat(1_501) }, 'prompt: must be 1 to 1,500 characters, got 1,501'],
    [{ n: 10 }, 'n: must be a whole number from 1 to 9, got 10'],
    [{ size: 'big' }, 'size: must be auto or a size such as 1024x1536, got "big"'],
    [{ size: '0x512' }, 'size: must be auto or a size such as 1024x1536, got "0x512"'],
    [{ response_format: 'base64' }, 'response_format: must be url or b64_json, got "base64"'],
    [{ stream: true }, 'stream: must be false, as images are not streamed, got true'],
  ])
})

describe("an answer in OpenAI's shape", () => {
  const urls = { data: { image_urls: ['http://host/1', 'http://host/2'] } }
  const texts = { data: { image_base64: ['AAAA'] } }
  const url = [{ url: 'http://host/1' }, { url: 'http://host/2' }]

  test('has the pictures in the form that was asked for', () => {
    assert.deepEqual(openaiImagesAnswer(urls, 7, 'url'), { created: 7, data: url })
    assert.deepEqual(openaiImagesAnswer(texts, 7, 'b64_json').data, [{ b64_json: 'AAAA' }])
  })

  test('or in the form the engine sent, and none where it sent none', () => {
    assert.deepEqual(openaiImagesAnswer(urls, 7, 'b64_json').data, url)
    assert.deepEqual(openaiImagesAnswer(texts, 7, 'url').data, [{ b64_json: 'AAAA' }])
    for (const json of [null, {}, { data: null }, { data: { image_urls: 'x' } }]) {
      assert.deepEqual(openaiImagesAnswer(json, 7, 'url').data, [])
    }
  })
})
