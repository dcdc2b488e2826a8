import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { file, uploaded } from '../forms.ts'
import { booksAreRight, openWorld } from '../harness.ts'
import { askingFor, kinds } from '../media-samples.ts'
import { lastSent, made, mediaTruth, nothingTaken, paidBy } from '../media-truth.ts'
import type { Team } from '../teams.ts'
import { assertRefused, type Refused } from './refused.ts'

/** What a request names that belongs to a team: features of a song at an engine, files here. */
const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const DAY = 24 * 3_600_000
const unknownFeature: Refused = {
  status: 400,
  code: 2013,
  says: /cover_feature_id: there is none with this id/,
}

async function preprocessed(team: Team, more: object = {}): Promise<string> {
  const answer = await made(world, team.planKey, 'preprocess', more)
  const { cover_feature_id } = JSON.parse(answer.text)
  assert.match(cover_feature_id, /^[0-9a-f]{32}$/, answer.text)
  return cover_feature_id
}

function coverOf(id: unknown, team: Team) {
  return made(world, team.planKey, 'cover', { audio_url: undefined, cover_feature_id: id })
}

test('a cover of features that the team has: paid as a song, sent as they are', async () => {
  const team = await world.team({ plan: 'max' })
  const id = await preprocessed(team)
  const answer = await coverOf(id, team)
  assert.deepEqual(paidBy(answer), ['plan', '1', '99'])
  const { audio_url: _, ...rest } = askingFor('cover')
  assert.deepEqual(lastSent(world), { ...rest, cover_feature_id: id })
  await booksAreRight(world)
})

test('the features of a song are the same for everybody who looked at it, and nobody else’s', async () => {
  const [first, second, third] = await Promise.all(['max', 'max', 'max'].map((plan) => world.team({ plan })))
  assert.ok(first && second && third)
  const id = await preprocessed(first)
  const before = await mediaTruth(world, second)
  world.upstream.forget()
  assertRefused(await coverOf(id, second), 'native', unknownFeature)
  assert.equal(world.upstream.received.length, 0, 'the engine, which knows it, was not asked')
  await nothingTaken(world, second, before)
  assert.equal(await preprocessed(second), id)
  assert.deepEqual(paidBy(await coverOf(id, second)), ['plan', '1', '99'])
  assert.deepEqual(paidBy(await coverOf(id, first)), ['plan', '1', '99'])
  assertRefused(await coverOf(id, third), 'native', unknownFeature)
})

test('features are known for a day from when they were last looked at', async () => {
  const team = await world.team({ plan: 'max' })
  const id = await preprocessed(team)
  world.advance(DAY - 1)
  assert.equal(paidBy(await coverOf(id, team))[0], 'plan')
  // The same song again: the same id, which lives on.
  assert.equal(await preprocessed(team), id)
  world.advance(DAY - 1)
  assert.equal(paidBy(await coverOf(id, team))[0], 'plan')
  world.advance(1)
  const before = await mediaTruth(world, team)
  assertRefused(await coverOf(id, team), 'native', unknownFeature)
  await nothingTaken(world, team, before)
})

test('the same song looked at by ten at once: all are answered', async () => {
  const team = await world.team({ plan: 'max' })
  const ids = await Promise.all(Array.from({ length: 10 }, () => preprocessed(team)))
  assert.equal(new Set(ids).size, 1)
  assert.equal(paidBy(await coverOf(ids[0], team))[0], 'plan')
  await booksAreRight(world)
})

test('features that nobody made are no features', async () => {
  const team = await world.team({ plan: 'max' })
  const before = await mediaTruth(world, team)
  for (const id of ['f'.repeat(32), '1', `' or 1=1`]) {
    assertRefused(await coverOf(id, team), 'native', unknownFeature)
  }
  for (const id of [7, ['f'], {}, true]) {
    const says = /cover_feature_id: must be a text/
    assertRefused(await coverOf(id, team), 'native', { status: 400, code: 2013, says })
  }
  assert.equal(world.upstream.received.length, 0)
  await nothingTaken(world, team, before)
})

