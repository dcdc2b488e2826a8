import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dataOf, engine } from './engine.ts'

const { post, url } = await engine()

const SETTING = { format: 'wav', sample_rate: 16_000, bitrate: 32_000, channel: 1 }
const LINE = 'Hello world, this is my song'

async function make(body: object, path = '/v1/music_generation') {
  const answer = await post(path, { model: 'music-2.6', audio_setting: SETTING, ...body })
  assert.equal(answer.status, 200)
  const json = await answer.json()
  assert.equal(answer.headers.get('trace-id'), json.trace_id)
  return json
}

async function refused(body: object, path?: string): Promise<[number, string]> {
  const { base_resp, data } = await make(body, path)
  assert.equal(data, undefined)
  return [base_resp.status_code, base_resp.status_msg]
}

/** A wav file of so many seconds of a tone. */
function tone(seconds: number, pitchHz = 440): Buffer {
  const rate = 8_000
  const samples = Int16Array.from({ length: seconds * rate }, (_, i) =>
    Math.round(9_000 * Math.sin((2 * Math.PI * pitchHz * i) / rate)),
  )
  const head = Buffer.alloc(44)
  head.write('RIFF')
  head.writeUInt32LE(36 + samples.byteLength, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(rate, 24)
  head.writeUInt32LE(rate * 2, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(samples.byteLength, 40)
  return Buffer.concat([head, Buffer.from(samples.buffer)])
}

const sixSeconds = { audio_base64: tone(6).toString('base64') }

test('a song of one line is a wav file as long as it says', async () => {
  const { data, extra_info, base_resp, analysis_info, trace_id } = await make({
    prompt: 'folk',
    lyrics: LINE,
  })
  assert.deepEqual(base_resp, { status_code: 0, status_msg: 'success' })
  assert.match(trace_id, /^[0-9a-f]{32}$/)
  assert.equal(analysis_info, null)
  assert.equal(data.status, 2)
  const wav = Buffer.from(data.audio, 'hex')
  assert.equal(wav.toString('latin1', 0, 4), 'RIFF')
  assert.equal(wav.readUInt32LE(24), 16_000)
  assert.equal(wav.readUInt16LE(22), 1)
  const seconds = wav.readUInt32LE(40) / 2 / 16_000
  assert.ok(seconds > 5 && seconds <= 20, `${seconds} s`)
  assert.ok(Math.abs(extra_info.music_duration - seconds * 1000) < 2)
  assert.equal(extra_info.music_size, wav.length)
  assert.deepEqual(
    [extra_info.music_sample_rate, extra_info.music_channel, extra_info.bitrate],
    [16_000, 1, 32_000],
  )
})

test('what is left out is mp3 in stereo at 44.1 kHz and 256 kbit/s', async () => {
  const { data, extra_info } = await make({ prompt: 'pop', lyrics: 'La', audio_setting: undefined })
  const mp3 = Buffer.from(data.audio, 'hex')
  // MPEG-1 layer III without a checksum; 256 kbit/s at 44.1 kHz; not mono.
  assert.deepEqual([mp3[0], mp3[1], (mp3[2] ?? 0) & 0xfc], [0xff, 0xfb, 0xd0])
  assert.notEqual((mp3[3] ?? 0) >> 6, 3)
  assert.ok(Math.abs(mp3.length / 32_000 - extra_info.music_duration / 1000) < 0.1)
  assert.deepEqual([extra_info.music_sample_rate, extra_info.music_channel], [44_100, 2])
})

test('an address stands in both fields and gives the file', async () => {
  const { data, extra_info } = await make({ prompt: 'pop', lyrics: LINE, output_format: 'url' })
  assert.equal(data.audio, data.audio_url)
  assert.ok(data.audio.startsWith(`${url}/files/`))
  const file = await fetch(data.audio)
  assert.equal(file.headers.get('content-type'), 'audio/wav')
  assert.equal((await file.arrayBuffer()).byteLength, extra_info.music_size)
})

test('the events of a stream hold the file, a piece each', async () => {
  const body = {
    model: 'music-2.6',
    prompt: 'rock',
    lyrics: LINE,
    audio_setting: { ...SETTING, format: 'pcm' },
  }
  const answer = await post('/v1/music_generation', { ...body, stream: true })
  assert.equal(answer.headers.get('content-type'), 'text/event-stream')
  const events = dataOf(await answer.text()) as unknown as {
    data: { audio: string; status: number }
    extra_info?: { music_size: number }
    base_resp: { status_code: number }
  }[]
  assert.ok(events.length > 1)
  assert.deepEqual(
    events.map(({ data }) => data.status),
    [...Array(events.length - 1).fill(1), 2],
  )
  assert.ok(events.every(({ base_resp }) => base_resp.status_code === 0))
  const streamed = events.map(({ data }) => data.audio).join('')
  assert.equal(events.at(-1)?.extra_info?.music_size, streamed.length / 2)
  assert.equal((await make(body)).data.audio, streamed)
})

/** A third of the work for as long a song. */
const coarse = { audio_setting: { sample_rate: 16_000, bitrate: 32_000 } }

test('no voice and no words are needed for a piece, and words can be written for a song', async () => {
  const piece = await make({ prompt: 'jazz', is_instrumental: true, ...coarse })
  const { music_duration } = piece.extra_info
  assert.ok(music_duration >= 20_000 && music_duration <= 30_000)
  const song = await make({ prompt: 'fast pop about rain', lyrics_optimizer: true, ...coarse })
  assert.ok(song.extra_info.music_duration > 40_000)
})

test('wrong requests are refused with 2013 and the name of the field', async () => {
  const wrong: [string, object][] = [
    ['model', { model: 'music-9' }],
    ['lyrics', { prompt: 'pop' }],
    ['lyrics', { prompt: 'pop', lyrics: ' \n' }],
    ['lyrics', { lyrics: 'a'.repeat(3_501) }],
    ['prompt', { lyrics: 'a', prompt: 'p'.repeat(2_001) }],
    ['prompt', { is_instrumental: true }],
    ['lyrics', { model: 'music-2.0', is_instrumental: true, prompt: 'pop' }],
    ['is_instrumental', { prompt: 'pop', is_instrumental: 'yes' }],
    ['output_format', { lyrics: LINE, output_format: 'base64' }],
    ['output_format', { lyrics: LINE, output_format: 'url', stream: true }],
    ['audio_setting.sample_rate', { lyrics: LINE, audio_setting: { sample_rate: 48_000 } }],
    ['audio_setting.bitrate', { lyrics: LINE, audio_setting: { bitrate: 1 } }],
    ['audio_setting.format', { lyrics: LINE, audio_setting: { format: 'flac' } }],
    ['seed', { lyrics: LINE, seed: -1 }],
    ['audio_url', { model: 'music-cover', prompt: 'a jazz cover' }],
    ['audio_url', { model: 'music-cover', prompt: 'a jazz cover', ...sixSeconds, cover_feature_id: 'x' }],
    ['prompt', { model: 'music-cover', prompt: 'short', ...sixSeconds }],
    ['lyrics', { model: 'music-cover', prompt: 'a jazz cover', ...sixSeconds, lyrics: 'la' }],
    ['lyrics', { model: 'music-cover', prompt: 'a jazz cover', cover_feature_id: 'x' }],
    [
      'cover_feature_id',
      { model: 'music-cover', prompt: 'a jazz cover', lyrics: LINE, cover_feature_id: 'x' },
    ],
    ['audio', { model: 'music-cover', prompt: 'a jazz cover', audio_base64: 'bm8gYXVkaW8=' }],
    ['audio_url', { model: 'music-cover', prompt: 'a jazz cover', audio_url: 'file:///etc/passwd' }],
    ['audio_url', { model: 'music-cover', prompt: 'a jazz cover', audio_url: `${url}/nothing-here.mp3` }],
  ]
  for (const [field, body] of wrong) {
    const [code, message] = await refused(body)
    assert.equal(code, 2013, JSON.stringify(body).slice(0, 200))
    assert.ok(message.includes(field), `${field}: ${message}`)
  }
})

test('a cover lasts as long as the recording, whichever way it came', async () => {
  const prompt = 'a slow jazz cover'
  const direct = await make({ model: 'music-cover', prompt, ...sixSeconds })
  assert.equal(direct.extra_info.music_duration, 6_000)

  const first = await make({ model: 'music-cover', ...sixSeconds }, '/v1/music_cover_preprocess')
  assert.match(first.cover_feature_id, /^[0-9a-f]{32}$/)
  assert.equal(first.audio_duration, 6)
  assert.match(first.formatted_lyrics, /^\[Intro\]\n\[Verse\]\n\S/)
  const { segments } = JSON.parse(first.structure_result)
  assert.deepEqual([segments[0].start, segments.at(-1).end], [0, 6])
  const again = await make({ model: 'music-cover', ...sixSeconds }, '/v1/music_cover_preprocess')
  assert.equal(again.cover_feature_id, first.cover_feature_id)

  const lyrics = first.formatted_lyrics
  const { cover_feature_id } = first
  const second = await make({ model: 'music-cover-free', prompt, lyrics, cover_feature_id })
  assert.equal(second.data.audio, direct.data.audio)

  const other = await make({ model: 'music-cover', prompt, audio_base64: tone(6, 300).toString('base64') })
  assert.notEqual(other.data.audio, direct.data.audio, 'another recording, another cover')
})

test('a recording is fetched from its address', async () => {
  const song = await make({ prompt: 'pop', lyrics: LINE, output_format: 'url' })
  const audio_url = song.data.audio
  const answer = await make({ model: 'music-cover', audio_url }, '/v1/music_cover_preprocess')
  assert.ok(Math.abs(answer.audio_duration * 1000 - song.extra_info.music_duration) < 2)
})

test('a recording that is too short or too long is refused with 2037', async () => {
  for (const seconds of [5, 361]) {
    const body = { model: 'music-cover', audio_base64: tone(seconds).toString('base64') }
    assert.equal((await refused(body, '/v1/music_cover_preprocess'))[0], 2037)
  }
})

test('markers in the prompt or the lyrics are obeyed and not sung', async () => {
  assert.deepEqual(await refused({ lyrics: LINE, prompt: '[[error 429 usage limit exceeded (2056)]]' }), [
    2056,
    'usage limit exceeded',
  ])
  assert.equal((await refused({ lyrics: `${LINE} [[fail]]` }))[0], 1000)
  const plain = await make({ lyrics: LINE, prompt: 'folk' })
  const marked = await make({ lyrics: `${LINE} [[delay 1]]`, prompt: 'folk' })
  assert.equal(marked.data.audio, plain.data.audio)
})
