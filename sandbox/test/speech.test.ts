import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dataOf, engine } from './engine.ts'
import { factsOf } from './sound-file.ts'

const { url, post } = await engine({ key: 'secret' })
const bearer = { authorization: 'Bearer secret' }

type Answer = Record<string, Record<string, never>> & {
  base_resp: { status_code: number; status_msg: string }
}

async function speak(body: object, path = '/v1/t2a_v2'): Promise<Answer> {
  const answer = await post(path, { model: 'speech-2.8-turbo', text: 'Hello there.', ...body }, bearer)
  assert.equal(answer.status, 200)
  return (await answer.json()) as Answer
}

const codeOf = async (body: object, path?: string) => (await speak(body, path)).base_resp.status_code
const bytesOf = (hex: unknown) => Buffer.from(String(hex), 'hex')

test('the answer has the audio and what it is', async () => {
  const { data, extra_info: info, base_resp, ...rest } = await speak({ text: 'Hello there, 世界.' })
  assert.deepEqual(base_resp, { status_code: 0, status_msg: 'success' })
  assert.match(String(rest.trace_id), /^[0-9a-f]{32}$/)
  assert.equal(data?.status, 2)
  const audio = bytesOf(data?.audio)
  const facts = factsOf(audio)
  assert.deepEqual([facts.format, facts.sampleRate, facts.channels], ['mp3', 32_000, 1])
  assert.deepEqual(info, {
    audio_length: Math.round(facts.durationMs),
    audio_sample_rate: 32_000,
    audio_size: audio.length,
    bitrate: 128_000,
    word_count: 4,
    invisible_character_ratio: 0,
    usage_characters: 18,
    audio_format: 'mp3',
    audio_channel: 1,
  })
})

test('audio settings are kept, and the length is that of the file', async () => {
  for (const [format, sample_rate, channel] of [
    ['wav', 8_000, 2],
    ['flac', 44_100, 1],
    ['opus', 24_000, 2],
    ['mp3', 22_050, 2],
    ['pcmu_wav', 16_000, 1],
  ] as const) {
    const { data, extra_info: info } = await speak({ audio_setting: { format, sample_rate, channel } })
    const facts = factsOf(bytesOf(data?.audio))
    assert.deepEqual([facts.format, facts.sampleRate, facts.channels], [format, sample_rate, channel])
    assert.ok(Math.abs(facts.durationMs - Number(info?.audio_length)) < 1, format)
    assert.ok(facts.durationMs > 400 && facts.durationMs < 3_000, `${format}: ${facts.durationMs}`)
  }
  const { data, extra_info: info } = await speak({ audio_setting: { format: 'pcm', sample_rate: 16_000 } })
  assert.ok(Math.abs(bytesOf(data?.audio).length / 32 - Number(info?.audio_length)) < 1)
})

test('the same words sound the same, other words, voices and speeds do not', async () => {
  const audioOf = async (body: object) => String((await speak(body)).data?.audio)
  const usual = await audioOf({})
  assert.equal(await audioOf({}), usual)
  const others = await Promise.all([
    audioOf({ text: 'Hello where.' }),
    audioOf({ voice_setting: { voice_id: 'female-shaonv' } }),
    audioOf({ voice_setting: { speed: 1.5 } }),
    audioOf({ voice_setting: { pitch: 3 } }),
    audioOf({ voice_setting: { vol: 0.5 } }),
    audioOf({ voice_setting: { emotion: 'sad' } }),
    audioOf({ timbre_weights: [{ voice_id: 'male-qn-qingse', weight: 1 }] }),
  ])
  assert.equal(new Set([usual, ...others]).size, others.length + 1)
})

test('an address instead of hex, and subtitles behind another', async () => {
  const { data } = await speak({
    text: 'One. Two words.',
    output_format: 'url',
    subtitle_enable: true,
    subtitle_type: 'word',
  })
  assert.ok(String(data?.audio).startsWith(`${url}/files/`))
  const audio = await fetch(String(data?.audio))
  assert.equal(audio.headers.get('content-type'), 'audio/mpeg')
  const { durationMs } = factsOf(new Uint8Array(await audio.arrayBuffer()))
  const lines = (await (await fetch(String(data?.subtitle_file))).json()) as Record<string, number | string>[]
  assert.deepEqual(
    lines.map(({ text }) => text),
    ['One.', 'Two', 'words.'],
  )
  const times = lines.flatMap(({ time_begin, time_end }) => [Number(time_begin), Number(time_end)])
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  )
  assert.equal(times[0], 0)
  assert.ok(Number(times.at(-1)) <= durationMs && Number(times.at(-1)) > durationMs - 250)
})

