import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openWorld, type World } from '../harness.ts'
import { asking, PATHS } from '../samples.ts'
import type { Team } from '../teams.ts'

/** The kinds of windows that the default catalogue does not have: what is said of them, and when units are back. */

const HOUR = 3_600_000
const DAY = 24 * HOUR
const tiny = `plans:
  tiny:
    name: Tiny
    price: { month: 1, year: 10 }
    quotas:
      text: { five-hours: 2 }`

const slots = await openWorld({ catalogue: `extends: token-plan-slots.yaml\n${tiny}` })
const anchored = await openWorld({
  catalogue: `extends: token-plan.yaml
windows:
  five-hours: { kind: anchored, length: 5h }
  week: { kind: anchored, length: 7d }
weekly: { window: week, times: { five-hours: 2 } }
${tiny}`,
})
const alike = await openWorld({
  catalogue: `extends: token-plan-slots.yaml
windows: { week: { kind: weekly } }
weekly: { window: week, times: { five-hours: 1 } }
${tiny}`,
})
after(() => Promise.all([slots.close(), anchored.close(), alike.close()]))

async function remain(world: World, { planKey }: Team): Promise<Record<string, number>> {
  const { text } = await world.call('/v1/token_plan/remains', { key: planKey })
  return JSON.parse(text).model_remains[0]
}

async function windowNames(world: World, { planKey }: Team): Promise<string[]> {
  const { text } = await world.call('/api/own-quota', { key: planKey })
  return JSON.parse(text).resources[0].windows.map((window: { name: string }) => window.name)
}

/** Of the next request: which window its receipt and its explanation name. */
async function named(world: World, { planKey }: Team): Promise<unknown> {
  const answer = await world.call(PATHS.native, { key: planKey, body: asking('native') })
  const about = async (what: string) =>
    JSON.parse(
      (await world.call(`/v1/token_plan/${what}/${answer.headers['x-request-id']}`, { key: planKey })).text,
    )
  const { rule, length_ms, one_of } = (await about('receipts')).receipt.window
  const { window } = await about('explain')
  return [rule, length_ms, one_of, window.rule, window.length_ms]
}

async function ask(world: World, { planKey }: Team): Promise<string> {
  const answer = await world.call(PATHS.native, { key: planKey, body: asking('native') })
  return String(answer.headers['tokenplan-pool'] ?? answer.text)
}

async function refusedId(world: World, { planKey }: Team): Promise<string> {
  const answer = await world.call(PATHS.native, { key: planKey, body: asking('native') })
  assert.equal(answer.headers['tokenplan-pool'], undefined)
  return String(answer.headers['x-request-id'])
}

test('slots: all units are back at the next of 0, 5, 10, 15 and 20 o’clock', async () => {
  const team = await slots.team({ plan: 'tiny' })
  const day = slots.now() - (slots.now() % DAY)
  slots.advance(day + 9.5 * HOUR - slots.now())
  const { start_time, end_time, current_interval_usage_count } = await remain(slots, team)
  assert.deepEqual([start_time, end_time, current_interval_usage_count], [day + 5 * HOUR, day + 10 * HOUR, 0])
  assert.deepEqual([await ask(slots, team), await ask(slots, team)], ['plan', 'plan'])
  const refused = await ask(slots, team)
  const tenOClock = new Date(day + 10 * HOUR).toISOString().replace('.000', '')
  assert.ok(
    refused.includes(`5-hour usage limit reached for Token Plan Tiny (2/2 used), resets at ${tenOClock}`),
    refused,
  )
  const { text } = await slots.call(`/v1/token_plan/explain/${await refusedId(slots, team)}`, {
    key: team.planKey,
  })
  const { window, filled_by } = JSON.parse(text)
  assert.deepEqual([window.rule, window.next_free.ms], ['slot', day + 10 * HOUR])
  assert.deepEqual([filled_by.units, filled_by.recent[0].returns.ms], [2, day + 10 * HOUR])
  slots.advance(HOUR / 2)
  assert.equal(await ask(slots, team), 'plan')
  slots.advance(11 * HOUR)
  assert.deepEqual(
    [(await remain(slots, team)).start_time, (await remain(slots, team)).end_time],
    [day + 20 * HOUR, day + DAY],
  )
  assert.deepEqual(await windowNames(slots, team), ['5-hour'])
})

test('anchored: the windows begin with the first request, also after a restart', async () => {
  const team = await anchored.team({ plan: 'tiny' })
  const before = anchored.now()
  assert.equal((await remain(anchored, team)).end_time, before + 5 * HOUR, 'none has begun')
  anchored.advance(HOUR)
  assert.equal(await ask(anchored, team), 'plan')
  anchored.advance(4 * HOUR)
  assert.equal(await ask(anchored, team), 'plan')
  await anchored.restart()
  const { start_time, end_time, weekly_start_time, weekly_end_time, current_weekly_usage_count } =
    await remain(anchored, team)
  assert.deepEqual([start_time, end_time], [before + HOUR, before + 6 * HOUR])
  assert.deepEqual([weekly_start_time, weekly_end_time], [before + HOUR, before + HOUR + 7 * DAY])
  assert.equal(current_weekly_usage_count, 2)
  assert.ok((await ask(anchored, team)).includes('5-hour usage limit reached for Token Plan Tiny (2/2 used)'))
  anchored.advance(HOUR)
  assert.deepEqual([await ask(anchored, team), await ask(anchored, team)], ['plan', 'plan'])
  anchored.advance(5 * HOUR)
  assert.ok((await ask(anchored, team)).includes('7-day usage limit reached for Token Plan Tiny (4/4 used)'))
  anchored.advance(7 * DAY)
  assert.equal(await ask(anchored, team), 'plan')
  assert.deepEqual(await windowNames(anchored, team), ['5-hour', '7-day'])
})

test('a receipt names the kind and length of the window, and of two alike both', async () => {
  const slot = ['slot', 5 * HOUR]
  assert.deepEqual(await named(slots, await slots.team({ plan: 'tiny' })), [...slot, null, ...slot])
  const begun = ['anchored', 5 * HOUR]
  assert.deepEqual(await named(anchored, await anchored.team({ plan: 'tiny' })), [...begun, null, ...begun])
  const both = [
    { rule: 'slot', length_ms: 5 * HOUR },
    { rule: 'weekly', length_ms: null },
  ]
  assert.deepEqual(await named(alike, await alike.team({ plan: 'tiny' })), [null, null, both, ...slot])
})
