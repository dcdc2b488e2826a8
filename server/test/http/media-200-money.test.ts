import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import type { Answer } from '../calling.ts'
import { booksAreRight, lastRecord, openWorld } from '../harness.ts'
import { IMAGE_NANOS, someImages } from '../media-samples.ts'
import { made, mediaTruth, nothingTaken, paidBy } from '../media-truth.ts'
import type { Team } from '../teams.ts'

/** What is asked for and what comes of it: the plan pays what it covers, money the rest, nobody what was not made. */
const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const RICH = 1e9
const CHARACTER_NANOS = 100_000
const characters = (count: number) => ({ text: 'x'.repeat(count) })

/** The engine makes so many of the pictures that it is asked for next. */
function makesOnly(pieces: number, asked: number): void {
  world.upstream.next({ body: JSON.stringify(someImages(pieces, asked, { origin: world.upstream.url })) })
}

async function images(team: Team, asked: number, pieces = asked, key = team.planKey): Promise<Answer> {
  makesOnly(pieces, asked)
  const answer = await made(world, key, 'images', { n: asked })
  const { data, metadata } = JSON.parse(answer.text)
  assert.equal(data.image_urls.length, pieces, answer.text)
  assert.equal(metadata.success_count, String(pieces))
  return answer
}

/** A Plus seat (50 images a day) with so many left. */
async function withImagesLeft(left: number, credits: number | readonly number[]): Promise<Team> {
  const team = await world.team({ plan: 'plus', credits, wallet: RICH })
  for (let used = 0; used < 50 - left; ) {
    const n = Math.min(9, 50 - left - used)
    assert.equal(paidBy(await made(world, team.planKey, 'images', { n }))[0], 'plan')
    used += n
  }
  return team
}

test('images: three of five made, three paid by the plan, two are there again', async () => {
  const team = await world.team({ plan: 'max', credits: RICH })
  const answer = await images(team, 5, 3)
  assert.deepEqual(paidBy(answer), ['plan', '3', '117'])
  const { used, lots } = await mediaTruth(world, team)
  assert.deepEqual([used, lots], [{ 'image-01': 3 }, [RICH]])
  const record = await lastRecord(world, team)
  assert.deepEqual([record.held_units, record.units, record.made_units, record.nanos], [5, 3, 3, 0])
  await booksAreRight(world)
})

for (const pool of ['credits', 'wallet'] as const) {
  test(`images: three of five made, three paid by ${pool}`, async () => {
    const team = await world.team({ plan: null, credits: RICH, wallet: RICH })
    const answer = await images(team, 5, 3, pool === 'credits' ? team.planKey : team.apiKey)
    assert.deepEqual(paidBy(answer), [pool, '3', undefined])
    const { lots, walletNanos, heldNanos } = await mediaTruth(world, team)
    const rest = RICH - 3 * IMAGE_NANOS
    assert.deepEqual([lots, walletNanos], pool === 'credits' ? [[rest], RICH] : [[RICH], rest])
    assert.equal(heldNanos, 0)
    await booksAreRight(world)
  })
}

