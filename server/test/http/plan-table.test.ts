import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { booksAreRight, openWorld } from '../harness.ts'
import { mediaTruth, nothingTaken, paidBy } from '../media-truth.ts'
import type { Team } from '../teams.ts'
import {
  allMade,
  ask,
  type Column,
  covers,
  fast,
  hailuo,
  highspeedText,
  images,
  lyrics,
  music,
  search,
  speech,
  takeAtOnce,
  text,
  useUp,
  vision,
} from './plan-columns.ts'
import { assertRefused } from './refused.ts'

/** The public page's tables, cell by cell: what is sold is what the plan pays, not one unit more and not one less. */
const world = await openWorld()
after(() => world.close())

const columns = [text, speech, images, fast, hailuo, music] as const
/** Requests in 5 hours; a day's characters, images, videos, videos, songs. 0 is a dash. */
const table: Readonly<Record<string, readonly number[]>> = {
  starter: [1_500, 0, 0, 0, 0, 100],
  plus: [4_500, 4_000, 50, 0, 0, 100],
  max: [15_000, 11_000, 120, 2, 2, 100],
  'plus-highspeed': [4_500, 9_000, 100, 0, 0, 100],
  'max-highspeed': [15_000, 19_000, 200, 3, 3, 100],
  'ultra-highspeed': [30_000, 50_000, 800, 5, 5, 100],
}
const RICH = 5_000_000_000

const dialectOf = ({ path }: Column) => (path === text.path ? 'openai-chat' : 'native')

/** One unit of a column by credits, one by the wallet, and no unit of the plan. */
async function paysBoth(team: Team, column: Column, remaining: string | undefined): Promise<void> {
  const before = await mediaTruth(world, team)
  const [credits, wallet] = [await ask(world, team.planKey, column), await ask(world, team.apiKey, column)]
  assert.deepEqual(paidBy(credits), ['credits', '1', remaining], credits.text)
  assert.deepEqual(paidBy(wallet), ['wallet', '1', undefined], wallet.text)
  await allMade(world)
  const { used, lots, walletNanos } = await mediaTruth(world, team)
  assert.deepEqual(used, before.used)
  const paid = [RICH - (lots[0] ?? 0), RICH - walletNanos] as const
  if (column.nanos !== null) assert.deepEqual(paid, [column.nanos, column.nanos])
  // Text is paid by what the engine reports, and it reported the same twice.
  else assert.ok(paid[0] > 0 && paid[0] === paid[1], paid.join())
  await booksAreRight(world)
}

/** Everything a cell with a number promises. */
async function walkSold(plan: string, column: Column, quota: number): Promise<void> {
  const team = await world.team({ plan, credits: RICH, wallet: RICH })
  await useUp(world, team, column, quota)
  const { used, lots, walletNanos } = await mediaTruth(world, team)
  assert.deepEqual([used, lots, walletNanos], [{ [column.resource]: quota }, [RICH], RICH])
  await paysBoth(team, column, '0')

  const bare = await world.team({ plan, wallet: RICH })
  await takeAtOnce(world, bare, column.resource, quota)
  const before = await mediaTruth(world, bare)
  const refusal = await ask(world, bare.planKey, column)
  const says = `(${quota}/${quota} used)`
  assertRefused(refusal, dialectOf(column), { status: 429, code: 2056, says, retry: 'never' })
  await nothingTaken(world, bare, before)
}

/** A dash: not in the plan, so credits alone make it, and an API key. */
async function walkDash(plan: string, column: Column): Promise<void> {
  const bare = await world.team({ plan, wallet: RICH })
  const before = await mediaTruth(world, bare)
  const refusal = await ask(world, bare.planKey, column)
  assertRefused(refusal, dialectOf(column), { status: 403, code: 2061, retry: 'never' })
  await nothingTaken(world, bare, before)
  await paysBoth(await world.team({ plan, credits: RICH, wallet: RICH }), column, undefined)
}

for (const [plan, quotas] of Object.entries(table)) {
  for (const [index, plain] of columns.entries()) {
    const quota = quotas[index] ?? 0
    // Highspeed plans are sold for the fast model.
    const column = plain === text && plan.endsWith('highspeed') ? highspeedText : plain
    test(`${plan}, ${column.name}: ${quota || 'a dash'}`, () =>
      quota > 0 ? walkSold(plan, column, quota) : walkDash(plan, column))
  }

  // On no page: the numbers of real answers to `remains`.
  for (const [column, quota] of [
    [covers, 100],
    [lyrics, 100],
    [search, quotas[0] ?? 0],
    [vision, quotas[0] ?? 0],
  ] as const) {
    test(`${plan}, ${column.name}: ${quota}`, () => walkSold(plan, column, quota))
  }

  test(`${plan}, highspeed text on a ${plan.endsWith('highspeed') ? 'fast' : 'standard'} plan`, async () => {
    if (!plan.endsWith('highspeed')) return walkDash(plan, highspeedText)
    // A fast plan has the standard models as well, on one quota.
    const team = await world.team({ plan })
    for (const [column, left] of [
      [text, 1],
      [highspeedText, 2],
    ] as const) {
      const answer = await ask(world, team.planKey, column)
      assert.deepEqual(paidBy(answer), ['plan', '1', String((quotas[0] ?? 0) - left)])
    }
  })
}

test('what is left of a divisible quota and what credits pay is divided to the unit, in every plan', async () => {
  for (const [plan, quotas] of Object.entries(table)) {
    for (const [column, quota = 0] of [
      [speech, quotas[1]],
      [images, quotas[2]],
    ] as const) {
      if (quota === 0) continue
      const team = await world.team({ plan, credits: RICH })
      for (let left = quota; left > 0; ) {
        const units = left <= column.most ? Math.min(left + 3, column.most) : column.most
        const byPlan = Math.min(units, left)
        left -= byPlan
        const answer = await ask(world, team.planKey, column, units)
        const pool = byPlan < units ? 'plan+credits' : 'plan'
        assert.deepEqual(paidBy(answer), [pool, String(units), String(left)], `${plan} ${column.name}`)
      }
      const { used, lots } = await mediaTruth(world, team)
      assert.deepEqual(used, { [column.resource]: quota })
      assert.ok((RICH - (lots[0] ?? 0)) % (column.nanos ?? 1) === 0)
    }
  }
  await booksAreRight(world)
})

test('a member without a plan: credits pay every resource of the coverage', async () => {
  for (const column of [...columns, highspeedText, covers, lyrics, search, vision])
    await paysBoth(await world.team({ plan: null, credits: RICH, wallet: RICH }), column, undefined)
})