test('a pause lasts as long as it says', async () => {
  const setting = { audio_setting: { format: 'wav', sample_rate: 16_000 } }
  const lengthOf = async (text: string) =>
    Number((await speak({ text, ...setting })).extra_info?.audio_length)
  const without = await lengthOf('One. Two.')
  assert.equal((await lengthOf('One.<#2.5#> Two.')) - without, 2_500)
})

test('text without a sound still is a file', async () => {
  const { data, extra_info: info } = await speak({ text: '🙂 …', audio_setting: { format: 'wav' } })
  assert.ok(factsOf(bytesOf(data?.audio)).durationMs >= 100)
  assert.equal(info?.usage_characters, 3)
})

const stream = async (body: object) => {
  const answer = await post(
    '/v1/t2a_v2',
    { model: 'speech-02-hd', text: 'One. Two. Three.', stream: true, ...body },
    bearer,
  )
  return { type: answer.headers.get('content-type'), events: dataOf(await answer.text()) as Answer[] }
}

test('a stream sends what is ready, and everything once more at its end', async () => {
  const { type, events } = await stream({})
  assert.equal(type, 'text/event-stream')
  const pieces = events.slice(0, -1)
  assert.ok(pieces.length >= 3)
  assert.ok(pieces.every(({ data, base_resp }) => data?.status === 1 && base_resp.status_code === 0))
  assert.ok(pieces.every((piece) => piece.extra_info === undefined))
  const last = events.at(-1)
  assert.equal(last?.data?.status, 2)
  assert.equal(last?.data?.audio, pieces.map(({ data }) => data?.audio).join(''))
  assert.equal(last?.extra_info?.audio_size, bytesOf(last?.data?.audio).length)
  assert.equal(
    Math.round(factsOf(bytesOf(last?.data?.audio)).durationMs),
    Number(last?.extra_info?.audio_length),
  )
})

test('the end of a stream need not repeat, and fixes the head of a WAV where it does', async () => {
  const short = await stream({ stream_options: { exclude_aggregated_audio: true }, subtitle_enable: true })
  assert.equal(short.events.at(-1)?.data?.audio, '')
  assert.ok(Number(short.events.at(-1)?.extra_info?.audio_size) > 1_000)
  assert.match(String(short.events.at(-1)?.data?.subtitle_file), /subtitles\.json$/)
  const wav = await stream({ audio_setting: { format: 'wav' } })
  assert.equal(factsOf(bytesOf(wav.events.at(-1)?.data?.audio)).format, 'wav')
  assert.match(String(wav.events[0]?.data?.audio), /^52494646ffffffff/)
})

test('markers in the text', async () => {
  const { base_resp } = await speak({ text: 'x [[error 429 usage limit exceeded (2056)]]' })
  assert.deepEqual(base_resp, { status_code: 2056, status_msg: 'usage limit exceeded' })
  const failed = await stream({ text: 'One. [[error-event]] Two.' })
  assert.equal(failed.events.at(-1)?.base_resp.status_code, 1000)
  await assert.rejects(speak({ text: 'x [[cut 100]]' }))
  const said = await speak({ text: 'One. [[delay 1]]', audio_setting: { format: 'wav' } })
  const plain = await speak({ text: 'One.', audio_setting: { format: 'wav' } })
  assert.equal(said.data?.audio, plain.data?.audio)
})