// Three left in the plan, five asked for: two by credits, of a lot that has one picture's price and of another one.
const divided = [
  { pieces: 5, pool: 'plan+credits', units: 3, lots: [0, RICH - IMAGE_NANOS], left: 0 },
  { pieces: 4, pool: 'plan+credits', units: 3, lots: [0, RICH], left: 0 },
  { pieces: 3, pool: 'plan', units: 3, lots: [IMAGE_NANOS, RICH], left: 0 },
  { pieces: 2, pool: 'plan', units: 2, lots: [IMAGE_NANOS, RICH], left: 1 },
  { pieces: 0, pool: 'plan', units: 0, lots: [IMAGE_NANOS, RICH], left: 3 },
] as const
for (const { pieces, pool, units, lots, left } of divided) {
  test(`images: the plan covers three of five, ${pieces} are made: what credits took last comes back first`, async () => {
    const team = await withImagesLeft(3, [IMAGE_NANOS, RICH])
    const before = await mediaTruth(world, team)
    const answer = await images(team, 5, pieces)
    assert.deepEqual(paidBy(answer), [pool, String(pieces), String(left)])
    assert.deepEqual(await mediaTruth(world, team), {
      ...before,
      lots,
      used: { 'image-01': 47 + units },
      files: before.files + pieces,
    })
    const record = await lastRecord(world, team)
    const paid = IMAGE_NANOS + RICH - lots[0] - lots[1]
    assert.deepEqual([record.held_units, record.held_nanos], [3, 2 * IMAGE_NANOS])
    assert.deepEqual([record.units, record.made_units, record.nanos], [units, pieces, paid])
    await booksAreRight(world)
  })
}

test('images: credits for one of the two that the plan does not cover: nothing is taken, nothing is made', async () => {
  const team = await withImagesLeft(3, IMAGE_NANOS)
  const before = await mediaTruth(world, team)
  world.upstream.forget()
  const answer = await made(world, team.planKey, 'images', { n: 5 })
  const { base_resp } = JSON.parse(answer.text)
  assert.equal(base_resp.status_code, 2056)
  assert.match(base_resp.status_msg, /daily usage limit reached for Token Plan Plus \(47\/50 used\)/)
  assert.match(base_resp.status_msg, /may need 7 credits; the team has 3\.5/)
  assert.equal(world.upstream.received.length, 0)
  await nothingTaken(world, team, before)
  // Four fit: three by the plan, one by the credits that are there.
  assert.deepEqual(paidBy(await made(world, team.planKey, 'images', { n: 4 })), ['plan+credits', '4', '0'])
})

test('images: none made although all is well: nothing is charged, and the answer says so', async () => {
  const team = await world.team({ plan: 'plus', credits: RICH })
  const before = await mediaTruth(world, team)
  const answer = await images(team, 9, 0)
  assert.deepEqual(paidBy(answer), ['plan', '0', '50'])
  await nothingTaken(world, team, before)
})

test('images: an engine cannot charge for more than was asked for, or for what it did not send', async () => {
  const team = await world.team({ plan: null, credits: RICH })
  const origin = world.upstream.url
  const { data } = someImages(2, 2, { origin }) as { data: object }
  for (const [said, pieces] of [
    ['2', 2],
    ['5', 2],
    [900, 2],
    ['-1', 2],
    ['many', 2],
    [undefined, 2],
    ['1', 1],
  ] as const) {
    const { lots } = await mediaTruth(world, team)
    world.upstream.next({ body: JSON.stringify({ data, metadata: { success_count: said } }) })
    const answer = await made(world, team.planKey, 'images', { n: 5 })
    assert.deepEqual(paidBy(answer), ['credits', String(pieces), undefined], answer.text)
    assert.deepEqual((await mediaTruth(world, team)).lots, [(lots[0] ?? 0) - pieces * IMAGE_NANOS])
  }
  await booksAreRight(world)
})

for (const stream of [false, true]) {
  test(`speech: the plan covers 3,000 of 5,000 characters, ${stream ? 'streamed' : 'whole'}`, async () => {
    const team = await world.team({ plan: 'plus', credits: RICH, wallet: RICH })
    await made(world, team.planKey, 'speech', characters(1_000))
    const before = await mediaTruth(world, team)
    const answer = await made(world, team.planKey, 'speech', { ...characters(5_000), stream })
    assert.equal(answer.status, 200, answer.text)
    assert.deepEqual(paidBy(answer), ['plan+credits', '5000', '0'])
    const lots = [RICH - 2_000 * CHARACTER_NANOS]
    assert.deepEqual(await mediaTruth(world, team), { ...before, lots, used: { 'speech-hd': 4_000 } })
    const record = await lastRecord(world, team)
    assert.deepEqual([record.units, record.made_units, record.nanos], [3_000, 5_000, 200_000_000])
    // Nothing is left: credits alone.
    assert.deepEqual(paidBy(await made(world, team.planKey, 'speech', characters(1))), ['credits', '1', '0'])
    await booksAreRight(world)
  })
}

