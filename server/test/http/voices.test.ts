import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { booksAreRight, openWorld, until } from '../harness.ts'
import { json, SYSTEM_VOICES, taskEngine } from '../task-engine.ts'
import { spentOf } from '../task-truth.ts'
import { CHARACTER, FINE, sampleOf, spoke, voicesIn, WALLET, WRONG } from '../voices.ts'
import { assertRefused } from './refused.ts'

/** Voices of a team: made, listed, deleted, forgotten. What they cost when they speak stands in voices-first-use. */
const world = await openWorld()
after(() => world.close())
const engine = taskEngine(world.upstream)
const { post, clone, cloned, speak, sent, listed, namesOf, walletOf, newTeam } = voicesIn(world, engine)

const HOUR_MS = 3_600_000

beforeEach(() => {
  world.advance(HOUR_MS)
  world.upstream.forget()
  engine.forget()
})

test('voices are listed: the engine’s own, and those of the team', async () => {
  const [team, other] = [await newTeam(), await newTeam()]
  await cloned(team, 'TeamVoice1')
  await cloned(other, 'OtherVoice1')
  await post('/v1/voice_design', team.apiKey, {
    prompt: 'A warm narrator',
    preview_text: 'hi',
    voice_id: 'designed',
  })
  const created_time = new Date(world.now()).toISOString().slice(0, 10)
  const voice_cloning = [{ voice_id: 'TeamVoice1', description: [], created_time }]
  const voice_generation = [{ voice_id: 'designed', description: ['A warm narrator'], created_time }]
  const system_voice = SYSTEM_VOICES
  const before = await spentOf(world, team)
  assert.deepEqual(await listed(team), { system_voice, voice_cloning, voice_generation })
  assert.deepEqual(sent('/v1/get_voice'), { voice_type: 'system' })
  world.upstream.forget()
  assert.deepEqual(await listed(team, 'voice_cloning'), { voice_cloning })
  assert.deepEqual(await listed(team, 'voice_generation'), { voice_generation })
  assert.equal(world.upstream.received.length, 0, 'what is ours is not asked for')
  assert.deepEqual(await listed(team, 'system'), { system_voice })
  assert.deepEqual(await spentOf(world, team), before)

  engine.instead('/v1/get_voice', { status: 500 })
  const down = await post('/v1/get_voice', team.planKey, { voice_type: 'all' })
  assertRefused(down, 'native', { status: 502, code: 1000, says: /does not list its voices/ })
  assertRefused(await post('/v1/get_voice', team.planKey, {}), 'native', { ...WRONG, says: /voice_type/ })
  assertRefused(await post('/v1/get_voice', 'x', { voice_type: 'all' }), 'native', {
    status: 401,
    code: 1004,
  })
})

test('a clone: its sample goes to the engine once, its name is the team’s alone', async () => {
  const team = await newTeam()
  const file_id = await sampleOf(world, team)
  const prompt_audio = await sampleOf(world, team, 'prompt.wav')
  const body = {
    ...{ file_id, voice_id: 'Narrator01', need_noise_reduction: true },
    clone_prompt: { prompt_audio, prompt_text: 'hello' },
  }
  const answer = await post('/v1/voice_clone', team.apiKey, body)
  assert.deepEqual(
    ['pool', 'units'].map((name) => answer.headers[`tokenplan-${name}`]),
    ['wallet', '1'],
  )
  assert.deepEqual(JSON.parse(answer.text), {
    ...{ input_sensitive: false, input_sensitive_type: 0, demo_audio: '', base_resp: FINE },
  })
  const { voice_id: remote, ...rest } = sent('/v1/voice_clone')
  assert.match(String(remote), /^tpv-[0-9a-f]{32}$/)
  const [sampleThere, promptThere] = engine.uploads.slice(-2)
  assert.deepEqual(rest, {
    ...{ file_id: sampleThere, need_noise_reduction: true },
    clone_prompt: { prompt_audio: promptThere, prompt_text: 'hello' },
  })
  spoke(await post('/v1/voice_clone', team.apiKey, { ...body, voice_id: 'Narrator02' }))
  assert.equal(engine.askedFor('/v1/files/upload').length, 2)
  assert.equal(await walletOf(team), WALLET, 'it is due when it speaks')
  const other = await newTeam()
  assertRefused(await post('/v1/voice_clone', other.apiKey, body), 'native', {
    ...{ ...WRONG, says: /file_id: there is no file/ },
  })
  await booksAreRight(world)
})

