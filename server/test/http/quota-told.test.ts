import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { booksAreRight, openWorld, until } from '../harness.ts'
import { asking, PATHS, wholeAnswer } from '../samples.ts'

/** What is told of a quota is what is admitted, on every path that tells it. */

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const DAY = 86_400_000
const IMAGES = 120

// biome-ignore lint/suspicious/noExplicitAny: an answer is read here as its caller reads it
type Told = any

async function told(key: string, path: string): Promise<Told> {
  const { status, text } = await world.call(path, { key })
  assert.equal(status, 200, text)
  return JSON.parse(text)
}

const draw = (key: string, n: number) =>
  world.call('/v1/image_generation', { key, body: { model: 'image-01', prompt: 'two cats', n } })

async function giveBack(requestId: unknown, units: number): Promise<void> {
  const body = { requestId, units, reason: 'blurred' }
  const answer = await world.call('/api/operator/corrections', {
    ...{ method: 'POST', key: world.demo.operatorToken, body },
  })
  assert.equal(answer.status, 200, answer.text)
}

test('units of yesterday given back today are granted beside the limit, and everybody says so', async () => {
  const team = await world.team({ plan: 'max' })
  const key = team.planKey
  const id = (await draw(key, 9)).headers['x-request-id']
  world.advance(DAY)
  await giveBack(id, 4)
  const quotaNow = async () => {
    const { resources } = await told(key, '/api/own-quota')
    const [window] = resources.find((resource: Told) => resource.id === 'image-01').windows
    return [window.used, window.held, window.limit, window.granted, window.left]
  }
  const remainsNow = async (path: string) => {
    const { model_remains } = await told(key, path)
    const images = model_remains.find((each: Told) => each.model_name === 'image-01')
    return [images.current_interval_usage_count, images.current_interval_remaining_percent]
  }
  assert.deepEqual(await quotaNow(), [0, 0, IMAGES, 4, IMAGES + 4])
  assert.deepEqual(await remainsNow('/v1/token_plan/remains'), [0, 100])
  assert.deepEqual(await remainsNow('/v1/coding_plan/remains'), [IMAGES + 4, 100])
  const drawn = await draw(key, 3)
  assert.equal(drawn.headers['tokenplan-remaining'], String(IMAGES + 1))
  const requestId = drawn.headers['x-request-id']
  const { window } = (await told(key, `/v1/token_plan/receipts/${requestId}`)).receipt
  assert.deepEqual(window, {
    ...{ rule: 'daily', length_ms: null, one_of: null },
    ...{ limit: IMAGES, used_before: 0, granted_before: 4, left_after: IMAGES + 1 },
  })
  const explained = await told(key, `/v1/token_plan/explain/${requestId}`)
  const { used, granted, left } = explained.window
  assert.deepEqual([used, granted, left], [0, 4, IMAGES + 4])
  const [now] = explained.now.windows
  assert.deepEqual([now.used, now.granted, now.left], [0, 1, IMAGES + 1])
  await world.restart()
  assert.deepEqual(await quotaNow(), [0, 0, IMAGES, 1, IMAGES + 1])
  // Told and admitted are the same: to the last of them, and not one more.
  for (let left = IMAGES + 1; left > 0; ) {
    const n = Math.min(9, left)
    assert.equal((await draw(key, n)).headers['tokenplan-pool'], 'plan')
    left -= n
  }
  assert.deepEqual(await quotaNow(), [IMAGES, 0, IMAGES, 0, 0])
  assert.equal((await draw(key, 1)).headers['tokenplan-pool'], undefined)
  await booksAreRight(world)
})

test('a hold on a lot that has expired since is told as held', async () => {
  const team = await world.team({ plan: null, credits: 1e9 })
  let go: () => void = () => undefined
  const gone = new Promise<void>((resolve) => {
    go = resolve
  })
  world.upstream.next({
    body: async function* () {
      await gone
      yield wholeAnswer('openai-chat')
    },
  })
  const body = asking('openai-chat', { model: 'MiniMax-M2.5', max_tokens: 1000 })
  const answering = world.call(PATHS['openai-chat'], { key: team.planKey, body })
  await until(() => world.running.book.openHolds() === 1, 'the request is held')
  const before = (await told(team.planKey, '/api/own-quota')).credits
  assert.equal(before.spendableNanos, before.balanceNanos - before.heldNanos)
  const [lot] = (await world.running.book.money(team.team))?.lots ?? []
  world.advance((lot?.expiresAt ?? 0) - world.now())
  const expired = (await told(team.planKey, '/api/own-quota')).credits
  assert.ok(before.heldNanos > 0)
  assert.deepEqual(
    [expired.balanceNanos, expired.heldNanos, expired.spendableNanos, expired.lots],
    [0, before.heldNanos, 0, []],
  )
  go()
  await answering
  assert.equal((await told(team.planKey, '/api/own-quota')).credits.heldNanos, 0)
})
