import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { booksAreRight, openWorld, truthOf } from '../harness.ts'

/** What an engine keeps for a team under an id: the same id may come again, and the books must go on. */
const world = await openWorld()
after(() => world.close())
const team = await world.team({ plan: 'max', wallet: 10e9 })

const fine = { status_code: 0, status_msg: 'success' }
const says = (answer: object) => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ ...answer, base_resp: fine }),
})
const post = async (path: string, key: string, body: object) =>
  JSON.parse((await world.call(path, { key, body })).text)

test('200: a song that is looked at twice has the same features, and nothing stops', async () => {
  const before = await truthOf(world, team)
  const look = { model: 'music-cover', audio_url: 'https://example.com/a.mp3' }
  for (let time = 0; time < 2; time++) {
    world.upstream.next(says({ cover_feature_id: 'f'.repeat(32) }))
    const answer = await post('/v1/music_cover_preprocess', team.planKey, look)
    assert.deepEqual(answer.base_resp, fine)
  }
  assert.deepEqual(await truthOf(world, team), before)
  world.upstream.next(says({ data: { audio: '00ff', status: 2 }, extra_info: {} }))
  const cover = { model: 'music-cover', prompt: 'a slow jazz trio', cover_feature_id: 'f'.repeat(32) }
  assert.deepEqual((await post('/v1/music_generation', team.planKey, cover)).base_resp, fine)
  await booksAreRight(world)
})

test('200: a voice that an engine names twice stays the team’s, and is paid for once', async () => {
  const design = { prompt: 'an old sailor', preview_text: 'Ahoy' }
  const speak = { model: 'speech-2.8-hd', text: 'Hi', voice_setting: { voice_id: 'ttv-voice-sailor' } }
  for (const priceOfVoice of [3_000_000_000, 0]) {
    world.upstream.next(says({ voice_id: 'ttv-voice-sailor', trial_audio: '00ff' }))
    assert.deepEqual((await post('/v1/voice_design', team.apiKey, design)).base_resp, fine)
    const before = await truthOf(world, team)
    world.upstream.next(says({ data: { audio: '00ff', status: 2 }, extra_info: {} }))
    assert.deepEqual((await post('/v1/t2a_v2', team.apiKey, speak)).base_resp, fine)
    assert.equal(before.walletNanos - (await truthOf(world, team)).walletNanos, priceOfVoice + 200_000)
  }
  await booksAreRight(world)
})
