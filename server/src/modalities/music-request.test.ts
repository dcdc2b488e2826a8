import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readCoverPreprocess, readLyrics, readSong, readSongAnswer } from './music-request.ts'
import { MEGABYTE } from './picture-field.ts'
import { accepts, refuses } from './refusal-under-test.ts'

const sung = { model: 'music-2.6', prompt: 'Indie folk', lyrics: '[Verse]\nLa' }
const audio = (fields: object) => ({ audio_setting: fields })
const base64Of = (bytes: number) => Buffer.alloc(bytes).toString('base64')

describe('songs', () => {
  test('what the gateway needs to know', () => {
    const body = { ...sung, stream: true, unknown: 'kept' }
    const request = { model: 'music-2.6', variant: '', units: 1, divisible: false, stream: true, body }
    assert.deepEqual(readSong(body), request)
    assert.equal(readSong(sung).stream, false)
  })

  accepts(readSong, sung, [
    ...['music-2.6-free', 'music-2.5+', 'music-2.5', 'music-2.0', 'own-music'].map((model) => ({ model })),
    { prompt: undefined },
    { prompt: '', lyrics: 'x'.repeat(3_500) },
    { prompt: 'x'.repeat(2_000), lyrics: undefined, lyrics_optimizer: true },
    { lyrics: null, is_instrumental: true, lyrics_optimizer: null },
    { lyrics: '', is_instrumental: true },
    { stream: true, output_format: 'hex', aigc_watermark: true },
    { stream: false, output_format: 'url', seed: 42 },
    audio({ sample_rate: 44_100, bitrate: 256_000, format: 'mp3', channel: 2 }),
    audio({ sample_rate: null, format: 'pcm' }),
  ])

  refuses(readSong, sung, [
    [{ model: undefined }, 'model: missing, must be the id of a model'],
    [{ model: 'lyrics_generation' }, 'model: must be a model that makes songs, got "lyrics_generation"'],
    [
      { model: 'Music-Cover-Preprocess' },
      'model: must be a model that makes songs, got "Music-Cover-Preprocess"',
    ],
    [{ prompt: 'x'.repeat(2_001) }, 'prompt: must be at most 2,000 characters, got 2,001'],
    [{ lyrics: 'x'.repeat(3_501) }, 'lyrics: must be at most 3,500 characters, got 3,501'],
    [
      { lyrics: null },
      'lyrics: missing, must be 1 to 3,500 characters, or lyrics_optimizer or is_instrumental true',
    ],
    [
      { lyrics: '' },
      'lyrics: must be 1 to 3,500 characters, or lyrics_optimizer or is_instrumental true, got ""',
    ],
    [{ is_instrumental: true, prompt: undefined }, 'prompt: missing, must be 1 to 2,000 characters'],
    [{ lyrics_optimizer: true, prompt: '' }, 'prompt: must be 1 to 2,000 characters, got ""'],
    [{ is_instrumental: 'yes' }, 'is_instrumental: must be true or false, got "yes"'],
    [{ stream: true, output_format: 'url' }, 'output_format: must be hex where stream is true, got "url"'],
    [{ output_format: 'mp3' }, 'output_format: must be hex or url, got "mp3"'],
    [
      audio({ sample_rate: 22_050 }),
      'audio_setting.sample_rate: must be 16000, 24000, 32000 or 44100, got 22050',
    ],
    [audio({ bitrate: 1 }), 'audio_setting.bitrate: must be 32000, 64000, 128000 or 256000, got 1'],
    [audio({ format: 'flac' }), 'audio_setting.format: must be mp3, wav or pcm, got "flac"'],
  ])

  test('the bodies of mmx and of the MCP server', () => {
    const audio_setting = { format: 'mp3', sample_rate: 44_100, bitrate: 256_000 }
    const made = { audio_setting, output_format: 'hex', stream: false }
    const bodies = [
      { ...sung, ...made },
      { ...sung, lyrics: undefined, is_instrumental: true, ...made },
      { ...sung, lyrics: undefined, lyrics_optimizer: true, ...made, output_format: 'url' },
      { model: 'music-2.0', prompt: 'Pop', lyrics: 'La', audio_setting },
    ]
    for (const body of bodies) assert.equal(readSong(body).body, body)
  })
})

const cover = { model: 'music-cover', prompt: 'Jazz, piano, slow' }
const url = { audio_url: 'https://host/song.mp3' }
const ways = 'audio_url, audio_base64 or cover_feature_id'

