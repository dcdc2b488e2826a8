import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { file, upload } from '../forms.ts'
import { booksAreRight, openWorld, truthOf } from '../harness.ts'

/** Which model an engine is asked for where an endpoint is sold under an id that is ours alone. */
const world = await openWorld()
after(() => world.close())
const team = await world.team({ plan: 'max', wallet: 10e9 })

const fine = { status_code: 0, status_msg: 'success' }
const says = (answer: object) => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ ...answer, base_resp: fine }),
})
const coversUsed = async () => {
  const meters = (await world.running.book.meters(team.subscription ?? 0, team.team)) ?? []
  return meters.find(({ resource }) => resource === 'music-cover')?.windows[0]?.usedUnits
}
const sent = () => JSON.parse(world.upstream.last().body.toString())

test("200: a clone's demo is spoken by the model it names, an alias by what it stands for", async () => {
  for (const [named, asked] of [
    ['speech-2.8-turbo', 'speech-2.8-turbo'],
    ['tts-1', 'speech-2.8-hd'],
  ]) {
    const sample = await upload(world, team, { name: 'purpose', body: 'voice_clone' }, file('a sample'))
    const { file_id } = JSON.parse(sample.text).file
    // Which names are the engine's own is asked first.
    world.upstream.next(says({ system_voice: [] }), says({ file: { file_id: 77 } }), says({ demo_audio: '' }))
    const voice_id = `narrator-${world.upstream.received.length}`
    const body = { file_id, voice_id, text: 'Hello', model: named }
    const answer = await world.call('/v1/voice_clone', { key: team.apiKey, body })
    assert.deepEqual(JSON.parse(answer.text).base_resp, fine, answer.text)
    assert.equal(sent().model, asked)
    assert.equal(sent().file_id, 77)
  }
  await booksAreRight(world)
})

test('200: a cover is looked at by the model it names, and costs nothing', async () => {
  for (const key of [team.apiKey, team.planKey]) {
    const before = await truthOf(world, team)
    const cover_feature_id = key.slice(-32)
    world.upstream.next(says({ cover_feature_id }))
    const body = { model: 'music-cover', audio_url: 'https://example.com/a.mp3' }
    const answer = await world.call('/v1/music_cover_preprocess', { key, body })
    assert.deepEqual(JSON.parse(answer.text).base_resp, fine, answer.text)
    assert.equal(answer.headers['tokenplan-units'], '0')
    assert.equal(sent().model, 'music-cover')
    assert.deepEqual(await truthOf(world, team), before)
    assert.equal(await coversUsed(), 0)

    world.upstream.next(says({ data: { audio: 'ff' } }))
    const cover = { model: 'music-cover', prompt: 'a slow jazz version', cover_feature_id }
    const made = await world.call('/v1/music_generation', { key, body: { ...cover, stream: false } })
    assert.deepEqual(JSON.parse(made.text).base_resp, fine, 'its features are the team’s')
    assert.equal(await coversUsed(), key === team.planKey ? 1 : 0)
  }
  await booksAreRight(world)
})

test("200: anything else is asked for in the engine's name of the model that is sold", async () => {
  world.upstream.next(says({ data: { image_base64: ['AAAA'] }, metadata: { success_count: '1' } }))
  const body = { model: 'gpt-image-1', prompt: 'a lighthouse', response_format: 'base64' }
  const answer = await world.call('/v1/image_generation', { key: team.planKey, body })
  assert.deepEqual(JSON.parse(answer.text).base_resp, fine, answer.text)
  assert.equal(sent().model, 'image-01')
})
