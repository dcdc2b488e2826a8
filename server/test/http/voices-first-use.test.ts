import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { booksAreRight, openWorld, until } from '../harness.ts'
import { FILM, json, taskEngine } from '../task-engine.ts'
import { spentOf } from '../task-truth.ts'
import { CHARACTER, CLONE_FEE, DESIGN_FEE, FINE, spoke, voicesIn, WALLET, WRONG } from '../voices.ts'
import { assertRefused } from './refused.ts'

/** A voice is due when it speaks for the first time, and speaks for its team alone. */
const world = await openWorld()
after(() => world.close())
const engine = taskEngine(world.upstream)
const { post, clone, cloned, speak, sent, spokenAs, namesOf, walletOf, newTeam } = voicesIn(world, engine)

const HOUR_MS = 3_600_000

beforeEach(() => {
  world.advance(HOUR_MS)
  world.upstream.forget()
  engine.forget()
})

const firstUseRefused = {
  status: 403,
  code: 2061,
  retry: 'never',
  says: /its first use costs \$1\.50.*Use it once with an API key/,
} as const

test('a demo is the first synthesis: the voice and its text are due at once', async () => {
  const team = await newTeam()
  const answer = await clone(team, 'Narrator01', { text: '汉字 ok', model: 'speech-2.8-hd' })
  assert.equal(await walletOf(team), WALLET - CLONE_FEE - 7 * CHARACTER)
  const demo = await fetch(JSON.parse(answer.text).demo_audio)
  assert.deepEqual(Buffer.from(await demo.arrayBuffer()), FILM, 'the demo is a file of the team’s')
  spoke(await speak(team.planKey, 'Narrator01'))
  const wrong = await clone(team, 'Narrator02', { text: 'x', model: 'speech-9' })
  assertRefused(wrong, 'native', { status: 404, code: 2013 })
  await booksAreRight(world)
})

test('a design costs its preview, and its first use the voice', async () => {
  const team = await newTeam()
  const makes = { prompt: 'A warm narrator', preview_text: '汉字' }
  const unnamed = JSON.parse((await post('/v1/voice_design', team.apiKey, makes)).text)
  assert.match(unnamed.voice_id, /^ttv-voice-/)
  assert.equal(unnamed.trial_audio, Buffer.from('汉字').toString('hex'))
  const named = await post('/v1/voice_design', team.apiKey, { ...makes, voice_id: 'warm-narrator' })
  assert.equal(JSON.parse(named.text).voice_id, 'warm-narrator')
  assert.match(String(sent('/v1/voice_design').voice_id), /^tpv-/)
  // An engine that names nothing has made it under the name it was given.
  engine.instead('/v1/voice_design', json({ trial_audio: '00' }))
  spoke(await post('/v1/voice_design', team.apiKey, { ...makes, voice_id: 'silent-one' }))
  assert.equal(await walletOf(team), WALLET - 3 * 4 * CHARACTER)
  for (const name of [unnamed.voice_id, 'warm-narrator', 'silent-one']) {
    const before = await walletOf(team)
    spoke(await speak(team.apiKey, name))
    assert.equal(await walletOf(team), before - DESIGN_FEE - 5 * CHARACTER)
  }
  await booksAreRight(world)
})

test('the first use is charged once, to an API key; then every key may speak', async () => {
  const team = await newTeam()
  await cloned(team, 'Narrator01')
  const refused = await speak(team.planKey, 'Narrator01')
  assertRefused(refused, 'native', firstUseRefused)
  assert.equal(engine.askedFor('/v1/t2a_v2').length, 0)
  spoke(await speak(team.apiKey, 'Narrator01'))
  assert.match(spokenAs(), /^tpv-/)
  assert.equal(await walletOf(team), WALLET - CLONE_FEE - 5 * CHARACTER)
  spoke(await speak(team.apiKey, 'Narrator01'))
  assert.equal(await walletOf(team), WALLET - CLONE_FEE - 10 * CHARACTER)
  spoke(await speak(team.planKey, 'Narrator01'))
  const mixed = {
    voice_setting: {},
    timbre_weights: [
      { voice_id: 'Narrator01', weight: 60 },
      { voice_id: 'Wise_Woman', weight: 40 },
    ],
  }
  spoke(await speak(team.planKey, '', mixed))
  assert.deepEqual(sent().timbre_weights, [
    { voice_id: spokenInWeights(), weight: 60 },
    { voice_id: 'Wise_Woman', weight: 40 },
  ])
  assert.deepEqual((await spentOf(world, team)).units, { 'speech-hd': [10, 0] })
  await booksAreRight(world)
})