test('voices are outside what a Token Plan Key covers', async () => {
  const team = await world.team({ plan: 'max', credits: 1e12 })
  const before = await spentOf(world, team)
  const file_id = await sampleOf(world, team)
  const refused = { status: 403, code: 2061, retry: 'never' } as const
  const makes = { preview_text: 'hi', prompt: 'warm' }
  assertRefused(
    await post('/v1/voice_clone', team.planKey, { file_id, voice_id: 'Narrator01' }),
    'native',
    refused,
  )
  assertRefused(await post('/v1/voice_design', team.planKey, makes), 'native', refused)
  assert.deepEqual(await spentOf(world, team), { ...before, files: 1 })
  assert.deepEqual(await namesOf(team), [])
  // A refusal keeps no name, and making a voice is free until it speaks.
  await cloned(team, 'Narrator01')
})

test('a name is given once, also to two who ask at once', async () => {
  const team = await newTeam()
  const duplicate = { status: 400, code: 2039, says: /"Narrator01"/ }
  const answers = await Promise.all(Array.from({ length: 4 }, () => clone(team, 'Narrator01')))
  const codes = answers.map(({ text }) => JSON.parse(text).base_resp.status_code).sort()
  assert.deepEqual(codes, [0, 2039, 2039, 2039])
  assert.equal(engine.askedFor('/v1/voice_clone').length, 1)
  assertRefused(await clone(team, 'Narrator01'), 'native', duplicate)
  const design = { prompt: 'warm', preview_text: 'hi', voice_id: 'Narrator01' }
  assertRefused(await post('/v1/voice_design', team.apiKey, design), 'native', duplicate)
  // Nor one of the engine's own, which others speak with and nobody pays for.
  const [system] = SYSTEM_VOICES
  const shadow = { ...design, voice_id: system?.voice_id }
  assertRefused(await post('/v1/voice_design', team.apiKey, shadow), 'native', { status: 400, code: 2039 })
  assert.deepEqual(await namesOf(team), ['Narrator01'])
  // A clone that fails gives its name back.
  engine.instead('/v1/voice_clone', json({ base_resp: { status_code: 2037, status_msg: 'voice too short' } }))
  assert.equal(JSON.parse((await clone(team, 'Narrator02')).text).base_resp.status_code, 2037)
  await cloned(team, 'Narrator02')
  await booksAreRight(world)
})

test('deleted here at once and at the engine, should it answer', async () => {
  const team = await newTeam()
  const created_time = new Date(world.now()).toISOString().slice(0, 10)
  for (const behaviour of [undefined, { status: 500 }, { instead: 'reset' }] as const) {
    await cloned(team, 'Narrator01')
    const remote = sent('/v1/voice_clone').voice_id
    const voice = { voice_type: 'voice_cloning', voice_id: 'Narrator01' }
    const wrongKind = await post('/v1/delete_voice', team.planKey, {
      ...voice,
      voice_type: 'voice_generation',
    })
    assertRefused(wrongKind, 'native', { ...WRONG, says: /there is no voice/ })
    if (behaviour) engine.instead('/v1/delete_voice', behaviour, behaviour)
    const answer = await post('/v1/delete_voice', team.planKey, voice)
    assert.deepEqual(JSON.parse(answer.text), { voice_id: 'Narrator01', created_time, base_resp: FINE })
    assert.deepEqual(sent('/v1/delete_voice'), { voice_type: 'voice_cloning', voice_id: remote })
    assert.deepEqual(await namesOf(team), [])
    assertRefused(await post('/v1/delete_voice', team.planKey, voice), 'native', WRONG)
    engine.forget()
  }
  assert.equal(await walletOf(team), WALLET)
})