describe('covers', () => {
  accepts(readSong, cover, [
    { ...url, model: 'music-cover-free', prompt: 'x'.repeat(300) },
    { audio_base64: base64Of(7), audio_url: null, lyrics: 'x'.repeat(10) },
    { cover_feature_id: 'f'.repeat(32), lyrics: 'x'.repeat(1_000), audio_base64: null },
    { ...url, seed: 7, audio_setting: { format: 'mp3', channel: undefined }, stream: true },
  ])
  refuses(readSong, cover, [
    [{}, `${ways}: missing, must be given, one of them alone`],
    [
      { ...url, cover_feature_id: 'f' },
      `${ways}: must be given, one of them alone, got "audio_url, cover_feature_id"`,
    ],
    [{ ...url, prompt: 'Jazz' }, 'prompt: must be 10 to 300 characters, got 4'],
    [{ ...url, prompt: 'x'.repeat(301) }, 'prompt: must be 10 to 300 characters, got 301'],
    [{ ...url, lyrics: 'La' }, 'lyrics: must be 10 to 1,000 characters, got 2'],
    [
      { ...url, stream: true, output_format: 'url' },
      'output_format: must be hex where stream is true, got "url"',
    ],
    [{ audio_url: 'song.mp3' }, 'audio_url: must be an http(s) URL, got "song.mp3"'],
    [
      { audio_base64: base64Of(50 * MEGABYTE + 1) },
      `audio_base64: must be a recording of at most 50 MB in base64, got "${'A'.repeat(100)}"… (69,905,068 characters)`,
    ],
  ])

  test('the largest recording', () => {
    assert.doesNotThrow(() => readSong({ ...cover, audio_base64: base64Of(50 * MEGABYTE) }))
  })
})

describe('the preprocessing of a cover', () => {
  test('goes by an id of ours, whatever model it names, and counts no song', () => {
    const body = { model: 'music-cover', ...url }
    const model = 'music-cover-preprocess'
    // It makes no song, so it counts none.
    const request = { model, variant: '', units: 0, divisible: false, stream: false, body }
    assert.deepEqual(readCoverPreprocess(body), request)
  })
  accepts(readCoverPreprocess, {}, [{ audio_base64: base64Of(1) }, { ...url, audio_base64: null }])
  refuses(readCoverPreprocess, {}, [
    [{}, 'audio_url or audio_base64: missing, must be given, one of them alone'],
    [
      { ...url, audio_base64: base64Of(1) },
      'audio_url or audio_base64: must be given, one of them alone, got "audio_url, audio_base64"',
    ],
  ])
})

describe('lyrics', () => {
  const least = { mode: 'write_full_song' }
  test('go by an id of ours', () => {
    const request = { variant: '', units: 1, divisible: false, stream: false, body: least }
    assert.deepEqual(readLyrics(least), { model: 'lyrics_generation', ...request })
  })
  accepts(readLyrics, least, [
    { prompt: 'x'.repeat(2_000), lyrics: null },
    { mode: 'edit', lyrics: 'x'.repeat(3_500), title: 'Song' },
  ])
  refuses(readLyrics, least, [
    [{ mode: undefined }, 'mode: missing, must be write_full_song or edit'],
    [{ mode: 'poem' }, 'mode: must be write_full_song or edit, got "poem"'],
    [{ prompt: 'x'.repeat(2_001) }, 'prompt: must be at most 2,000 characters, got 2,001'],
    [{ lyrics: 'x'.repeat(3_501) }, 'lyrics: must be at most 3,500 characters, got 3,501'],
    [{ title: 7 }, 'title: must be a text, got 7'],
  ])
})

describe('the answer to a song', () => {
  test('audio, extra_info and its length', () => {
    const extra_info = { music_duration: 61_000, music_size: 7 }
    const answer = { audio: '4944', extraInfo: extra_info, durationMs: 61_000 }
    assert.deepEqual(readSongAnswer({ data: { audio: '4944', status: 2 }, extra_info }), answer)
    assert.equal(readSongAnswer({ data: { audio_url: 'http://host/a' } }).audio, 'http://host/a')
  })
  for (const json of [null, {}, { data: null }, { data: { audio: '', status: 1 } }]) {
    test(`${JSON.stringify(json)} holds none`, () =>
      assert.deepEqual(readSongAnswer(json), { audio: null, extraInfo: {}, durationMs: null }))
  }
})
