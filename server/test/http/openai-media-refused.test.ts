import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import OpenAI from 'openai'
import { wireTo } from '../calling.ts'
import type { Behaviour } from '../fake-upstream.ts'
import { booksAreRight, lastRecord, openWorld, soon, until } from '../harness.ts'
import { FINE, SOUND, someImages, soundEvents } from '../media-samples.ts'
import { lastSent, mediaTruth, nothingTaken, paidBy } from '../media-truth.ts'
import { EVENT_STREAM, PROMPT } from '../samples.ts'
import type { Team, TeamOptions } from '../teams.ts'
import { takeAtOnce } from './plan-columns.ts'
import { assertLogsAreClean, assertRefused } from './refused.ts'

/** OpenAI's two paths on the plan's quotas: who pays, and how a refusal reaches the official package. */
const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const RICH = 5_000_000_000
const UNITS = [...PROMPT].length
const paths = {
  speech: { path: '/v1/audio/speech', body: { model: 'tts-1', voice: 'alloy', input: PROMPT } },
  images: { path: '/v1/images/generations', body: { model: 'dall-e-3', prompt: PROMPT } },
} as const
type Shape = keyof typeof paths
const shapes = Object.keys(paths) as Shape[]
const nanos = { speech: UNITS * 100_000, images: 3_500_000 }
const units = { speech: UNITS, images: 1 }
const resources = { speech: 'speech-hd', images: 'image-01' }

/** `requests` counts what leaves the package, its own retries too. */
function clientOf(key: string) {
  const sent = { requests: 0 }
  const counted: typeof fetch = (input, init) => {
    sent.requests++
    return fetch(input, init)
  }
  return { sent, openai: new OpenAI({ baseURL: `${world.url}/v1`, apiKey: key, fetch: counted }) }
}

async function create(openai: OpenAI, shape: Shape, more: object = {}): Promise<unknown> {
  if (shape === 'speech') return openai.audio.speech.create({ ...paths.speech.body, ...more })
  return openai.images.generate({ ...paths.images.body, ...more })
}

function call(shape: Shape, key: string, more: object = {}) {
  return world.call(paths[shape].path, { key, body: { ...paths[shape].body, ...more } })
}

for (const shape of shapes) {
  for (const pool of ['plan', 'credits', 'wallet'] as const) {
    test(`${shape}: paid by ${pool}`, async () => {
      const plan = pool === 'credits' ? null : 'max'
      const team = await world.team({ plan, credits: RICH, wallet: RICH })
      const before = await mediaTruth(world, team)
      const answer = await call(shape, pool === 'wallet' ? team.apiKey : team.planKey)
      assert.equal(answer.status, 200, answer.text)
      assert.deepEqual(paidBy(answer).slice(0, 2), [pool, String(units[shape])])
      const paid = {
        plan: { used: { [resources[shape]]: units[shape] } },
        credits: { lots: [RICH - nanos[shape]] },
        wallet: { walletNanos: RICH - nanos[shape] },
      }[pool]
      const files = shape === 'images' ? 1 : 0
      assert.deepEqual(await mediaTruth(world, team), { ...before, ...paid, files })
      await booksAreRight(world)
    })
  }
}

test('speech: what the engine is asked, and the sound alone in the answer', async () => {
  const team = await world.team({ plan: 'max' })
  const answer = await call('speech', team.planKey, { response_format: 'wav', speed: 1.5, unknown: 1 })
  assert.equal(answer.text, SOUND.toString())
  assert.deepEqual(lastSent(world), {
    model: 'speech-2.8-hd',
    text: PROMPT,
    stream: false,
    voice_setting: { voice_id: 'English_expressive_narrator', speed: 1.5 },
    audio_setting: { format: 'wav' },
    output_format: 'hex',
  })
})

test('images: three of five made are three in the list, and three paid', async () => {
  const team = await world.team({ plan: 'plus', credits: RICH })
  await takeAtOnce(world, team, 'image-01', 48)
  world.upstream.next({ body: JSON.stringify(someImages(3, 5, { origin: world.upstream.url })) })
  const answer = await call('images', team.planKey, { n: 5 })
  assert.equal(JSON.parse(answer.text).data.length, 3)
  assert.deepEqual(paidBy(answer), ['plan+credits', '3', '0'])
  assert.deepEqual((await mediaTruth(world, team)).lots, [RICH - nanos.images])
})