function spokenInWeights(): unknown {
  const [first] = sent().timbre_weights as { voice_id: string }[]
  assert.match(first?.voice_id ?? '', /^tpv-/)
  return first?.voice_id
}

test('of first uses at once one is charged, and a failed one is given back', async () => {
  const team = await newTeam()
  await cloned(team, 'Narrator01')
  engine.instead('/v1/t2a_v2', { status: 500 })
  assertRefused(await speak(team.apiKey, 'Narrator01'), 'native', { status: 502, code: 1000 })
  assert.equal(await walletOf(team), WALLET)
  assertRefused(await speak(team.planKey, 'Narrator01'), 'native', firstUseRefused)
  const answers = await Promise.all(Array.from({ length: 6 }, () => speak(team.apiKey, 'Narrator01')))
  for (const answer of answers) spoke(answer)
  assert.equal(await walletOf(team), WALLET - CLONE_FEE - 30 * CHARACTER)
  await booksAreRight(world)
})

test('a first use that cannot be paid is refused every time', async () => {
  const team = await world.team({ plan: 'max', wallet: CLONE_FEE })
  await cloned(team, 'Narrator01')
  for (let count = 0; count < 3; count++) {
    const answer = await speak(team.apiKey, 'Narrator01')
    assertRefused(answer, 'native', { status: 402, code: 1008, retry: 'never' })
  }
  assert.equal(engine.askedFor('/v1/t2a_v2').length, 0)
  assert.equal(await walletOf(team), CLONE_FEE)
})

test('another team’s voice is not there, by its name or by the engine’s', async () => {
  const [team, other] = [await newTeam(), await newTeam()]
  await cloned(team, 'Narrator01')
  spoke(await speak(team.apiKey, 'Narrator01'))
  const remote = spokenAs()
  const { voice_id: designed } = JSON.parse(
    (await post('/v1/voice_design', team.apiKey, { prompt: 'warm', preview_text: 'hello' })).text,
  )
  world.upstream.forget()
  for (const by of [other.apiKey, other.planKey]) {
    for (const name of [remote, designed])
      assertRefused(await speak(by, name), 'native', { ...WRONG, says: /voice_id: there is no voice/ })
  }
  // Not even its own team, which would not pay for its first use there.
  assertRefused(await speak(team.apiKey, remote), 'native', { ...WRONG, says: /there is no voice/ })
  assertRefused(await speak(team.apiKey, 'a\0b'), 'native', { ...WRONG, says: /there is no voice/ })
  assert.equal(engine.askedFor('/v1/t2a_v2').length, 0)
  assert.deepEqual(await namesOf(other), [])
  const taken = { voice_type: 'voice_cloning', voice_id: 'Narrator01' }
  const refused = await post('/v1/delete_voice', other.planKey, taken)
  assertRefused(refused, 'native', { ...WRONG, says: /voice_id: there is no voice "Narrator01"/ })
  // The same name is free to others, and means what it means to the engine until they take it.
  spoke(await speak(other.planKey, 'Narrator01'))
  assert.equal(spokenAs(), 'Narrator01')
  await cloned(other, 'Narrator01')
  spoke(await speak(other.apiKey, 'Narrator01'))
  assert.ok(![remote, 'Narrator01'].includes(spokenAs()))
  spoke(await speak(team.planKey, 'Narrator01'))
  assert.equal(spokenAs(), remote)
})

test('a voice that speaks for the first time in its last minute is not removed under it', async () => {
  const team = await newTeam()
  await cloned(team, 'Narrator01')
  world.advance(168 * HOUR_MS - 1)
  let letGo: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  engine.instead('/v1/t2a_v2', {
    body: async function* () {
      await held
      yield JSON.stringify({ data: { audio: '00', status: 2 }, base_resp: FINE })
    },
  })
  const speaking = speak(team.apiKey, 'Narrator01')
  await until(() => engine.askedFor('/v1/t2a_v2').length === 1, 'it speaks')
  world.advance(1)
  assertRefused(await clone(team, 'Narrator01'), 'native', { status: 400, code: 2039 })
  letGo()
  spoke(await speaking)
  assert.deepEqual(await namesOf(team), ['Narrator01'])
  assert.equal(await walletOf(team), WALLET - CLONE_FEE - 5 * CHARACTER)
})
