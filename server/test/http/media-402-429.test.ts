import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { openWorld } from '../harness.ts'
import { askingFor, type KindName, kindNames, kinds } from '../media-samples.ts'
import { made, mediaTruth, nothingTaken, paidBy } from '../media-truth.ts'
import type { Team, TeamOptions } from '../teams.ts'
import { takeAtOnce } from './plan-columns.ts'
import { assertLogsAreClean, assertRefused, type Refused } from './refused.ts'

/** Nothing left to pay with: which window, until when, and what helps. */
const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const RICH = 1e9
const LIMITS: Readonly<Record<string, number>> = { search: 4_500, vision: 4_500, speech: 4_000, images: 50 }
const limitOf = (kind: KindName) => LIMITS[kind] ?? 100
/** Preprocessing costs nothing, so nothing can be missing. */
const paid = kindNames.filter((kind) => kinds[kind].nanos > 0)
const isSliding = (kind: KindName) => kind === 'search' || kind === 'vision'
const never = { retry: 'never' } as const
const NOON = Date.UTC(2026, 5, 10, 9, 30)
const MIDNIGHT = Date.UTC(2026, 5, 11)

async function usedUp(kind: KindName, options: TeamOptions): Promise<Team> {
  const team = await world.team({ plan: 'plus', wallet: RICH, ...options })
  await takeAtOnce(world, team, kinds[kind].resource, limitOf(kind))
  return team
}

async function refuses(team: Team, key: string, kind: KindName, wanted: Refused): Promise<string> {
  const before = await mediaTruth(world, team)
  for (const more of kind === 'speech' || kind === 'song' ? [{}, { stream: true }] : [{}]) {
    const answer = await made(world, key, kind, more)
    assertRefused(answer, 'native', wanted)
  }
  assert.equal(world.upstream.received.length, 0, 'the engine was not asked')
  await nothingTaken(world, team, before)
  return (await made(world, key, kind)).text
}

for (const kind of paid) {
  const limit = limitOf(kind)
  const [window, resets] = isSliding(kind)
    ? ['5-hour', '2026-06-10T14:30:00Z']
    : ['daily', '2026-06-11T00:00:00Z']
  const empty: Refused = {
    status: 429,
    code: 2056,
    says: `usage limit exceeded, ${window} usage limit reached for Token Plan Plus (${limit}/${limit} used), resets at ${resets}`,
    ...never,
  }

  test(`429: ${kind}, window empty, no credits: when it comes back, and what helps`, async () => {
    const team = await usedUp(kind, {})
    const text = await refuses(team, team.planKey, kind, empty)
    for (const help of ['credits', 'upgrade', 'seat', 'sk-api-']) assert.ok(text.includes(help), text)
    const { headers } = await made(world, team.planKey, kind)
    const seconds = ((isSliding(kind) ? NOON + 5 * 3_600_000 : MIDNIGHT) - world.now()) / 1000
    assert.deepEqual([headers['tokenplan-remaining'], headers['tokenplan-reset']], ['0', String(seconds)])
  })

  const poor: readonly (readonly [string, TeamOptions, RegExp])[] = [
    [
      'too few credits',
      { credits: kinds[kind].nanos - 1 },
      /This request may need [\d.]+ credits; the team has/,
    ],
    ['overflow switched off', { credits: RICH, overflow: false }, /overflow/i],
    ['no access to credits', { credits: RICH, creditsAccess: false }, /no access to the credits/],
  ]
  for (const [name, options, says] of poor) {
    test(`429: ${kind}, window empty, ${name}`, async () => {
      const team = await usedUp(kind, options)
      assert.match(await refuses(team, team.planKey, kind, empty), says)
    })
  }

  test(`402: ${kind} without a seat: credits that are too few, or none`, async () => {
    for (const credits of [[], kinds[kind].nanos - 1]) {
      const team = await world.team({ plan: null, credits, wallet: RICH })
      const says = /^insufficient balance: This request may need/
      await refuses(team, team.planKey, kind, { status: 402, code: 1008, says, ...never })
    }
    const team = await world.team({ plan: null, credits: kinds[kind].nanos })
    assert.equal(paidBy(await made(world, team.planKey, kind))[0], 'credits', 'exactly enough is enough')
    assert.deepEqual((await mediaTruth(world, team)).lots, [0])
  })

  test(`402: ${kind} with an API key: a wallet with too little, or nothing, whatever else there is`, async () => {
    for (const wallet of [0, kinds[kind].nanos - 1]) {
      const team = await world.team({ plan: 'max', credits: RICH, wallet })
      const says = /^insufficient balance: .*the wallet has \$/
      await refuses(team, team.apiKey, kind, { status: 402, code: 1008, says, ...never })
    }
    const team = await world.team({ plan: null, wallet: kinds[kind].nanos })
    assert.equal(paidBy(await made(world, team.apiKey, kind))[0], 'wallet', 'exactly enough is enough')
    assert.equal((await mediaTruth(world, team)).walletNanos, 0)
  })
}

