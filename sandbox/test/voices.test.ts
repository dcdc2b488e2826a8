import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeAudio } from '../src/lab/audio/encoder.ts'
import { silence } from '../src/lab/audio/pcm.ts'
import { engine } from './engine.ts'
import { factsOf } from './sound-file.ts'

const { url, post } = await engine()

interface Voice {
  readonly voice_id: string
  readonly voice_name?: string
  readonly description: readonly string[]
  readonly created_time: string
}
type Answer = Record<string, unknown> & {
  system_voice?: Voice[]
  voice_cloning?: Voice[]
  voice_generation?: Voice[]
  base_resp: { status_code: number; status_msg: string }
}

const call = async (path: string, body: object) => (await (await post(path, body)).json()) as Answer
const codeOf = async (path: string, body: object) => (await call(path, body)).base_resp.status_code

async function record(durationMs: number, format: 'mp3' | 'wav' = 'wav'): Promise<number> {
  const spec = { format, sampleRate: 8_000, bitrate: 32_000, channels: 1 } as const
  const { bytes } = await encodeAudio(silence(8_000, durationMs), spec)
  return store(bytes, `voice.${format}`)
}

async function store(bytes: Uint8Array, name: string): Promise<number> {
  const form = new FormData()
  form.append('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), name)
  form.append('purpose', 'voice_clone')
  const answer = await fetch(`${url}/v1/files/upload`, { method: 'POST', body: form })
  return ((await answer.json()) as { file: { file_id: number } }).file.file_id
}

const speech = { model: 'speech-2.8-hd', text: 'Hi.' }

test('the voices there are', async () => {
  const {
    system_voice: system = [],
    voice_cloning,
    voice_generation,
  } = await call('/v1/get_voice', {
    voice_type: 'all',
  })
  const ids = system.map(({ voice_id }) => voice_id)
  for (const id of ['English_expressive_narrator', 'male-qn-qingse', 'female-shaonv'])
    assert.ok(ids.includes(id))
  assert.ok(system.every(({ voice_name, description }) => voice_name && description.length === 1))
  assert.deepEqual([voice_cloning, voice_generation], [[], []])
  const alone = await call('/v1/get_voice', { voice_type: 'system' })
  assert.deepEqual(Object.keys(alone), ['system_voice', 'trace_id', 'base_resp'])
  assert.equal(await codeOf('/v1/get_voice', { voice_type: 'mine' }), 2013)
  assert.equal(await codeOf('/v1/get_voice', {}), 2013)
})

test('a voice is cloned, speaks, is listed and deleted', async () => {
  const file_id = await record(10_500, 'mp3')
  const voice = { file_id, voice_id: 'My-voice_01' }
  assert.equal(await codeOf('/v1/t2a_v2', { ...speech, voice_setting: { voice_id: voice.voice_id } }), 2042)
  const { base_resp: _, trace_id: __, ...silent } = await call('/v1/voice_clone', voice)
  assert.deepEqual(silent, { input_sensitive: false, input_sensitive_type: 0, demo_audio: '' })
  assert.equal(await codeOf('/v1/voice_clone', voice), 2039)
  assert.equal(await codeOf('/v1/t2a_v2', { ...speech, voice_setting: { voice_id: voice.voice_id } }), 0)
  const { voice_cloning = [] } = await call('/v1/get_voice', { voice_type: 'voice_cloning' })
  assert.equal(voice_cloning[0]?.voice_id, voice.voice_id)
  assert.match(voice_cloning[0]?.created_time ?? '', /^\d{4}-\d\d-\d\d$/)
  const named = { voice_type: 'voice_cloning', voice_id: voice.voice_id }
  assert.equal(await codeOf('/v1/delete_voice', { ...named, voice_type: 'voice_generation' }), 2013)
  assert.equal((await call('/v1/delete_voice', named)).voice_id, voice.voice_id)
  assert.equal(await codeOf('/v1/delete_voice', named), 2013)
  assert.equal(await codeOf('/v1/t2a_v2', { ...speech, voice_setting: { voice_id: voice.voice_id } }), 2042)
})

test('a clone shows what it can', async () => {
  const file_id = await record(12_000)
  const answer = await call('/v1/voice_clone', { ...speech, file_id, voice_id: 'Demo-voice-1' })
  const audio = await fetch(String(answer.demo_audio))
  assert.equal(factsOf(new Uint8Array(await audio.arrayBuffer())).format, 'mp3')
  assert.equal((answer.extra_info as { usage_characters: number }).usage_characters, 3)
})

test('what cannot be cloned has a code', async () => {
  const [good, short, long, prompt] = await Promise.all([
    record(10_000),
    record(9_900),
    record(301_000),
    record(7_900),
  ])
  const noAudio = await store(Buffer.from('this is no audio'), 'a.mp3')
  const voice_id = 'Clone-voice-1'
  const wrong: readonly [number, object][] = [
    [2037, { file_id: short, voice_id }],
    [2037, { file_id: long, voice_id }],
    [2013, { file_id: noAudio, voice_id }],
    [2013, { file_id: 5, voice_id }],
    [2013, { voice_id }],
    [2013, { file_id: good }],
    ...['short', '1bcdefgh', 'has space', 'trailing-', 'trailing_', 'x'.repeat(257), 'ümlaut-voice'].map(
      (id): [number, object] => [2013, { file_id: good, voice_id: id }],
    ),
    [2039, { file_id: good, voice_id: 'female-shaonv' }],
    [2013, { file_id: good, voice_id, text: 'Hi.' }],
    [2013, { file_id: good, voice_id, text: 'x'.repeat(1_001), model: speech.model }],
    [2013, { file_id: good, voice_id, accuracy: 2 }],
    [2048, { file_id: good, voice_id, clone_prompt: { prompt_audio: good, prompt_text: 'x' } }],
    [2013, { file_id: good, voice_id, clone_prompt: { prompt_audio: prompt } }],
    [2013, { file_id: good, voice_id, clone_prompt: { prompt_text: 'x' } }],
  ]
  for (const [code, body] of wrong) {
    assert.equal(await codeOf('/v1/voice_clone', body), code, JSON.stringify(body).slice(0, 90))
  }
  const fine = { file_id: good, voice_id, clone_prompt: { prompt_audio: prompt, prompt_text: 'x' } }
  assert.equal(await codeOf('/v1/voice_clone', fine), 0)
})

test('a voice is designed and speaks', async () => {
  const wish = { prompt: 'a warm old woman', preview_text: 'How are you, dear?' }
  const { voice_id, trial_audio } = await call('/v1/voice_design', wish)
  assert.match(String(voice_id), /^ttv-voice-[0-9a-f-]+$/)
  assert.equal(factsOf(Buffer.from(String(trial_audio), 'hex')).format, 'mp3')
  assert.equal((await call('/v1/voice_design', wish)).trial_audio, trial_audio)
  assert.equal(await codeOf('/v1/t2a_v2', { ...speech, voice_setting: { voice_id } }), 0)
  const { voice_generation = [] } = await call('/v1/get_voice', { voice_type: 'voice_generation' })
  assert.deepEqual(voice_generation[0]?.description, [wish.prompt])
  assert.equal((await call('/v1/voice_design', { ...wish, voice_id: 'My-own-name' })).voice_id, 'My-own-name')
  assert.equal(await codeOf('/v1/voice_design', { ...wish, voice_id: 'My-own-name' }), 2039)
  for (const body of [
    {},
    { prompt: 'x' },
    { preview_text: 'x' },
    { ...wish, preview_text: 'x'.repeat(501) },
  ]) {
    assert.equal(await codeOf('/v1/voice_design', body), 2013)
  }
})