test('what it cannot do has a code', async () => {
  const wrong: readonly [number, object][] = [
    [2013, { model: undefined }],
    [2013, { model: 'speech-9' }],
    [2013, { text: undefined }],
    [2013, { text: '' }],
    [2013, { text: 7 }],
    [2013, { text: 'x'.repeat(10_000) }],
    [2042, { voice_setting: { voice_id: 'nobody' } }],
    [2013, { voice_setting: 'fast' }],
    [2013, { voice_setting: { speed: 0.4 } }],
    [2013, { voice_setting: { speed: 2.1 } }],
    [2013, { voice_setting: { vol: 0 } }],
    [2013, { voice_setting: { vol: 10.1 } }],
    [2013, { voice_setting: { pitch: -13 } }],
    [2013, { voice_setting: { pitch: '1' } }],
    [2013, { voice_setting: { emotion: 'bored' } }],
    [2013, { audio_setting: { format: 'ogg' } }],
    [2013, { audio_setting: { sample_rate: 48_000 } }],
    [2013, { audio_setting: { bitrate: 96_000 } }],
    [2013, { audio_setting: { channel: 3 } }],
    [2013, { output_format: 'base64' }],
    [2013, { stream: 'yes' }],
    [2013, { subtitle_enable: true, subtitle_type: 'letter' }],
    [2013, { timbre_weights: Array(5).fill({ voice_id: 'male-qn-qingse', weight: 1 }) }],
    [2013, { timbre_weights: [{ voice_id: 'male-qn-qingse', weight: 0 }] }],
    [2042, { timbre_weights: [{ voice_id: 'nobody', weight: 1 }] }],
    [2013, { voice_modify: { pitch: 101 } }],
    [2013, { voice_modify: { sound_effects: 'thunder' } }],
    [1042, { text: `ab${'\u200b'.repeat(3)}` }],
  ]
  for (const [code, body] of wrong) assert.equal(await codeOf(body), code, JSON.stringify(body).slice(0, 80))
  const fine = { pronunciation_dict: [{ tone: 'a', text: 'b' }], voice_setting: null, language_boost: 'auto' }
  assert.equal(await codeOf(fine), 0)
  const unsigned = await post('/v1/t2a_v2', { model: 'speech-02-hd', text: 'x' })
  assert.equal(((await unsigned.json()) as Answer).base_resp.status_code, 1004)
  const notJson = await post('/v1/t2a_v2', 'x', bearer)
  assert.equal(((await notJson.json()) as Answer).base_resp.status_code, 2013)
})

async function ended(taskId: unknown): Promise<Record<string, unknown>> {
  for (;;) {
    const query = `${url}/v1/query/t2a_async_query_v2?task_id=${taskId}`
    const answer = (await (await fetch(query, { headers: bearer })).json()) as Record<string, unknown>
    if (answer.status !== 'Processing') return answer
  }
}

const long = (body: object) => speak(body, '/v1/t2a_async_v2') as Promise<Record<string, unknown>>

test('a long text is spoken while the client asks for it', async () => {
  const started = await long({
    text: 'One. Two. 三。',
    audio_setting: { audio_sample_rate: 24_000, format: 'flac' },
  })
  assert.equal(started.usage_characters, 13)
  assert.match(String(started.task_token), /^[0-9a-f]{32}$/)
  const { status, file_id, task_id } = await ended(started.task_id)
  assert.deepEqual([status, file_id, task_id], ['Success', started.file_id, started.task_id])
  const found = await fetch(`${url}/v1/files/retrieve?file_id=${file_id}`, { headers: bearer })
  const { file } = (await found.json()) as { file: Record<string, string | number> }
  assert.equal(file.purpose, 't2a_async')
  const audio = new Uint8Array(await (await fetch(String(file.download_url))).arrayBuffer())
  assert.equal(audio.length, file.bytes)
  const facts = factsOf(audio)
  assert.deepEqual([facts.format, facts.sampleRate, facts.channels], ['flac', 24_000, 2])
  assert.ok(facts.durationMs > 1_000)
})

test('a long text from a file; and what fails', async () => {
  const form = new FormData()
  form.append('purpose', 't2a_async_input')
  form.append('file', new Blob(['A text in a file.']), 'text.txt')
  const uploaded = await fetch(`${url}/v1/files/upload`, { method: 'POST', headers: bearer, body: form })
  const { file } = (await uploaded.json()) as { file: { file_id: number } }
  const started = await long({ text: undefined, text_file_id: file.file_id })
  assert.equal(started.usage_characters, 17)
  assert.equal((await ended(started.task_id)).status, 'Success')
  const failing = await long({ text: 'x [[fail]]' })
  assert.equal((await ended(failing.task_id)).status, 'Failed')
  const slow = performance.now()
  await ended((await long({ text: 'x [[task 600]]' })).task_id)
  assert.ok(performance.now() - slow >= 599)
  const codes = [{ text_file_id: 5 }, { text_file_id: 'x' }, { text: 'x'.repeat(50_001) }]
  for (const body of codes) assert.equal(await codeOf(body, '/v1/t2a_async_v2'), 2013)
  assert.equal(((await ended('5')) as Answer).base_resp.status_code, 2013)
})
