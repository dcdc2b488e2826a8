import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { nothingCharged, openWorld, truthOf } from '../harness.ts'
import { addMember } from '../members.ts'
import { asking, PATHS } from '../samples.ts'
import type { Team } from '../teams.ts'
import { assertRefused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const CHAT = PATHS['openai-chat']
const HOUR = 3_600_000

// biome-ignore lint/suspicious/noExplicitAny: an answer is read here as its caller reads it
type Explanation = any

async function ask(secret: string, more: object = {}): Promise<string> {
  const answer = await world.call(CHAT, { key: secret, body: asking('openai-chat', more) })
  return String(answer.headers['x-request-id'])
}

async function explained(secret: string, id: string): Promise<Explanation> {
  const answer = await world.call(`/v1/token_plan/explain/${id}`, { key: secret })
  assert.equal(answer.status, 200, answer.text)
  assert.equal(answer.headers['cache-control'], 'no-store')
  return JSON.parse(answer.text)
}

const at = (ms: number) => ({ ms, iso: new Date(ms).toISOString() })

async function filled(): Promise<{ team: Team; ids: string[]; refused: string; start: number }> {
  const team = await world.team({ plan: 'tiny' })
  const start = world.now()
  const ids = [await ask(team.planKey)]
  world.advance(HOUR)
  ids.push(await ask(team.planKey, { model: 'MiniMax-M2.5' }))
  world.advance(60_000)
  ids.push(await ask(team.planKey))
  world.advance(1000)
  return { team, ids, refused: await ask(team.planKey), start }
}

test('a refused request: the numbers it was told, and every unit that was in the way', async () => {
  const { team, ids, refused, start } = await filled()
  const before = await truthOf(world, team)
  const now = world.now()
  const { window, filled_by, helps, ...said } = await explained(team.planKey, refused)
  assert.equal(said.id, refused.slice(0, 14))
  assert.deepEqual([said.outcome, said.why, said.at], ['refused', 'window-empty', at(now)])
  assert.deepEqual([said.model, said.resource, said.units], ['MiniMax-M2.7', 'text', 1])
  assert.deepEqual(window, {
    ...{
      name: '5-hour',
      rule: 'sliding',
      length_ms: 5 * HOUR,
      limit: 3,
      used: 3,
      granted: 0,
      left: 0,
      held: 0,
    },
    ...{
      next_free: at(start + 5 * HOUR),
      useful_again: at(start + 5 * HOUR),
      full: at(now - 1000 + 5 * HOUR),
    },
  })
  assert.equal(said.money.why, 'shortage')
  assert.ok(said.money.needed.nanos > 0)
  assert.deepEqual([filled_by.requests, filled_by.units, filled_by.other_members], [3, 3, null])
  const key = { prefix: team.planKey.slice(0, 16), name: 'laptop' }
  const [first, second, third] = [start, start + HOUR, start + HOUR + 60_000]
  const use = (index: number, taken: number, model: string) => ({
    ...{ id: ids[index]?.slice(0, 14), at: at(taken), units: 1, key, model, returns: at(taken + 5 * HOUR) },
  })
  assert.deepEqual(filled_by.recent, [
    use(2, third, 'MiniMax-M2.7'),
    use(1, second, 'MiniMax-M2.5'),
    use(0, first, 'MiniMax-M2.7'),
  ])
  const hours = filled_by.hours.map((hour: Explanation) => [
    hour.hour.iso.slice(11, 16),
    hour.model,
    hour.requests,
    hour.units,
    hour.returns_from.ms,
    hour.returns_by.ms,
  ])
  assert.deepEqual(hours, [
    ['10:00', 'MiniMax-M2.5', 1, 1, second + 5 * HOUR, second + 5 * HOUR],
    ['10:00', 'MiniMax-M2.7', 1, 1, third + 5 * HOUR, third + 5 * HOUR],
    ['09:00', 'MiniMax-M2.7', 1, 1, first + 5 * HOUR, first + 5 * HOUR],
  ])
  // A curve of twelve slices: the last two, a minute apart, share one and are told by the later.
  assert.deepEqual(said.now.windows[0].returns, [
    { at: at(first + 5 * HOUR), units: 1 },
    { at: at(third + 5 * HOUR), units: 3 },
  ])
  assert.ok(helps.some((help: string) => help === 'Wait: it fits again at 2026-06-10T14:30:00Z.'))
  await nothingCharged(world, team, before)
})

test('what was given back before, and what came later, is not in it; later nothing changes', async () => {
  const team = await world.team({ plan: 'tiny' })
  world.upstream.next({ status: 400, body: '{}' })
  await ask(team.planKey)
  for (let used = 0; used < 3; used++) await ask(team.planKey)
  const refused = await ask(team.planKey)
  const first = await explained(team.planKey, refused)
  assert.deepEqual([first.filled_by.requests, first.window.used], [3, 3])
  world.advance(5 * HOUR)
  await ask(team.planKey)
  const { now, helps, ...then } = await explained(team.planKey, refused)
  const { now: _, helps: __, ...before } = first
  assert.deepEqual(then, before)
  assert.deepEqual([now.windows[0].used, now.windows[0].left], [1, 2])
  assert.equal(helps[0], 'It fits now.')
})

test('of a refused request nothing can be given back, and the operator is told why', async () => {
  const { refused } = await filled()
  const body = { requestId: refused, units: 1, reason: 'x' }
  const key = world.demo.operatorToken
  const answer = await world.call('/api/operator/corrections', { method: 'POST', key, body })
  assert.equal(answer.status, 409)
  assert.match(answer.text, /the request was refused, so it has cost nothing/)
})

test('an admitted request: what it met', async () => {
  const { team, ids, start } = await filled()
  const { outcome, why, window, filled_by, helps } = await explained(team.planKey, String(ids[1]))
  assert.deepEqual([outcome, why, helps], ['admitted', null, []])
  assert.deepEqual([window.used, window.limit, window.left], [1, 3, 2])
  assert.deepEqual(
    filled_by.recent.map((use: Explanation) => [use.id, use.at.ms]),
    [[ids[0]?.slice(0, 14), start]],
  )
})

test('an admitted request that credits paid: the window that had no room for it', async () => {
  const team = await world.team({ plan: 'tiny', credits: 5_000_000_000 })
  const ids = [await ask(team.planKey), await ask(team.planKey)]
  world.advance(HOUR)
  ids.push(await ask(team.planKey))
  const paid = await ask(team.planKey)
  world.advance(5 * HOUR)
  const { outcome, window, filled_by } = await explained(team.planKey, paid)
  assert.equal(outcome, 'admitted')
  assert.deepEqual([window.name, window.used, window.limit, window.left], ['5-hour', 3, 3, 0])
  assert.deepEqual(
    filled_by.recent.map((use: Explanation) => use.id),
    ids.reverse().map((id) => id.slice(0, 14)),
  )
  const free = await explained(team.planKey, await ask(team.planKey))
  assert.equal(free.window.used, 0, 'there is room again, and the plan pays')
})

test('an admitted request that money paid and no window was in the way of', async () => {
  const team = await world.team({ plan: 'tiny', credits: 5_000_000_000, wallet: 5_000_000_000 })
  for (let used = 0; used < 3; used++) await ask(team.planKey)
  const byWallet = await explained(team.apiKey, await ask(team.apiKey))
  const fast = await explained(team.planKey, await ask(team.planKey, { model: 'MiniMax-M2.7-highspeed' }))
  for (const { outcome, window, filled_by, now } of [byWallet, fast])
    assert.deepEqual([outcome, window, filled_by, now], ['admitted', null, null, null])
})

test('a day: everything returns at its end', async () => {
  const team = await world.team({ plan: 'max' })
  const answer = await world.call('/v1/image_generation', {
    key: team.planKey,
    body: { model: 'image-01', prompt: 'two cats', n: 9 },
  })
  const { window, filled_by } = await explained(team.planKey, String(answer.headers['x-request-id']))
  assert.deepEqual([window.rule, window.used, filled_by.units], ['daily', 0, 0])
  const again = await world.call('/v1/image_generation', {
    key: team.planKey,
    body: { model: 'image-01', prompt: 'two cats', n: 1 },
  })
  const { filled_by: then } = await explained(team.planKey, String(again.headers['x-request-id']))
  assert.deepEqual([then.requests, then.units], [1, 9])
  assert.equal(then.recent[0].returns.iso, '2026-06-11T00:00:00.000Z')
})

test('several units: when all of them fit is said, once', async () => {
  const team = await world.team({ plan: 'plus', overflow: false })
  const draw = async () => {
    const body = { model: 'image-01', prompt: 'two cats', n: 9 }
    const answer = await world.call('/v1/image_generation', { key: team.planKey, body })
    return String(answer.headers['x-request-id'])
  }
  for (let times = 0; times < 5; times++) await draw()
  const { why, window, helps } = await explained(team.planKey, await draw())
  assert.deepEqual([why, window.rule], ['window-empty', 'daily'])
  assert.deepEqual(helps.slice(0, 2), [
    'Wait: it fits again at 2026-06-11T00:00:00Z at the latest.',
    'Credits: the operator of this server can switch automatic overflow on for this member.',
  ])
})

test('a model that the plan lacks: why credits did not pay is told', async () => {
  const team = await world.team({ plan: 'tiny', credits: 5_000_000_000, creditsAccess: false })
  const { why, money, helps } = await explained(
    team.planKey,
    await ask(team.planKey, { model: 'MiniMax-M2.7-highspeed' }),
  )
  assert.deepEqual([why, money.why], ['not-in-plan', 'no-access'])
  assert.ok(helps.includes('Choose a plan with this model.'))
})

test('a seat that moved: the other member’s requests are a sum', async () => {
  const { team, ids } = await filled()
  const heir = await addMember(world, team)
  await world.running.book.command(
    [],
    [{ sql: 'update seat set member = ? where subscription = ?', params: [heir.member, team.subscription] }],
  )
  const refused = await ask(heir.planKey)
  const { filled_by, window } = await explained(heir.planKey, refused)
  assert.equal(window.used, 3)
  assert.deepEqual([filled_by.units, filled_by.recent, filled_by.hours], [3, [], []])
  assert.deepEqual([filled_by.other_members.requests, filled_by.other_members.units], [3, 3])
  const text = JSON.stringify(filled_by)
  for (const id of ids) assert.ok(!text.includes(id.slice(0, 14)))
  assert.equal((await explained(world.demo.operatorToken, refused)).filled_by.recent.length, 3)
  const mine = await explained(team.planKey, String(ids[2]))
  assert.deepEqual([mine.filled_by.recent.length, mine.now], [2, null])
})

test('refused without a window: why, and what helps', async () => {
  const team = await world.team({ plan: null })
  const broke = await explained(team.apiKey, await ask(team.apiKey))
  assert.deepEqual([broke.why, broke.window, broke.filled_by, broke.now], ['wallet-empty', null, null, null])
  assert.equal(broke.money.balance.nanos, 0)
  assert.match(broke.helps[0], /^Money: this request may need \$0\.\d+; top up the wallet\.$/)
  const poor = await explained(team.planKey, await ask(team.planKey))
  assert.equal(poor.why, 'credits-empty')
  assert.match(poor.helps[0], /^Money: this request may need [\d.]+ credits; add credits\.$/)
  const outside = await explained(team.planKey, await ask(team.planKey, { model: 'M2-her' }))
  assert.deepEqual([outside.why, outside.money], ['outside-coverage', null])
  assert.ok(outside.helps.length > 0)
})

test('404: somebody else’s and none look the same', async () => {
  const { team, ids, refused } = await filled()
  const other = await world.team()
  const neighbour = await addMember(world, team)
  for (const id of [refused, String(ids[0])]) {
    for (const secret of [other.planKey, neighbour.planKey, neighbour.apiKey]) {
      const answer = await world.call(`/v1/token_plan/explain/${id}`, { key: secret })
      assertRefused(answer, 'openai-chat', { status: 404, code: 2013, says: /there is no such request/ })
    }
    assert.ok((await explained(team.apiKey, id)).now, 'the API key of the member sees it too')
  }
})

test('a refusal outlives a restart', async () => {
  const { team, refused } = await filled()
  const before = await explained(team.planKey, refused)
  await world.restart()
  assert.deepEqual(await explained(team.planKey, refused), before)
})

test('a refusal is explained for seven days, and not until the job comes', async () => {
  const { team, refused } = await filled()
  world.advance(7 * 24 * HOUR)
  assert.equal((await explained(team.planKey, refused)).outcome, 'refused')
  world.advance(1)
  const answer = await world.call(`/v1/token_plan/explain/${refused}`, { key: team.planKey })
  assertRefused(answer, 'openai-chat', { status: 404, code: 2013, says: /there is no such request/ })
})

test('the units told are the units used, whatever happened', async () => {
  const team = await world.team({ plan: 'tiny' })
  for (let turn = 0; turn < 60; turn++) {
    if (turn % 7 === 3) world.upstream.next({ status: 400, body: '{}' })
    const id = await ask(team.planKey, { model: turn % 2 ? 'MiniMax-M2.5' : 'MiniMax-M2.7' })
    const { window, filled_by } = await explained(team.planKey, id)
    assert.equal(filled_by.units, window.used, `turn ${turn}`)
    const hourly = filled_by.hours.reduce((sum: number, hour: Explanation) => sum + hour.units, 0)
    assert.equal(hourly, window.used)
    world.advance((turn * 7_919_993) % (2 * HOUR))
  }
})
