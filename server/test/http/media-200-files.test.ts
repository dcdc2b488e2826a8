import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { Answer } from '../calling.ts'
import { lying } from '../forms.ts'
import { booksAreRight, openWorld, until } from '../harness.ts'
import { fileNamed, type KindName, kinds, madeAnswer, SOUND, soundEvents } from '../media-samples.ts'
import { made, mediaTruth, nothingTaken, paidBy } from '../media-truth.ts'
import { EVENT_STREAM } from '../samples.ts'
import { assertRefused } from './refused.ts'

/** What an engine made and names by an address of its own becomes a file of this server: owned, signed, and for a day. */
const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const DAY = 24 * 3_600_000
type Data = Readonly<Record<'audio' | 'audio_url' | 'subtitle_file', string>> & {
  readonly image_urls: string[]
}
const dataOf = (answer: Answer) => (JSON.parse(answer.text) as { data: Data }).data

/** In capitals, or mmx makes https of it. */
function assertOurs(link: string): void {
  assert.ok(link.startsWith(world.url.replace('http:', 'HTTP:')), link)
  assert.match(link, /\/v1\/files\/\d+\/content\?expires=\d+&signature=[\w-]+$/)
}

async function opened(link: string): Promise<{ status: number; type: string | null; bytes: Buffer }> {
  const answer = await fetch(link)
  const bytes = Buffer.from(await answer.arrayBuffer())
  return { status: answer.status, type: answer.headers.get('content-type'), bytes }
}

const links: readonly (readonly [KindName, object, (data: Data) => string, string, string])[] = [
  ['speech', { output_format: 'url' }, (data) => data.audio, 'speech.mp3', 'audio/mpeg'],
  ['song', { output_format: 'url' }, (data) => data.audio, 'song.mp3', 'audio/mpeg'],
  ['cover', { output_format: 'url' }, (data) => data.audio, 'song.mp3', 'audio/mpeg'],
  ['images', {}, (data) => data.image_urls[0] ?? '', 'image-0.jpeg', 'image/jpeg'],
]
for (const [kind, more, linkIn, name, type] of links) {
  test(`${kind}: a link of this server that opens without a key, until its day is over`, async () => {
    const team = await world.team({ plan: 'max' })
    const answer = await made(world, team.planKey, kind, more)
    assert.equal(answer.status, 200, answer.text)
    assert.ok(!answer.text.includes(world.upstream.url), 'the engine’s address stays with us')
    const link = linkIn(dataOf(answer))
    assertOurs(link)
    assert.deepEqual(await opened(link), { status: 200, type, bytes: fileNamed(name) })
    const fetched = world.upstream.received.find(({ method }) => method === 'GET')
    assert.equal(
      fetched?.headers.authorization,
      undefined,
      'the operator’s key is not shown to a file server',
    )
    world.advance(DAY - 1)
    assert.equal((await opened(link)).status, 200)
    world.advance(1)
    assert.equal((await opened(link)).status, 403)
    assert.equal((await mediaTruth(world, team)).files, 0)
    await booksAreRight(world)
  })
}

test('songs have their address under both names that clients read', async () => {
  const team = await world.team({ plan: 'max' })
  const both = dataOf(await made(world, team.planKey, 'song', { output_format: 'url' }))
  assert.equal(both.audio_url, both.audio)
  // An engine that knows only the other name.
  const audio_url = `${world.upstream.url}/files/song.mp3`
  world.upstream.next({ body: JSON.stringify({ data: { audio_url, status: 2 } }) })
  const answer = await made(world, team.planKey, 'song', { output_format: 'url' })
  const data = dataOf(answer)
  assertOurs(data.audio)
  assert.equal(data.audio_url, data.audio)
  assert.deepEqual(paidBy(answer), ['plan', '1', '98'])
  assert.equal((await mediaTruth(world, team)).files, 2, 'one file, not one for each name')
})

