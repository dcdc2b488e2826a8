import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import OpenAI from 'openai'
import { booksAreRight, openWorld, type World } from '../harness.ts'
import { IMAGE_NANOS } from '../media-samples.ts'
import { mediaTruth, nothingTaken } from '../media-truth.ts'
import type { Team } from '../teams.ts'

/** The official package with nothing set but base URL and key, and the laboratory of the sandbox behind it. */
const world = await openWorld({ engine: 'sandbox' })
after(() => world.close())
const team = await world.team({ plan: 'max', credits: 1e9, wallet: 1e9 })
beforeEach(() => world.advance(86_400_000))

function openaiOf(where: World, key: string): OpenAI {
  return new OpenAI({ baseURL: `${where.url}/v1`, apiKey: key, maxRetries: 0 })
}
const openai = openaiOf(world, team.planKey)

const said = { model: 'tts-1', voice: 'alloy', input: 'Good day to you.' } as const
const LIMIT = 11_000

const forms = [
  ['mp3', 'audio/mpeg', /^(ID3|\xff[\xe2-\xfb])/],
  ['wav', 'audio/wav', /^RIFF.{4}WAVEfmt /s],
  ['opus', 'audio/ogg', /^OggS.*OpusHead/s],
  ['flac', 'audio/flac', /^fLaC/],
  ['pcm', 'audio/pcm', /^/],
] as const
for (const [response_format, type, magic] of forms) {
  test(`audio.speech as ${response_format}`, async () => {
    const answer = await openai.audio.speech.create({ ...said, response_format })
    const bytes = Buffer.from(await answer.arrayBuffer())
    assert.equal(answer.headers.get('content-type'), type)
    assert.equal(answer.headers.get('content-length'), String(bytes.length))
    assert.match(bytes.subarray(0, 200).toString('latin1'), magic)
    assert.ok(bytes.length > 2_000, `${bytes.length} bytes`)
    // OpenAI's raw sound: 24 kHz, 16 bits, one channel; a greeting lasts about a second.
    const seconds = bytes.length / 48_000
    if (response_format === 'pcm')
      assert.ok(bytes.length % 2 === 0 && seconds > 0.5 && seconds < 5, `${seconds} s`)
    const headers = ['pool', 'units', 'remaining'].map((name) => answer.headers.get(`tokenplan-${name}`))
    assert.deepEqual(headers, ['plan', String(said.input.length), String(LIMIT - said.input.length)])
    assert.match(answer.headers.get('x-request-id') ?? '', /^[0-9a-f]{32}$/)
    assert.deepEqual((await mediaTruth(world, team)).used, { 'speech-hd': said.input.length })
  })
}

type SpeechEvent = { readonly type: string; readonly audio?: string; readonly usage?: object }

function eventsIn(text: string): SpeechEvent[] {
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      assert.ok(event.startsWith('data: '), event)
      return JSON.parse(event.slice(6)) as SpeechEvent
    })
}

test('audio.speech as events: pieces that add up to the sound, then what was used', async () => {
  const whole = await openai.audio.speech.create({ ...said, response_format: 'pcm' })
  const answer = await openai.audio.speech.create({ ...said, response_format: 'pcm', stream_format: 'sse' })
  assert.match(answer.headers.get('content-type') ?? '', /^text\/event-stream/)
  assert.equal(answer.headers.get('tokenplan-pool'), 'plan')
  const events = eventsIn(await answer.text())
  const pieces = events.filter(({ type }) => type === 'speech.audio.delta')
  assert.equal(events.length, pieces.length + 1)
  const sound = Buffer.concat(pieces.map(({ audio = '' }) => Buffer.from(audio, 'base64')))
  assert.ok(sound.equals(Buffer.from(await whole.arrayBuffer())), 'the same as in one piece')
  const { length } = said.input
  assert.deepEqual(events.at(-1), {
    type: 'speech.audio.done',
    usage: { input_tokens: length, output_tokens: 0, total_tokens: length },
  })
  assert.deepEqual((await mediaTruth(world, team)).used, { 'speech-hd': 2 * length })
  await booksAreRight(world)
})