test('speech: a text longer than the whole day’s quota is divided as well', async () => {
  const team = await world.team({ plan: 'plus', credits: RICH })
  const answer = await made(world, team.planKey, 'speech', { text: '好'.repeat(4_001) })
  assert.deepEqual(paidBy(answer), ['plan+credits', '8002', '0'])
  assert.deepEqual((await mediaTruth(world, team)).lots, [RICH - 4_002 * CHARACTER_NANOS])
})

for (const [name, options] of [
  ['overflow switched off', { overflow: false }],
  ['no access to credits', { creditsAccess: false }],
] as const) {
  test(`speech: nothing is divided with ${name}`, async () => {
    const team = await world.team({ plan: 'plus', credits: RICH, wallet: RICH, ...options })
    const before = await mediaTruth(world, team)
    const answer = await made(world, team.planKey, 'speech', characters(5_000))
    const { base_resp } = JSON.parse(answer.text)
    assert.equal(base_resp.status_code, 2056, answer.text)
    assert.match(base_resp.status_msg, /at most 4000 fit/)
    await nothingTaken(world, team, before)
  })
}

test('an API key leaves plan and credits alone, and pays all of it', async () => {
  const team = await world.team({ plan: 'plus', credits: RICH, wallet: RICH })
  const before = await mediaTruth(world, team)
  assert.deepEqual(paidBy(await images(team, 5, 5, team.apiKey)), ['wallet', '5', undefined])
  const walletNanos = RICH - 5 * IMAGE_NANOS
  assert.deepEqual(await mediaTruth(world, team), { ...before, walletNanos, files: 5 })
})

test('a day’s quota is whole again at midnight, and not a millisecond before', async (t) => {
  const night = await openWorld()
  t.after(() => night.close())
  const team = await night.team({ plan: 'plus' })
  const used = await made(night, team.planKey, 'speech', characters(4_000))
  assert.deepEqual(paidBy(used), ['plan', '4000', '0'])
  const midnight = Date.UTC(2026, 5, 11)
  assert.equal(used.headers['tokenplan-reset'], String((midnight - night.now()) / 1000))
  night.advance(midnight - night.now() - 1)
  const early = await made(night, team.planKey, 'speech', characters(1))
  assert.match(JSON.parse(early.text).base_resp.status_msg, /resets at 2026-06-11T00:00:00Z/)
  night.advance(1)
  const fresh = await made(night, team.planKey, 'speech', characters(1))
  assert.deepEqual(paidBy(fresh), ['plan', '1', '3999'])
  await booksAreRight(night)
})

test('pieces that were not made on a day that is over are granted for the new one', async (t) => {
  const night = await openWorld()
  t.after(() => night.close())
  const team = await night.team({ plan: 'plus' })
  night.upstream.next({
    body: async function* () {
      night.advance(24 * 3_600_000)
      yield JSON.stringify(someImages(3, 9, { origin: night.upstream.url }))
    },
  })
  const answer = await made(night, team.planKey, 'images', { n: 9 })
  assert.equal(paidBy(answer)[1], '3', answer.text)
  // 50 of the new day and the 6 that were not made.
  let left = 56
  for (const n of [9, 9, 9, 9, 9, 9, 2]) {
    left -= n
    assert.equal(paidBy(await made(night, team.planKey, 'images', { n }))[0], 'plan', `${left} left`)
  }
  const more = await made(night, team.planKey, 'images', { n: 1 })
  assert.equal(JSON.parse(more.text).base_resp.status_code, 2056)
  await booksAreRight(night)
})
