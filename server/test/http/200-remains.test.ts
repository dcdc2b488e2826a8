import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { openWorld, truthOf } from '../harness.ts'
import { asking, EVENT_STREAM, PATHS } from '../samples.ts'
import type { Team } from '../teams.ts'
import { assertIds } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const HOUR = 3_600_000
const USED = '/v1/token_plan/remains'
const LEFT = ['/v1/coding_plan/remains', '/v1/api/openplatform/coding_plan/remains']

type Remain = Readonly<Record<string, number>> & { readonly model_name: string }
type Remains = { readonly model_remains: readonly Remain[]; readonly base_resp: object }

async function remains(key: string, path = USED, headers: Record<string, string> = {}): Promise<Remains> {
  const answer = await world.call(path, { key, headers })
  assert.equal(answer.status, 200)
  assertIds(answer)
  const body = JSON.parse(answer.text) as Remains
  assert.deepEqual(body.base_resp, { status_code: 0, status_msg: 'success' })
  return body
}

async function textOf(key: string, path = USED, headers: Record<string, string> = {}): Promise<Remain> {
  const { model_remains } = await remains(key, path, headers)
  const text = model_remains.find(({ model_name }) => model_name === 'MiniMax-M*')
  assert.ok(text, 'the text models are in the list')
  return text
}

async function spend(team: Team, units: number): Promise<void> {
  for (let used = 0; used < units; used++) {
    const answer = await world.call(PATHS.native, { key: team.planKey, body: asking('native') })
    assert.equal(answer.headers['tokenplan-pool'], 'plan', answer.text)
  }
}

test('usage_count is what is used on one path and what is left on the two others', async () => {
  const team = await world.team({ plan: 'big' })
  await spend(team, 5)
  for (const [path, count] of [[USED, 5], ...LEFT.map((left) => [left, 1995] as const)] as const) {
    const text = await textOf(team.planKey, path)
    assert.equal(text.current_interval_total_count, 2000, path)
    assert.equal(text.current_interval_usage_count, count, path)
    assert.equal(text.current_interval_remaining_percent, 99, path)
    assert.equal(text.current_interval_status, 1, path)
    assert.deepEqual(
      [
        text.current_weekly_total_count,
        text.current_weekly_usage_count,
        text.current_weekly_remaining_percent,
      ],
      [0, 0, 100],
      path,
    )
    assert.equal(text.current_weekly_status, 3, path)
  }
})

test('reading is free, for anybody and as often as they like', async () => {
  const team = await world.team({ plan: 'tiny', credits: 1e9, wallet: 1e9 })
  await spend(team, 3)
  const before = await truthOf(world, team)
  for (const path of [USED, ...LEFT]) {
    for (const key of [team.planKey, team.apiKey]) await remains(key, `${path}?GroupId=1`)
  }
  assert.deepEqual(await truthOf(world, team), before)
  assert.equal(world.upstream.received.length, 3)
})

test('the key in x-api-key too, and HEAD without a body', async () => {
  const team = await world.team({ plan: 'tiny' })
  const answer = await world.call(USED, { headers: { 'x-api-key': team.planKey } })
  assert.equal(JSON.parse(answer.text).model_remains[0].current_interval_total_count, 3)
  const head = await world.call(USED, { method: 'HEAD', key: team.planKey })
  assert.deepEqual([head.status, head.text], [200, ''])
})

const percents: readonly (readonly [number, number])[] = [
  [0, 100],
  [1, 66],
  [2, 33],
  [3, 0],
]
for (const [used, percent] of percents) {
  test(`${used} of 3 used: ${percent} % left`, async () => {
    const team = await world.team({ plan: 'tiny' })
    await spend(team, used)
    const text = await textOf(team.planKey)
    assert.deepEqual(
      [
        text.current_interval_usage_count,
        text.current_interval_remaining_percent,
        text.current_interval_status,
      ],
      [used, percent, 1],
    )
    assert.equal((await textOf(team.planKey, LEFT[0])).current_interval_usage_count, 3 - used)
  })
}

test('a window begins with its oldest unit and ends when that is back; an empty one begins now', async () => {
  const team = await world.team({ plan: 'tiny' })
  const start = world.now()
  const times = async () => {
    const { start_time, end_time, remains_time } = await textOf(team.planKey)
    return [start_time, end_time, remains_time]
  }
  assert.deepEqual(await times(), [start, start + 5 * HOUR, 5 * HOUR])
  await spend(team, 1)
  world.advance(HOUR)
  await spend(team, 1)
  assert.deepEqual(await times(), [start, start + 5 * HOUR, 4 * HOUR])
  world.advance(4 * HOUR)
  assert.deepEqual(await times(), [start + HOUR, start + 6 * HOUR, HOUR])
  assert.equal((await textOf(team.planKey)).current_interval_usage_count, 1)
})