type Refusal = {
  readonly name: string
  readonly team?: TeamOptions
  readonly usedUp?: true
  readonly key?: (team: Team) => string
  readonly more?: Partial<Record<Shape, object>>
  readonly status: number
  readonly code: number
  readonly says: RegExp
}
const refusals: readonly Refusal[] = [
  { name: 'a wrong key', key: () => 'sk-cp-wrong', status: 401, code: 2049, says: /invalid api key/ },
  {
    name: 'a wrong field',
    more: { speech: { speed: 9 }, images: { n: 99 } },
    status: 400,
    code: 2013,
    says: /^400 invalid params: (speed|n): must be/,
  },
  {
    name: 'an unknown model',
    more: { speech: { model: 'whisper-1' }, images: { model: 'midjourney' } },
    status: 404,
    code: 2013,
    says: /unknown model: "(whisper-1|midjourney)"/,
  },
  {
    name: 'the model of something else',
    more: { speech: { model: 'image-01' }, images: { model: 'speech-2.8-hd' } },
    status: 404,
    code: 2013,
    says: /is not a model for/,
  },
  {
    name: 'an empty wallet',
    key: (team) => team.apiKey,
    status: 402,
    code: 1008,
    says: /insufficient balance/,
  },
  {
    name: 'no credits and no seat',
    team: { plan: null },
    status: 402,
    code: 1008,
    says: /insufficient balance/,
  },
  {
    name: 'no seat and no access to credits',
    team: { plan: null, creditsAccess: false },
    status: 403,
    code: 2062,
    says: /no active token plan/,
  },
  {
    name: 'a plan without it',
    team: { plan: 'starter' },
    status: 403,
    code: 2061,
    says: /not support model/,
  },
  {
    name: 'a model outside the coverage',
    team: { plan: 'max', credits: RICH },
    more: { speech: { model: 'speech-2.8-turbo' }, images: { model: 'image-01-live' } },
    status: 403,
    code: 2061,
    says: /OPENAI_API_KEY=sk-api-/,
  },
  {
    name: 'a day that is used up',
    team: { plan: 'plus' },
    usedUp: true,
    status: 429,
    code: 2056,
    says: /daily usage limit reached for Token Plan Plus \((4000\/4000|50\/50) used\), resets at 2026-06-11/,
  },
]
for (const { name, status, code, says, ...how } of refusals) {
  for (const shape of shapes) {
    test(`${shape}: ${name} is ${status}, and the package does not try again`, async () => {
      const team = await world.team(how.team ?? { plan: 'max' })
      if (how.usedUp) await takeAtOnce(world, team, resources[shape], shape === 'speech' ? 4_000 : 50)
      const before = await mediaTruth(world, team)
      for (const more of shape === 'speech' ? [{}, { stream_format: 'sse' }] : [{}]) {
        const { sent, openai } = clientOf((how.key ?? ((of: Team) => of.planKey))(team))
        const refused = create(openai, shape, { ...how.more?.[shape], ...more })
        await assert.rejects(refused, (error) => {
          assert.ok(error instanceof OpenAI.APIError, String(error))
          assert.deepEqual([error.status, error.code], [status, String(code)], error.message)
          assert.match(error.message, says)
          assert.match(error.requestID ?? '', /^[0-9a-f]{32}$/)
          return true
        })
        assert.equal(sent.requests, 1)
      }
      assert.equal(world.upstream.received.length, 0, 'the engine was not asked')
      await nothingTaken(world, team, before)
    })
  }
}

test('the kinds of error of the package', async () => {
  const team = await world.team({ plan: 'plus' })
  await takeAtOnce(world, team, 'image-01', 50)
  const { openai } = clientOf(team.planKey)
  await assert.rejects(openai.images.generate({ prompt: PROMPT }), OpenAI.RateLimitError)
  await assert.rejects(openai.images.generate({ prompt: '' }), OpenAI.BadRequestError)
  await assert.rejects(openai.images.generate({ prompt: PROMPT, model: 'none' }), OpenAI.NotFoundError)
  const stranger = clientOf('sk-api-wrong').openai
  await assert.rejects(stranger.images.generate({ prompt: PROMPT }), OpenAI.AuthenticationError)
})

const broken: readonly (readonly [string, Behaviour, { status: number; code: number; retry?: 'soon' }])[] = [
  ['401', { status: 401 }, { status: 502, code: 1000 }],
  ['500', { status: 500 }, { status: 502, code: 1000 }],
  ['429', { status: 429 }, { status: 529, code: 1039, retry: 'soon' }],
  ['half a JSON', { body: '{"data":' }, { status: 502, code: 1000 }],
  ['a web page', { body: '<html>' }, { status: 502, code: 1000 }],
  [
    'the end, without a sound before it',
    { headers: EVENT_STREAM, body: `data: ${JSON.stringify({ data: { audio: '', status: 2 } })}\n\n` },
    { status: 502, code: 1000 },
  ],
  ['nothing made', { body: JSON.stringify({ data: null, base_resp: FINE }) }, { status: 502, code: 1000 }],
  [
    'that the prompt is not to be had',
    { body: '{"base_resp":{"status_code":1026,"status_msg":"input new_sensitive"}}' },
    { status: 400, code: 2013 },
  ],
  [
    'that a field is wrong',
    { status: 400, body: '{"base_resp":{"status_code":2013}}' },
    { status: 400, code: 2013 },
  ],
]
for (const [name, behaviour, wanted] of broken) {
  test(`the engine says ${name}: nothing is charged`, async () => {
    const team = await world.team({ plan: 'max', wallet: RICH })
    const before = await mediaTruth(world, team)
    for (const key of [team.planKey, team.apiKey]) {
      for (const [shape, more] of [
        ['speech', {}],
        ['speech', { stream_format: 'sse' }],
        ['images', {}],
      ] as const) {
        world.upstream.forget()
        world.upstream.next(behaviour)
        assertRefused(await call(shape, key, more), 'openai-chat', wanted)
        assert.equal(world.upstream.received.length, 1)
      }
    }
    await nothingTaken(world, team, before)
  })
}

