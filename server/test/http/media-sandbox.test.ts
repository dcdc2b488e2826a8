import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Answer } from '../calling.ts'
import { booksAreRight, openWorld } from '../harness.ts'
import { type KindName, kinds } from '../media-samples.ts'
import { mediaTruth, nothingTaken, paidBy } from '../media-truth.ts'
import { assertRefused } from './refused.ts'

/** The native endpoints with the laboratory behind them: files that are what they say. */
const world = await openWorld({ engine: 'sandbox' })
after(() => world.close())
const team = await world.team({ plan: 'max', credits: 1e9, wallet: 1e9 })

function ask(kind: KindName, body: object, key = team.planKey): Promise<Answer> {
  return world.call(kinds[kind].path, { key, body })
}

async function jsonOf(kind: KindName, body: object) {
  const answer = await ask(kind, body)
  const json = JSON.parse(answer.text)
  assert.equal(json.base_resp.status_code, 0, answer.text.slice(0, 500))
  assert.equal(paidBy(answer)[0], 'plan')
  return json
}

async function opened(link: string): Promise<{ type: string | null; bytes: Buffer }> {
  assert.ok(link.startsWith(world.url.replace('http:', 'HTTP:')), link)
  const answer = await fetch(link)
  assert.equal(answer.status, 200)
  return { type: answer.headers.get('content-type'), bytes: Buffer.from(await answer.arrayBuffer()) }
}

const SPOKEN = { model: 'speech-2.8-hd', text: 'Good day to you.' }
const MP3 = /^(ID3|\xff[\xe2-\xfb])/

test('speech: hexadecimal, an address and a stream are the same sound', async () => {
  const hex = await jsonOf('speech', SPOKEN)
  const bytes = Buffer.from(hex.data.audio, 'hex')
  assert.match(bytes.toString('latin1'), MP3)
  assert.equal(hex.extra_info.audio_size, bytes.length)
  assert.equal(hex.extra_info.usage_characters, SPOKEN.text.length)
  const url = await jsonOf('speech', { ...SPOKEN, output_format: 'url', subtitle_enable: true })
  const file = await opened(url.data.audio)
  assert.equal(file.type, 'audio/mpeg')
  assert.ok(file.bytes.equals(bytes))
  const subtitles = JSON.parse((await opened(url.data.subtitle_file)).bytes.toString())
  assert.equal(subtitles[0].text, SPOKEN.text)
  assert.equal(subtitles[0].time_begin, 0)

  const streamed = await ask('speech', { ...SPOKEN, stream: true })
  const events = streamed.text.split('\n\n').filter((event) => event.startsWith('data: '))
  const last = JSON.parse(events.at(-1)?.slice(6) ?? '')
  assert.equal(last.data.status, 2)
  assert.equal(last.extra_info.audio_length, hex.extra_info.audio_length)
  assert.deepEqual((await mediaTruth(world, team)).used, { 'speech-hd': 3 * SPOKEN.text.length })
  await booksAreRight(world)
})

test('images: a picture that vision then tells of', async () => {
  const { data, metadata } = await jsonOf('images', {
    model: 'image-01',
    prompt: 'a house',
    aspect_ratio: '16:9',
  })
  assert.deepEqual(metadata, { success_count: '1', failed_count: '0' })
  const { type, bytes } = await opened(data.image_urls[0])
  assert.equal(type, 'image/jpeg')
  const image_url = `data:image/jpeg;base64,${bytes.toString('base64')}`
  const { content } = await jsonOf('vision', { prompt: 'What is it?', image_url })
  assert.match(content, /1280/)
  assert.match(content, /720/)
})

test('a song, its features, and a cover of it', async () => {
  const song = { model: 'music-2.6', prompt: 'folk, calm', lyrics: '[Verse]\nLa la la', output_format: 'url' }
  const { data } = await jsonOf('song', song)
  assert.equal(data.audio, data.audio_url)
  const { type, bytes } = await opened(data.audio)
  assert.equal(type, 'audio/mpeg')
  assert.match(bytes.toString('latin1'), MP3)
  const audio_base64 = bytes.toString('base64')
  const { cover_feature_id } = await jsonOf('preprocess', { model: 'music-cover', audio_base64 })
  const cover = { model: 'music-cover', prompt: 'jazz, piano, slow', lyrics: song.lyrics, cover_feature_id }
  const covered = await jsonOf('cover', cover)
  assert.match(Buffer.from(covered.data.audio, 'hex').toString('latin1'), MP3)
  const other = await world.team({ plan: 'max' })
  assertRefused(await ask('cover', cover, other.planKey), 'native', { status: 400, code: 2013 })
  const { 'music-2.6': songs, 'music-cover': covers } = (await mediaTruth(world, team)).used
  assert.deepEqual([songs, covers], [1, 1])
})

test('lyrics and search', async () => {
  const { lyrics, song_title } = await jsonOf('lyrics', { mode: 'write_full_song', prompt: 'the sea' })
  assert.ok(lyrics.includes('[') && song_title.length > 0)
  const { organic } = await jsonOf('search', { q: 'HTTP caching' })
  assert.match(organic[0].link, /^https?:\/\//)
  assert.ok(!organic[0].link.includes('/v1/files/'))
})

test('what the laboratory refuses costs nothing', async () => {
  const fresh = await world.team({ plan: 'max', wallet: 1e9 })
  const before = await mediaTruth(world, fresh)
  for (const key of [fresh.planKey, fresh.apiKey]) {
    const song = await ask('song', { model: 'music-2.6', prompt: '[[fail]]', is_instrumental: true }, key)
    assert.equal(JSON.parse(song.text).base_resp.status_code, 1000, song.text)
    const images = await ask('images', { model: 'image-01', prompt: 'a house [[fail]]', n: 3 }, key)
    assert.equal(paidBy(images)[1], '0', images.text)
    const cut = await ask('speech', { ...SPOKEN, text: 'Hello. [[cut 3000]]', stream: true }, key)
    assert.ok(!cut.whole || /"status_code":1000/.test(cut.text.slice(-600)), cut.text.slice(-600))
  }
  await nothingTaken(world, fresh, before)
})