test('running requests count as used', async () => {
  const team = await world.team({ plan: 'tiny' })
  world.upstream.next({ headers: EVENT_STREAM, body: ['data: {"choices":[]}\n\n'], ending: 'hang' })
  const body = asking('openai-chat', { stream: true })
  const running = await world.open(PATHS['openai-chat'], { key: team.planKey, body })
  assert.equal((await textOf(team.planKey)).current_interval_usage_count, 1)
  running.leave()
})

test('the demo’s Max plan: every resource by the name that clients know', async () => {
  const { model_remains } = await remains(world.demo.tokenPlanKey)
  const totals = Object.fromEntries(
    model_remains.map((each) => [each.model_name, each.current_interval_total_count]),
  )
  assert.deepEqual(totals, {
    'MiniMax-M*': 15_000,
    'speech-hd': 11_000,
    'image-01': 120,
    'MiniMax-Hailuo-2.3-Fast-6s-768p': 2,
    'MiniMax-Hailuo-2.3-6s-768p': 2,
    'music-2.6': 100,
    'music-cover': 100,
    lyrics_generation: 100,
    'coding-plan-search': 15_000,
    'coding-plan-vlm': 15_000,
  })
})

test('a daily quota runs from midnight to midnight of the catalogue’s zone', async () => {
  const { model_remains } = await remains(world.demo.tokenPlanKey)
  const images = model_remains.find(({ model_name }) => model_name === 'image-01')
  const now = world.now()
  const midnight = now - (now % (24 * HOUR))
  assert.deepEqual(
    [images?.start_time, images?.end_time, images?.remains_time],
    [midnight, midnight + 24 * HOUR, midnight + 24 * HOUR - now],
  )
})

test('a resource that is not in the plan has no total and is not limited by one', async () => {
  const team = await world.team({ plan: 'tiny' })
  const { model_remains } = await remains(team.planKey)
  for (const each of model_remains.filter(({ model_name }) => model_name !== 'MiniMax-M*')) {
    assert.deepEqual(
      [each.current_interval_total_count, each.current_interval_usage_count],
      [0, 0],
      each.model_name,
    )
    assert.deepEqual([each.current_interval_status, each.current_weekly_status], [3, 3], each.model_name)
  }
})

test('a key without a plan, or whose plan has ended, reads an empty one', async () => {
  const seatless = await world.team({ plan: null, credits: 1e9 })
  const ended = await world.team({ plan: 'big', planMs: 1000 })
  await spend(ended, 1)
  world.advance(1000)
  for (const { planKey } of [seatless, ended]) {
    for (const path of [USED, ...LEFT]) {
      const { model_remains } = await remains(planKey, path)
      assert.equal(model_remains.length, 10)
      for (const each of model_remains) {
        const counts = [
          each.current_interval_total_count,
          each.current_interval_usage_count,
          each.current_interval_status,
        ]
        assert.deepEqual(counts, [0, 0, 3], `${path} ${each.model_name}`)
        assert.equal(each.current_interval_remaining_percent, 0)
      }
    }
  }
})

test('an API key has no plan to tell of, not even its member’s', async () => {
  const team = await world.team({ plan: 'big', wallet: 1e9 })
  const { model_remains } = await remains(team.apiKey)
  for (const each of model_remains) assert.equal(each.current_interval_total_count, 0)
})

/** mmx 1.0.16 to 1.0.23 print the newer path's count under the heading "Left". */
const agents: readonly (readonly [string, number])[] = [
  ['mmx-cli/1.0.15', 1],
  ['mmx-cli/1.0.16', 2],
  ['mmx-cli/1.0.20 node/20', 2],
  ['mmx-cli/1.0.23', 2],
  ['mmx-cli/1.0.24', 1],
  ['mmx-cli/1.0.160', 1],
  ['mmx-cli/1.1.17', 1],
  ['xmmx-cli/1.0.17', 1],
  ['curl/8', 1],
]
for (const [agent, count] of agents) {
  test(`${agent} reads ${count === 1 ? 'what is used' : 'what is left'}`, async () => {
    const team = await world.team({ plan: 'tiny' })
    await spend(team, 1)
    const headers = { 'user-agent': agent }
    assert.equal((await textOf(team.planKey, USED, headers)).current_interval_usage_count, count)
    for (const path of LEFT)
      assert.equal((await textOf(team.planKey, path, headers)).current_interval_usage_count, 2)
  })
}
