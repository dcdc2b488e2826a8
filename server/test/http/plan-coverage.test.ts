import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { file, uploaded } from '../forms.ts'
import { booksAreRight, openWorld, until, type World } from '../harness.ts'
import { askingFor, kinds } from '../media-samples.ts'
import { lastSent, mediaTruth, nothingTaken, paidBy } from '../media-truth.ts'
import type { Team } from '../teams.ts'
import { ask, covers, music, takeAtOnce } from './plan-columns.ts'
import { assertRefused } from './refused.ts'

/** What no Token Plan Key can use, whoever would pay; and what an offer leaves when it ends. */
const world = await openWorld()
after(() => world.close())

const RICH = 5_000_000_000
const FRAME = `data:image/png;base64,${Buffer.from('a frame').toString('base64')}`

type Outside = {
  readonly name: string
  readonly path: string
  readonly body: (team: Team) => object | Promise<object>
  /** By the price list. */
  readonly nanos: number
}

const characters = [...String(kinds.speech.least.text)].length
const speech = (model: string, perCharacter: number): Outside => ({
  name: model,
  path: kinds.speech.path,
  body: () => askingFor('speech', { model }),
  nanos: characters * perCharacter,
})
const song = (model: string, nanos: number): Outside => ({
  name: model,
  path: kinds.song.path,
  body: () => askingFor('song', { model }),
  nanos,
})
const video = (model: string, size: object, nanos: number): Outside => ({
  name: `${model} ${JSON.stringify(size)}`,
  path: '/v1/video_generation',
  body: () => ({ model, prompt: 'a wave', first_frame_image: FRAME, ...size }),
  nanos,
})
const at10s = { duration: 10 }
const at1080 = { resolution: '1080P' }

const outside: readonly Outside[] = [
  speech('speech-2.8-turbo', 60_000),
  speech('speech-2.6-turbo', 60_000),
  speech('speech-02-turbo', 60_000),
  speech('speech-01-turbo', 60_000),
  speech('speech-01-hd', 100_000),
  {
    name: 'image-01-live',
    path: kinds.images.path,
    body: () => askingFor('images', { model: 'image-01-live', n: 2 }),
    nanos: 7_000_000,
  },
  video('MiniMax-Hailuo-2.3', at10s, 560_000_000),
  video('MiniMax-Hailuo-2.3', at1080, 490_000_000),
  video('MiniMax-Hailuo-2.3-Fast', at10s, 320_000_000),
  video('MiniMax-Hailuo-2.3-Fast', at1080, 330_000_000),
  video('MiniMax-Hailuo-02', {}, 280_000_000),
  video('MiniMax-Hailuo-02', { resolution: '512P' }, 100_000_000),
  video('MiniMax-Hailuo-02', { ...at10s, last_frame_image: FRAME }, 560_000_000),
  song('music-2.5', 150_000_000),
  song('music-2.5+', 150_000_000),
  song('music-2.0', 30_000_000),
  song('music-2.6-free', 0),
  {
    name: 'music-cover-free',
    path: kinds.cover.path,
    body: () => askingFor('cover', { model: 'music-cover-free' }),
    nanos: 0,
  },
  {
    name: 'a cloned voice that says something',
    path: '/v1/voice_clone',
    body: async (team) => ({
      file_id: (await uploaded(world, team, file('a voice'))).file_id,
      voice_id: `voice-${team.team}`,
      text: 'four',
      model: 'speech-2.8-hd',
    }),
    nanos: 1_500_000_000 + 400_000,
  },
  {
    name: 'a designed voice',
    path: '/v1/voice_design',
    body: (team) => ({ prompt: 'an old sailor', preview_text: 'four', voice_id: `voice-${team.team}` }),
    nanos: 400_000,
  },
]

for (const { name, path, body, nanos } of outside) {
  test(`${name}: 2061 with a Token Plan Key, even with credits; an API key pays`, async () => {
    const team = await world.team({ plan: 'ultra-highspeed', credits: RICH, wallet: RICH })
    const asked = await body(team)
    const before = await mediaTruth(world, team)
    world.upstream.forget()
    const refusal = await world.call(path, { key: team.planKey, body: asked })
    const says = /outside what a Token Plan Key covers.*sk-api-/
    assertRefused(refusal, 'native', { status: 403, code: 2061, says, retry: 'never' })
    assert.ok(!world.upstream.received.some((sent) => sent.path === path), 'the engine was not asked for it')
    await nothingTaken(world, team, before)

    const answer = await world.call(path, { key: team.apiKey, body: asked })
    assert.equal(paidBy(answer)[0], 'wallet', answer.text)
    if ('model' in asked)
      assert.equal(lastSent(world).model, asked.model, 'the engine hears of its own model')
    await until(() => world.running.book.openHolds() === 0, 'it is made')
    const { walletNanos, lots, used } = await mediaTruth(world, team)
    assert.deepEqual([RICH - walletNanos, lots, used], [nanos, [RICH], {}])
    await booksAreRight(world)
  })
}