test('two texts are two sounds, two voices as well', async () => {
  const sound = async (more: object) => {
    const answer = await openai.audio.speech.create({ ...said, response_format: 'wav', ...more })
    return Buffer.from(await answer.arrayBuffer())
  }
  const [first, text, voice, again] = await Promise.all([
    sound({}),
    sound({ input: 'Something else.' }),
    sound({ voice: 'onyx' }),
    sound({}),
  ])
  assert.ok(first && text && voice && again)
  assert.ok(!first.equals(text) && !first.equals(voice))
  assert.ok(first.equals(again))
})

/** Width and height of a JPEG stand in its frame header. */
function jpegSize(bytes: Buffer): string {
  assert.deepEqual([bytes[0], bytes[1]], [0xff, 0xd8], 'it is a JPEG')
  for (let at = 2; at < bytes.length; ) {
    const [mark = 0, length] = [bytes[at + 1], bytes.readUInt16BE(at + 2)]
    if (mark >= 0xc0 && mark <= 0xc2) return `${bytes.readUInt16BE(at + 7)}x${bytes.readUInt16BE(at + 5)}`
    at += 2 + length
  }
  return assert.fail('it has no size')
}

test('images.generate as links that open', async () => {
  const asked = { model: 'dall-e-3', prompt: 'a red cat on the beach', n: 2, size: '1792x1024' } as const
  const { data, created } = await openai.images.generate({ ...asked, response_format: 'url' })
  assert.equal(created, Math.floor(world.now() / 1000))
  assert.equal(data?.length, 2)
  const pictures: Buffer[] = []
  for (const { url, b64_json } of data ?? []) {
    assert.equal(b64_json, undefined)
    assert.ok(url?.startsWith(world.url.replace('http:', 'HTTP:')), url)
    const answer = await fetch(url ?? '')
    assert.equal(answer.headers.get('content-type'), 'image/jpeg')
    pictures.push(Buffer.from(await answer.arrayBuffer()))
  }
  assert.deepEqual(pictures.map(jpegSize), ['1792x1024', '1792x1024'])
  assert.ok(!pictures[0]?.equals(pictures[1] ?? Buffer.alloc(0)), 'two pieces are two pictures')
  assert.deepEqual((await mediaTruth(world, team)).used, { 'image-01': 2 })
})

test('images.generate in the answer itself, paid by the wallet', async () => {
  const before = await mediaTruth(world, team)
  const images = openaiOf(world, team.apiKey).images
  const prompt = 'two blue birds'
  const { data } = await images.generate({ model: 'gpt-image-1', prompt, size: '1024x1536' })
  assert.equal(data?.length, 1)
  const [{ b64_json = '', url } = {}] = data ?? []
  assert.equal(url, undefined)
  assert.equal(jpegSize(Buffer.from(b64_json, 'base64')), '1024x1536')
  const { walletNanos, files } = await mediaTruth(world, team)
  assert.deepEqual([walletNanos, files], [before.walletNanos - IMAGE_NANOS, before.files])
})

test('images.generate of the least there is to say', async () => {
  const { data } = await openai.images.generate({ prompt: 'a house' })
  const picture = await fetch(data?.[0]?.url ?? '')
  assert.equal(jpegSize(Buffer.from(await picture.arrayBuffer())), '1024x1024')
})

test('the laboratory refuses, some pieces or all of them: what was made is paid', async () => {
  const some = await openai.images.generate({ model: 'image-01', prompt: 'a house [[fail 2]]', n: 5 })
  assert.equal(some.data?.length, 3)
  assert.deepEqual((await mediaTruth(world, team)).used, { 'image-01': 3 })
  const fresh: Team = await world.team({ plan: 'max' })
  const before = await mediaTruth(world, fresh)
  const none = openaiOf(world, fresh.planKey).images.generate({ model: 'image-01', prompt: '[[fail]]', n: 5 })
  // A client of OpenAI's reads the first picture without asking whether there is one.
  await assert.rejects(none, ({ status, message }) => status === 502 && /it made no picture/.test(message))
  await nothingTaken(world, fresh, before)
})