test('speech: an engine that sends an address where it was asked for the sound: nothing is charged', async () => {
  const team = await world.team({ plan: 'max' })
  const before = await mediaTruth(world, team)
  const audio = `${world.upstream.url}/files/speech.mp3`
  world.upstream.next({ body: JSON.stringify({ data: { audio, status: 2 }, base_resp: FINE }) })
  const answer = await call('speech', team.planKey)
  assertRefused(answer, 'openai-chat', { status: 502, code: 1000, says: 'it made no sound' })
  await nothingTaken(world, team, { ...before, files: 1 })
})

const deltas = (text: string) => [...text.matchAll(/"type":"speech\.audio\.delta"/g)].length

test('events: each piece as it comes, and the end when it is paid', async () => {
  const team = await world.team({ plan: 'max' })
  const [first = '', ...rest] = soundEvents({ stream_options: { exclude_aggregated_audio: true } })
  let goOn: () => void = () => undefined
  const heard = new Promise<void>((resolve) => {
    goOn = resolve
  })
  world.upstream.next({
    headers: EVENT_STREAM,
    body: async function* () {
      yield first
      await heard
      yield* rest
    },
  })
  const open = await world.open(paths.speech.path, {
    key: team.planKey,
    body: { ...paths.speech.body, stream_format: 'sse' },
  })
  await open.reach(1)
  goOn()
  const answer = await open.read()
  assert.ok(answer.whole)
  assert.equal(deltas(answer.text), 2)
  assert.match(answer.text, /"type":"speech\.audio\.done"[^\n]*\n\n$/)
  assert.deepEqual((await mediaTruth(world, team)).used, { 'speech-hd': UNITS })
  await booksAreRight(world)
})

for (const ending of ['end', 'reset'] as const) {
  test(`events that break off (${ending}): nothing is charged, and it does not look whole`, async () => {
    const team = await world.team({ plan: 'max', wallet: RICH })
    const before = await mediaTruth(world, team)
    for (const key of [team.planKey, team.apiKey]) {
      world.upstream.next({ headers: EVENT_STREAM, body: soundEvents().slice(0, 2), ending })
      const answer = await call('speech', key, { stream_format: 'sse' })
      assert.deepEqual([answer.status, answer.whole, deltas(answer.text)], [200, false, 2])
      assert.ok(!answer.text.includes('speech.audio.done'))
    }
    await nothingTaken(world, team, before)
  })
}

test('leaving events: nothing before the first piece, all of it after it', async () => {
  const team = await world.team({ plan: 'max' })
  const before = await mediaTruth(world, team)
  const body = JSON.stringify({ ...paths.speech.body, stream_format: 'sse' })
  const head = [
    `POST ${paths.speech.path} HTTP/1.1`,
    'host: x',
    `authorization: Bearer ${team.planKey}`,
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  world.upstream.next({ instead: 'hang' })
  const wire = wireTo(world.url)
  wire.write(`${head.join('\r\n')}\r\n\r\n${body}`)
  await until(() => world.upstream.received.length === 1, 'the engine is asked')
  wire.leave()
  await soon(world.upstream.last().closed, 'the engine sees the connection go')
  await nothingTaken(world, team, before)

  world.upstream.next({ headers: EVENT_STREAM, body: soundEvents().slice(0, 1), ending: 'hang' })
  const open = await world.open(paths.speech.path, { key: team.planKey, body })
  await open.reach(1)
  open.leave()
  await soon(world.upstream.last().closed, 'the engine sees the connection go')
  await until(() => world.running.book.openHolds() === 0, 'the hold ends')
  assert.deepEqual((await mediaTruth(world, team)).used, { 'speech-hd': UNITS })
  assert.equal((await lastRecord(world, team)).made_units, UNITS)
  await booksAreRight(world)
})

test('413: a body above 1 MB', async () => {
  for (const shape of shapes) {
    const team = await world.team({ plan: 'max' })
    const body = { ...paths[shape].body, padding: 'x'.repeat(1024 * 1024) }
    const answer = await world.call(paths[shape].path, { key: team.planKey, body })
    assertRefused(answer, 'openai-chat', { status: 413, code: 2013 })
  }
})

test('neither keys nor prompts are in the log', () => assertLogsAreClean(world))