/** The default catalogue with an end of the offer. */
async function ending(until: string): Promise<World> {
  const base = '{ max: 4, max-highspeed: 7, ultra-highspeed: 15 }'
  return openWorld({
    catalogue: `extends: token-plan.yaml\nname: an offer that ends\nversion: 9\npromotions:\n  music-2.6: { until: ${until}, base: ${base} }\n`,
  })
}

test('the offer has no end in the default catalogue', async (t) => {
  const later = await openWorld()
  t.after(() => later.close())
  const team = await later.team({ plan: 'starter' })
  later.advance(1_000 * 86_400_000)
  assert.deepEqual(paidBy(await ask(later, team.planKey, music)), ['plan', '1', '99'])
})

test('an offer ends at its instant, and leaves each plan its own base', async (t) => {
  const ends = await ending('2026-06-11')
  t.after(() => ends.close())
  const bases = {
    starter: 0,
    plus: 0,
    max: 4,
    'plus-highspeed': 0,
    'max-highspeed': 7,
    'ultra-highspeed': 15,
  }
  const seats = await Promise.all(
    Object.entries(bases).map(async ([plan, base]) => ({
      plan,
      base,
      team: await ends.team({ plan, wallet: RICH }),
      rich: await ends.team({ plan, credits: RICH }),
    })),
  )
  ends.advance(Date.UTC(2026, 5, 11) - ends.now() - 1)
  for (const { team } of seats) {
    assert.deepEqual(paidBy(await ask(ends, team.planKey, music)), ['plan', '1', '99'])
  }
  ends.advance(1)
  for (const { plan, base, team, rich } of seats) {
    for (let left = base - 1; left >= 0; left--) {
      assert.deepEqual(paidBy(await ask(ends, team.planKey, music)), ['plan', '1', String(left)], plan)
      assert.equal(paidBy(await ask(ends, rich.planKey, music))[0], 'plan', plan)
    }
    const before = await mediaTruth(ends, team)
    const refusal = await ask(ends, team.planKey, music)
    if (base === 0) assertRefused(refusal, 'native', { status: 403, code: 2061, retry: 'never' })
    else {
      const says = `(${base}/${base} used), resets at 2026-06-12T00:00:00Z`
      assertRefused(refusal, 'native', { status: 429, code: 2056, says, retry: 'never' })
    }
    await nothingTaken(ends, team, before)
    assert.equal(paidBy(await ask(ends, rich.planKey, music))[0], 'credits', plan)
    assert.deepEqual((await mediaTruth(ends, rich)).lots, [RICH - (music.nanos ?? 0)])
    // Covers are no part of the offer.
    assert.deepEqual(paidBy(await ask(ends, team.planKey, covers)), ['plan', '1', '99'])
  }
  await booksAreRight(ends)
})

test('an offer that ends at noon: what was sung in the morning counts against the base', async (t) => {
  const ends = await ending('2026-06-10T12:00:00Z')
  t.after(() => ends.close())
  const [many, few] = [await ends.team({ plan: 'max' }), await ends.team({ plan: 'max' })]
  await takeAtOnce(ends, many, 'music-2.6', 50)
  await takeAtOnce(ends, few, 'music-2.6', 3)
  ends.advance(Date.UTC(2026, 5, 10, 12) - ends.now())
  assertRefused(await ask(ends, many.planKey, music), 'native', {
    status: 429,
    code: 2056,
    says: '(50/4 used), resets at 2026-06-11T00:00:00Z',
    retry: 'never',
  })
  assert.deepEqual(paidBy(await ask(ends, few.planKey, music)), ['plan', '1', '0'])
  // The end holds over a restart, and so does what was used.
  await ends.restart()
  assertRefused(await ask(ends, few.planKey, music), 'native', {
    status: 429,
    code: 2056,
    says: '(4/4 used)',
    retry: 'never',
  })
  ends.advance(12 * 3_600_000)
  assert.deepEqual(paidBy(await ask(ends, many.planKey, music)), ['plan', '1', '3'])
  await booksAreRight(ends)
})
