import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { type Dialect, dialects } from '../../src/modalities/dialect.ts'
import type { Answer } from '../calling.ts'
import { booksAreRight, lastRecord, openWorld, truthOf } from '../harness.ts'
import { asking, PATHS, wholeAnswer } from '../samples.ts'
import type { Team } from '../teams.ts'
import { assertRefused } from './refused.ts'

/** What the plan's clock moves, and the door that moves it. */
const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const HOUR = 3_600_000
const FIVE_HOURS = 5 * HOUR
const call = (team: Team, dialect: Dialect = 'openai-chat'): Promise<Answer> =>
  world.call(PATHS[dialect], { key: team.planKey, body: asking(dialect) })
const empty = { status: 429, code: 2056, retry: 'never' } as const

async function served(team: Team, remaining: number): Promise<void> {
  const { headers, text } = await call(team)
  assert.deepEqual(
    [headers['tokenplan-pool'], headers['tokenplan-remaining']],
    ['plan', String(remaining)],
    text,
  )
}

for (const dialect of dialects) {
  test(`a unit is back after five hours, to the millisecond: ${dialect}`, async () => {
    const team = await world.team({ plan: 'tiny' })
    for (const remaining of [2, 1, 0]) await served(team, remaining)
    world.advance(FIVE_HOURS - 1)
    const refusal = await call(team, dialect)
    assertRefused(refusal, dialect, { ...empty, says: '3/3 used' })
    assert.equal(refusal.headers['tokenplan-reset'], '1', 'a millisecond is told as the second it is part of')
    world.advance(1)
    const answer = await call(team, dialect)
    assert.equal(answer.headers['tokenplan-remaining'], '2', answer.text)
    await booksAreRight(world)
  })
}

test('units come back one by one, each after its own five hours', async () => {
  const team = await world.team({ plan: 'tiny' })
  await served(team, 2)
  world.advance(HOUR)
  await served(team, 1)
  world.advance(1)
  await served(team, 0)
  world.advance(4 * HOUR - 2)
  assertRefused(await call(team), 'openai-chat', empty)
  world.advance(1)
  await served(team, 0)
  world.advance(HOUR - 1)
  assertRefused(await call(team), 'openai-chat', empty)
  world.advance(1)
  await served(team, 0)
  world.advance(1)
  await served(team, 0)
  assertRefused(await call(team), 'openai-chat', empty)
  await booksAreRight(world)
})

test('a unit that was given back is there at once, and does not come back a second time', async () => {
  const team = await world.team({ plan: 'tiny' })
  await served(team, 2)
  world.upstream.next({ status: 500 })
  assertRefused(await call(team), 'openai-chat', { status: 502, code: 1000 })
  await served(team, 1)
  await served(team, 0)
  assertRefused(await call(team), 'openai-chat', empty)
  world.advance(FIVE_HOURS)
  for (const remaining of [2, 1, 0]) await served(team, remaining)
  assertRefused(await call(team), 'openai-chat', empty)
})