test('the files are the team’s: in its list, gone for another one, and gone when deleted', async () => {
  const [team, other] = [await world.team({ plan: 'max' }), await world.team({ plan: 'max' })]
  const answer = await made(world, team.planKey, 'images', { n: 2 })
  const [first = '', second = ''] = dataOf(answer).image_urls
  assert.notEqual(first, second)
  const id = /files\/(\d+)/.exec(first)?.[1]
  const ask = (key: string, path: string, body?: object) => world.call(path, { key, body })
  const { files } = JSON.parse((await ask(team.planKey, '/v1/files/list')).text)
  assert.deepEqual(
    files.map(({ filename, purpose, bytes }: Record<string, unknown>) => [filename, purpose, bytes]),
    ['image-1.jpeg', 'image-0.jpeg'].map((name) => [name, 'output', fileNamed(name).length]),
  )
  for (const path of ['retrieve', 'retrieve_content'])
    assertRefused(await ask(other.planKey, `/v1/files/${path}?file_id=${id}`), 'native', {
      status: 404,
      code: 2013,
      says: 'no such file',
    })
  const steal = await ask(other.planKey, '/v1/files/delete', { file_id: Number(id) })
  assertRefused(steal, 'native', { status: 404, code: 2013 })
  assert.equal((await opened(first)).status, 200)
  assert.match((await ask(team.planKey, '/v1/files/delete', { file_id: Number(id) })).text, /"status_code":0/)
  assert.equal((await opened(first)).status, 404)
  assert.equal((await opened(second)).status, 200)
})

test('a link of another file, of another time or with another signature opens nothing', async () => {
  const team = await world.team({ plan: 'max' })
  const { image_urls } = dataOf(await made(world, team.planKey, 'images', { n: 2 }))
  const [first = '', second = ''] = image_urls
  const signature = (link: string) => new URL(link).searchParams.get('signature') ?? ''
  const forged = [
    first.replace(signature(first), signature(second)),
    first.replace(/expires=\d+/, `expires=${Math.floor((world.now() + 2 * DAY) / 1000)}`),
    first.replace(/signature=./, 'signature=_'),
    first.replace(/&signature.*/, ''),
  ]
  for (const link of forged) assert.equal((await opened(link)).status, 403, link)
})

for (const [name, more] of [
  ['in hexadecimal', {}],
  ['by address', { output_format: 'url' }],
] as const) {
  test(`subtitles are a file beside the sound, ${name}`, async () => {
    const team = await world.team({ plan: 'max' })
    const answer = await made(world, team.planKey, 'speech', { ...more, subtitle_enable: true })
    const { audio, subtitle_file } = dataOf(answer)
    if ('output_format' in more) assertOurs(audio)
    else assert.equal(audio, SOUND.toString('hex'))
    assertOurs(subtitle_file)
    const wanted = { status: 200, type: 'application/json', bytes: fileNamed('subtitles.json') }
    assert.deepEqual(await opened(subtitle_file), wanted)
    assert.equal(JSON.parse(answer.text).trace_id, answer.headers['x-request-id'])
  })
}

test('subtitles of a stream: its last event names our file, and the rest is the engine’s', async () => {
  const team = await world.team({ plan: 'max' })
  const answer = await made(world, team.planKey, 'speech', { subtitle_enable: true, stream: true })
  assert.match(String(answer.headers['content-type']), /^text\/event-stream/)
  assert.ok(!answer.text.includes(world.upstream.url), 'the engine’s address stays with us')
  const events = answer.text.split('\n\n').filter(Boolean)
  const wanted = soundEvents().map((event) => event.trim())
  assert.deepEqual(events.slice(0, 2), wanted.slice(0, 2))
  const { data } = JSON.parse(events[2]?.slice(6) ?? '')
  assert.deepEqual([data.status, data.audio], [2, SOUND.toString('hex')])
  const { bytes } = await opened(data.subtitle_file)
  assert.deepEqual(bytes, fileNamed('subtitles.json'))
  assert.deepEqual(await mediaTruth(world, team), {
    used: { 'speech-hd': kinds.speech.units },
    ...{ heldUnits: 0, heldNanos: 0, lots: [], walletNanos: 0, files: 1 },
  })
  await booksAreRight(world)
})

test('subtitles of a stream that comes as one answer', async () => {
  const team = await world.team({ plan: 'max' })
  const body = JSON.stringify(madeAnswer('speech', { subtitle_enable: true }, world.upstream.url))
  world.upstream.next({ body })
  const answer = await made(world, team.planKey, 'speech', { subtitle_enable: true, stream: true })
  assert.equal(dataOf(answer).audio, SOUND.toString('hex'))
  assertOurs(dataOf(answer).subtitle_file)
  assert.deepEqual((await mediaTruth(world, team)).used, { 'speech-hd': kinds.speech.units })
})