test('unused for 168 hours it is gone, here and at the engine, and its name is free', async () => {
  const team = await newTeam()
  await cloned(team, 'Unused0001')
  const remote = sent('/v1/voice_clone').voice_id
  await cloned(team, 'Used000001')
  spoke(await speak(team.apiKey, 'Used000001'))
  world.advance(168 * HOUR_MS - 1)
  assert.deepEqual(await namesOf(team), ['Unused0001', 'Used000001'])
  world.advance(1)
  assert.deepEqual(await namesOf(team), ['Used000001'])
  const voice = { voice_type: 'voice_cloning', voice_id: 'Unused0001' }
  assertRefused(await post('/v1/delete_voice', team.planKey, voice), 'native', WRONG)
  world.upstream.forget()
  await cloned(team, 'Unused0001')
  assert.deepEqual(sent('/v1/delete_voice'), { voice_type: 'voice_cloning', voice_id: remote })
  assert.notEqual(sent('/v1/voice_clone').voice_id, remote)
  spoke(await speak(team.apiKey, 'Unused0001'))

  await cloned(team, 'Unused0002')
  const second = sent('/v1/voice_clone').voice_id
  world.advance(168 * HOUR_MS)
  world.upstream.forget()
  await world.restart()
  const told = () =>
    engine.askedFor('/v1/delete_voice').map(({ body }) => JSON.parse(body.toString()).voice_id)
  await until(() => told().includes(second), 'the sweeper tells the engine')
  const [row] = await world.running.store.read('select count(*) as rows from engine_id where name = ?', [
    'Unused0002',
  ])
  assert.equal(row?.rows, 0)
  assert.deepEqual(await namesOf(team), ['Used000001', 'Unused0001'])
  assert.equal(told().length, new Set(told()).size, 'each once')
  await booksAreRight(world)
})

test('nothing that an engine or a caller writes keeps the books from being written', async () => {
  const team = await newTeam()
  const design = { prompt: 'a warm\0 voice', preview_text: 'hi' }
  engine.instead('/v1/voice_design', json({ voice_id: 'ttv\0voice', trial_audio: '00' }))
  spoke(await post('/v1/voice_design', team.apiKey, design))
  assertRefused(await post('/v1/voice_design', team.apiKey, { ...design, voice_id: 'a\0b' }), 'native', WRONG)
  // The engine gives the same name twice.
  for (let count = 0; count < 2; count++) {
    engine.instead('/v1/voice_design', json({ voice_id: 'ttv-twice', trial_audio: '00' }))
    spoke(await post('/v1/voice_design', team.apiKey, design))
  }
  // As it does for features of the same song.
  const song = { model: 'music-cover', audio_url: 'https://songs.example/a.mp3' }
  const features = { cover_feature_id: 'c0'.repeat(16), formatted_lyrics: 'La', audio_duration: 20 }
  for (let count = 0; count < 2; count++) {
    engine.instead('/v1/music_cover_preprocess', json(features))
    spoke(await post('/v1/music_cover_preprocess', team.apiKey, song))
  }
  assert.deepEqual((await namesOf(team)).sort(), ['ttv-twice', 'ttvvoice'])
  assert.equal(await walletOf(team), WALLET - 3 * 2 * CHARACTER)
  await booksAreRight(world)
})

test('in the sandbox a cloned voice speaks', async (t) => {
  const lab = await openWorld({ engine: 'sandbox' })
  t.after(() => lab.close())
  const team = await lab.team({ plan: 'max', wallet: WALLET })
  const sample = await sampleOf(lab, team, 'sample.wav', hum(11))
  const made = { file_id: sample, voice_id: 'Narrator01' }
  spoke(await lab.call('/v1/voice_clone', { key: team.apiKey, body: made }))
  const body = { model: 'speech-2.8-hd', text: 'Good morning.', voice_setting: { voice_id: 'Narrator01' } }
  const answer = await lab.call('/v1/t2a_v2', { key: team.apiKey, body })
  spoke(answer)
  assert.ok(JSON.parse(answer.text).data.audio.length > 2_000)
  await booksAreRight(lab)
})

/** A WAV file of so many seconds. */
function hum(seconds: number): Buffer {
  const rate = 8_000
  const head = Buffer.alloc(44)
  head.write('RIFF', 0)
  head.writeUInt32LE(36 + 2 * rate * seconds, 4)
  head.write('WAVEfmt ', 8)
  for (const [at, value] of [
    [16, 16],
    [24, rate],
    [28, 2 * rate],
    [40, 2 * rate * seconds],
  ] as const)
    head.writeUInt32LE(value, at)
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    head.writeUInt16LE(value, at)
  head.write('data', 36)
  const sound = Buffer.alloc(2 * rate * seconds)
  for (let at = 0; at < sound.length; at += 2) sound.writeInt16LE(Math.round(8_000 * Math.sin(at / 9)), at)
  return Buffer.concat([head, sound])
}