test('a unit counts from when its request was taken, however long the answer lasts', async () => {
  const team = await world.team({ plan: 'tiny' })
  let letGo: () => void = () => undefined
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  world.upstream.next({
    headers: { 'content-type': 'text/event-stream' },
    body: async function* () {
      yield 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'
      await held
      yield 'data: {"choices":[{"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    },
  })
  const running = await world.open(PATHS['openai-chat'], {
    key: team.planKey,
    body: asking('openai-chat', { stream: true }),
  })
  await running.reach(1)
  assert.equal((await truthOf(world, team)).usedUnits, 1)
  world.advance(FIVE_HOURS)
  letGo()
  await running.read()
  assert.equal((await truthOf(world, team)).usedUnits, 0)
  for (const remaining of [2, 1, 0]) await served(team, remaining)
  await booksAreRight(world)
})

test('a request that runs when its plan ends is served to its end', async () => {
  const team = await world.team({ plan: 'tiny', planMs: 1000 })
  world.upstream.next({
    body: async function* () {
      world.advance(1000)
      yield wholeAnswer('openai-chat')
    },
  })
  const answer = await call(team)
  assert.equal(answer.text, wholeAnswer('openai-chat'))
  assert.equal(answer.headers['tokenplan-pool'], 'plan')
  assert.equal((await lastRecord(world, team)).units, 1)
  assertRefused(await call(team), 'openai-chat', { status: 402, code: 1008, retry: 'never' })
  await booksAreRight(world)
})

test('a restart knows every unit, and gives it back at the same millisecond', async () => {
  const team = await world.team({ plan: 'tiny', wallet: 1e9 })
  for (const remaining of [2, 1, 0]) await served(team, remaining)
  await world.call(PATHS.native, { key: team.apiKey, body: asking('native') })
  const before = await truthOf(world, team)
  world.advance(FIVE_HOURS - 1)
  await world.restart()
  assert.deepEqual(await truthOf(world, team), before)
  assertRefused(await call(team), 'openai-chat', empty)
  world.advance(1)
  await served(team, 2)
  await booksAreRight(world)
})

const CLOCK = '/api/operator/clock'
type Moved = { now: string; offsetSeconds: number }
const move = (body: unknown, key: string | undefined = world.demo.operatorToken) =>
  world.call(CLOCK, { method: 'POST', key, body: body as object })

const strangers: readonly (readonly [string, () => string | undefined])[] = [
  ['nobody', () => undefined],
  ['a Token Plan Key', () => world.demo.tokenPlanKey],
  ['an API key', () => world.demo.apiKey],
  ['an operator token cut short', () => world.demo.operatorToken.slice(0, -1)],
  ['one character too much', () => `${world.demo.operatorToken}0`],
  ['another operator', () => `op-${'0'.repeat(40)}`],
]
for (const [name, keyOf] of strangers) {
  test(`the clock is not moved by ${name}`, async () => {
    const before = world.running.book.now()
    const key = keyOf()
    const answer = await world.call(CLOCK, {
      method: 'POST',
      ...(key === undefined ? {} : { key }),
      body: { advanceSeconds: 60 },
    })
    assert.equal(answer.status, 401)
    const { error } = JSON.parse(answer.text)
    assert.deepEqual([error.code, error.status], ['operator_only', 401])
    assert.ok(!answer.text.includes(world.demo.operatorToken))
    assert.equal(world.running.book.now(), before)
  })
}

const badMoves: readonly unknown[] = [
  {},
  { advanceSeconds: 0 },
  { advanceSeconds: -60 },
  { advanceSeconds: 1.5 },
  { advanceSeconds: '60' },
  { advanceSeconds: null },
  { advanceSeconds: 1e12 },
  { advanceSeconds: 60, more: 1 },
  [],
  'advanceSeconds=60',
  '',
  '{"advanceSeconds":',
]
for (const body of badMoves) {
  test(`the clock is not moved by ${JSON.stringify(body)}`, async () => {
    const before = world.running.book.now()
    const answer = await move(body)
    assert.equal(answer.status, 400, answer.text)
    const says =
      /advanceSeconds: (is required|must be a whole number from 1 to)|no field more|not a JSON object/
    assert.match(JSON.parse(answer.text).error.message, says)
    assert.equal(world.running.book.now(), before)
  })
}

test('the operator moves the clock: windows roll by it, and a restart keeps it', async () => {
  const team = await world.team({ plan: 'tiny' })
  for (const remaining of [2, 1, 0]) await served(team, remaining)
  const start = world.now()
  const first = await move({ advanceSeconds: FIVE_HOURS / 1000 - 1 })
  assert.equal(first.status, 200, first.text)
  const moved = JSON.parse(first.text) as Moved
  assert.equal(Date.parse(moved.now), start + FIVE_HOURS - 1000)
  assert.equal(moved.offsetSeconds, FIVE_HOURS / 1000 - 1)
  assertRefused(await call(team), 'openai-chat', empty)
  await world.restart()
  assertRefused(await call(team), 'openai-chat', empty)
  const second = JSON.parse((await move({ advanceSeconds: 1 })).text) as Moved
  assert.equal(second.offsetSeconds, FIVE_HOURS / 1000, 'steps add up, also over a restart')
  await served(team, 2)
  const { at } = await lastRecord(world, team)
  assert.equal(at, start + FIVE_HOURS)
  await booksAreRight(world)
})

test('the demo of a first start works, and its file can be read by its owner alone', async () => {
  const { demo } = world
  assert.match(demo.tokenPlanKey, /^sk-cp-[0-9A-Za-z]{48}$/)
  assert.match(demo.apiKey, /^sk-api-[0-9A-Za-z]{48}$/)
  for (const [key, pool] of [
    [demo.tokenPlanKey, 'plan'],
    [demo.apiKey, 'wallet'],
  ] as const) {
    const answer = await world.call(PATHS.anthropic, { key, body: asking('anthropic') })
    assert.equal(answer.headers['tokenplan-pool'], pool, answer.text)
  }
})