test('subtitles of a stream that fails: nothing is charged', async () => {
  const team = await world.team({ plan: 'max', wallet: 1e9 })
  const before = await mediaTruth(world, team)
  const more = { subtitle_enable: true, stream: true }
  const events = soundEvents({ subtitle_enable: true }, world.upstream.url)
  const refusal = `data: ${JSON.stringify({ base_resp: { status_code: 1026, status_msg: 'no' } })}\n\n`
  for (const key of [team.planKey, team.apiKey]) {
    for (const [body, says] of [
      [events.slice(0, 2), /its stream has no end/],
      [[events.join('').slice(0, -20)], /its stream has no end/],
      [[], /no end/],
      [[refusal], /"status_code":1026/],
      [[...events.slice(0, 1), refusal], /"status_code":1026/],
      [[refusal.replace('1026', '1008')], /refused the credentials/],
    ] as const) {
      world.upstream.next({ headers: EVENT_STREAM, body })
      const answer = await made(world, key, 'speech', more)
      assert.match(answer.text, says)
      assert.deepEqual(paidBy(answer), [undefined, undefined, undefined])
    }
    world.upstream.next({ headers: EVENT_STREAM, body: events }, { status: 404 })
    assertRefused(await made(world, key, 'speech', more), 'native', { status: 502, code: 1000 })
    world.upstream.next({ status: 429 })
    assertRefused(await made(world, key, 'speech', more), 'native', {
      status: 529,
      code: 1039,
      retry: 'soon',
    })
  }
  await nothingTaken(world, team, before)
})

test('the link stands on the host that the caller asked', async () => {
  const team = await world.team({ plan: 'max' })
  const ask = { key: team.planKey, headers: { host: 'plan.example:8443' } }
  const body = { model: 'image-01', prompt: 'a house' }
  const answer = await world.call('/v1/image_generation', { ...ask, body })
  const [link = ''] = dataOf(answer).image_urls
  assert.ok(link.startsWith('HTTP://plan.example:8443/v1/files/'), link)
})

test('one address that is named twice is fetched once', async () => {
  const team = await world.team({ plan: 'max' })
  const url = `${world.upstream.url}/files/image-0.jpeg`
  world.upstream.next({ body: JSON.stringify({ data: { image_urls: [url, url] } }) })
  const answer = await made(world, team.planKey, 'images', { n: 2 })
  const { image_urls } = dataOf(answer)
  assert.equal(image_urls[0], image_urls[1])
  assert.equal(world.upstream.received.filter(({ method }) => method === 'GET').length, 1)
  assert.deepEqual(paidBy(answer), ['plan', '2', '118'])
})

test('an address that leads on to another one is followed, in circles it is not', async () => {
  const team = await world.team({ plan: 'max' })
  const location = `${world.upstream.url}/files/image-0.jpeg`
  const url = `${world.upstream.url}/moved`
  const answered = { body: JSON.stringify({ data: { image_urls: [url] } }) }
  world.upstream.next(answered, { status: 302, headers: { location } })
  const [link = ''] = dataOf(await made(world, team.planKey, 'images')).image_urls
  assert.deepEqual((await opened(link)).bytes, fileNamed('image-0.jpeg'))
  const before = await mediaTruth(world, team)
  const circle = { status: 302, headers: { location: url } }
  world.upstream.next(answered, circle, circle, circle, circle)
  const refusal = await made(world, team.planKey, 'images')
  assertRefused(refusal, 'native', { status: 502, code: 1000, says: 'what it made cannot be fetched' })
  assert.deepEqual(await mediaTruth(world, team), before)
})

test('other addresses in an answer stay as they are', async () => {
  const team = await world.team({ plan: 'max' })
  const answer = await made(world, team.planKey, 'search')
  assert.equal(JSON.parse(answer.text).organic[0].link, 'https://found.example/a')
  assert.equal(world.upstream.received.length, 1)
})

test('nothing is left of files whose day is over', async (t) => {
  const swept = await openWorld()
  t.after(() => swept.close())
  const team = await swept.team({ plan: 'max' })
  await made(swept, team.planKey, 'images', { n: 3 })
  assert.deepEqual(await lying(swept), [3, 3])
  swept.advance(DAY)
  // A server sweeps when it starts.
  await swept.restart()
  await until(async () => (await lying(swept)).join() === '0,0', 'files and rows are gone')
})