test('looking at a song takes no cover, whatever is left of the day', async () => {
  const team = await world.team({ plan: 'starter' })
  for (let covers = 0; covers < 100; covers++) {
    assert.equal(paidBy(await made(world, team.planKey, 'cover'))[0], 'plan')
  }
  const answer = await made(world, team.planKey, 'preprocess')
  assert.deepEqual(paidBy(answer), ['plan', '0', '0'])
  assert.deepEqual((await mediaTruth(world, team)).used, { 'music-cover': 100 })
})

test('the engine hears of the covers’ own model, as the body names it', async () => {
  const team = await world.team({ plan: 'max' })
  await preprocessed(team, { model: 'Music-Cover' })
  assert.equal(lastSent(world).model, 'music-cover')
  await preprocessed(team, { model: undefined })
  assert.equal('model' in lastSent(world), false)
})

test('the first use of a voice that came to nothing leaves its price due, once', async () => {
  const team = await world.team({ plan: 'max', wallet: 5e9 })
  const { file_id } = await uploaded(world, team, file('a voice', 'voice.mp3'))
  const clone = { file_id, voice_id: 'OurVoice1' }
  const cloned = await world.call('/v1/voice_clone', { key: team.apiKey, body: clone })
  assert.match(cloned.text, /"status_code":0/)
  const speak = (key: string) =>
    made(world, key, 'speech', { text: 'four', voice_setting: { voice_id: 'OurVoice1' } })
  const { store } = world.running
  const { job } = store
  store.job = () => Promise.reject(new Error('disk full'))
  assertRefused(await speak(team.apiKey), 'native', { status: 503, code: 1000, retry: 'soon' })
  store.job = job
  world.upstream.next({ status: 500 })
  assertRefused(await speak(team.apiKey), 'native', { status: 502, code: 1000 })
  assert.equal((await mediaTruth(world, team)).walletNanos, 5e9)
  for (const [due, key] of [
    [1_500_400_000, team.apiKey],
    [1_500_800_000, team.apiKey],
    [1_500_800_000, team.planKey],
  ] as const) {
    assert.equal((await speak(key)).status, 200)
    assert.equal((await mediaTruth(world, team)).walletNanos, 5e9 - due)
  }
  await booksAreRight(world)
})

test('vision of an upload: its bytes go to the engine in the request, with its own type', async () => {
  const team = await world.team({ plan: 'max' })
  const pictures = [
    ['image/png', Buffer.from('89504e470d0a1a0a', 'hex')],
    ['image/jpeg', Buffer.from('ffd8ffe000104a46', 'hex')],
    ['image/webp', Buffer.from('RIFF\0\0\0\0WEBPVP8 ', 'latin1')],
  ] as const
  for (const [type, bytes] of pictures) {
    const { file_id } = await uploaded(world, team, file(bytes, 'picture', 'application/x-unknown'))
    // mmx sends the number as it was typed.
    for (const id of [file_id, String(file_id)]) {
      const answer = await made(world, team.planKey, 'vision', { image_url: undefined, file_id: id })
      assert.equal(paidBy(answer)[0], 'plan', answer.text)
      const image_url = `data:${type};base64,${bytes.toString('base64')}`
      assert.deepEqual(lastSent(world), { prompt: kinds.vision.least.prompt, image_url })
    }
  }
})

test('vision of a file that is another team’s, is deleted, or never was: nothing is asked or taken', async () => {
  const [team, other] = [await world.team({ plan: 'max' }), await world.team({ plan: 'max' })]
  const { file_id } = await uploaded(world, other, file('a picture', 'picture.png', 'image/png'))
  const before = await mediaTruth(world, team)
  world.upstream.forget()
  for (const id of [file_id, String(file_id), 0, 12, '12', 'twelve', '1e3', ' ', '-1', '9'.repeat(30)]) {
    const answer = await made(world, team.planKey, 'vision', { image_url: undefined, file_id: id })
    assertRefused(answer, 'native', { status: 400, code: 2013, says: /file_id: / })
  }
  assert.equal(world.upstream.received.length, 0)
  await nothingTaken(world, team, before)
})