test('429: what is left does not do for a request, but does for a smaller one', async () => {
  const team = await world.team({ plan: 'plus', wallet: RICH })
  await takeAtOnce(world, team, 'speech-hd', 3_990)
  await takeAtOnce(world, team, 'image-01', 48)
  const before = await mediaTruth(world, team)
  for (const [kind, more, used, fits] of [
    ['speech', { text: 'x'.repeat(11) }, '3990/4000', '11 characters fit'],
    ['images', { n: 3 }, '48/50', '3 images fit'],
  ] as const) {
    const answer = await made(world, team.planKey, kind, more)
    assertRefused(answer, 'native', { status: 429, code: 2056, says: `(${used} used)`, ...never })
    const midnight = '2026-06-11T00:00:00Z'
    assert.ok(answer.text.includes(`resets at ${midnight}. ${fits} again at ${midnight}`), answer.text)
    const seconds = Math.ceil((Date.parse(midnight) - world.now()) / 1000)
    assert.equal(answer.headers['tokenplan-reset'], String(seconds), 'the same instant as the text')
    assert.equal(answer.headers['tokenplan-remaining'], kind === 'speech' ? '10' : '2')
  }
  await nothingTaken(world, team, before)
  const smaller = await made(world, team.planKey, 'speech', { text: 'x'.repeat(10) })
  assert.deepEqual(paidBy(smaller), ['plan', '10', '0'])
  assert.deepEqual(paidBy(await made(world, team.planKey, 'images', { n: 2 })), ['plan', '2', '0'])
})

test('429: a request larger than the whole day says that waiting does not help', async () => {
  const team = await world.team({ plan: 'plus', wallet: RICH })
  const before = await mediaTruth(world, team)
  for (const [text, asked] of [
    ['x'.repeat(4_001), 4_001],
    ['好'.repeat(9_999), 19_998],
  ] as const) {
    const answer = await made(world, team.planKey, 'speech', { text })
    const says = `this request alone is larger than the daily window of Token Plan Plus (0/4000 used): it asks for ${asked} characters, at most 4000 fit`
    assertRefused(answer, 'native', { status: 429, code: 2056, says, ...never })
    assert.deepEqual(
      [answer.headers['tokenplan-remaining'], answer.headers['tokenplan-reset']],
      ['4000', '0'],
      'what there is can be used now',
    )
  }
  await nothingTaken(world, team, before)
  assert.deepEqual(paidBy(await made(world, team.planKey, 'speech', { text: 'x'.repeat(4_000) })), [
    ...['plan', '4000', '0'],
  ])
})

test('429: running requests are told, and count', async () => {
  const team = await world.team({ plan: 'plus' })
  await takeAtOnce(world, team, 'image-01', 41)
  let letGo: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  world.upstream.next({
    status: 500,
    body: async function* () {
      await held
      yield '{}'
    },
  })
  const running = world.open(kinds.images.path, { key: team.planKey, body: askingFor('images', { n: 9 }) })
  // Held from the moment the engine is asked.
  while (world.upstream.received.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const answer = await made(world, team.planKey, 'images')
  const says = '(50/50 used, 9 of them running)'
  assertRefused(answer, 'native', { status: 429, code: 2056, says, ...never })
  letGo()
  assertRefused(await (await running).read(), 'native', { status: 502, code: 1000 })
  assert.deepEqual(paidBy(await made(world, team.planKey, 'images', { n: 9 })), ['plan', '9', '0'])
})

test('429: a hundred at once into what fits: not one more, and not one less', async () => {
  const team = await world.team({ plan: 'plus' })
  await takeAtOnce(world, team, 'image-01', 37)
  const answers = await Promise.all(
    Array.from({ length: 60 }, () =>
      made(world, team.planKey, 'images', { n: 2, response_format: 'base64' }),
    ),
  )
  assert.equal(answers.filter((answer) => paidBy(answer)[0] === 'plan').length, 6)
  const { used, heldUnits } = await mediaTruth(world, team)
  assert.deepEqual([used, heldUnits], [{ 'image-01': 49 }, 0])
})

test('refusals are no errors of the server: the log is empty', () => {
  assert.deepEqual(
    world.logs.filter((line) => !line.includes('/v1/image_generation')),
    [],
  )
  assertLogsAreClean(world)
})
