import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { mintSecret } from '../../src/keys/secret.ts'
import { openWorld } from '../harness.ts'
import { askingFor, kindNames, kinds } from '../media-samples.ts'
import { made, mediaTruth, nothingTaken } from '../media-truth.ts'
import { assertLogsAreClean, assertRefused } from './refused.ts'

/** Native endpoints say everything with HTTP 200 and base_resp. OpenAI's paths have their statuses: openai-media.test.ts. */
const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())

const team = await world.team({ plan: 'max', credits: 1e9, wallet: 1e9 })
const revoked = await world.team({ plan: 'max', credits: 1e9, wallet: 1e9, revoked: true })
const stranger = mintSecret('plan', world.pepper).secret

for (const kind of kindNames) {
  const { path } = kinds[kind]

  test(`401: ${kind} without a key, with a wrong one, with one that was revoked`, async () => {
    const before = await mediaTruth(world, revoked)
    const body = askingFor(kind)
    assertRefused(await world.call(path, { body }), 'native', {
      status: 401,
      code: 1004,
      says: /^login fail/,
    })
    for (const key of [
      stranger,
      revoked.planKey,
      revoked.apiKey,
      `${team.planKey}0`,
      world.demo.operatorToken,
    ]) {
      const answer = await world.call(path, { key, body })
      assertRefused(answer, 'native', { status: 401, code: 1004, says: /^invalid api key/ })
      assert.ok(!answer.text.includes(key), 'the key is not repeated')
    }
    assert.equal(world.upstream.received.length, 0)
    await nothingTaken(world, revoked, before)
  })

  test(`401: a wrong key is refused before the body of ${kind} is looked at`, async () => {
    for (const body of ['', '{', '[]', 'x'.repeat(100_000)]) {
      assertRefused(await world.call(path, { key: stranger, body }), 'native', { status: 401, code: 1004 })
    }
  })

  test(`403: ${kind} by a member without a seat and without access to credits`, async () => {
    const idle = await world.team({ plan: null, credits: 1e9, wallet: 1e9, creditsAccess: false })
    const before = await mediaTruth(world, idle)
    const answer = await made(world, idle.planKey, kind)
    const says = /^no active token plan/
    assertRefused(answer, 'native', { status: 403, code: 2062, says, retry: 'never' })
    assert.equal(world.upstream.received.length, 0)
    await nothingTaken(world, idle, before)
  })

  test(`403: ${kind} with a plan that has ended`, async () => {
    const idle = await world.team({ plan: 'max', planMs: 1000, wallet: 1e9, creditsAccess: false })
    assert.equal((await made(world, idle.planKey, kind)).headers['tokenplan-pool'], 'plan')
    world.advance(1000)
    world.upstream.forget()
    const before = await mediaTruth(world, idle)
    const answer = await made(world, idle.planKey, kind)
    assertRefused(answer, 'native', { status: 403, code: 2062, retry: 'never' })
    assert.equal(world.upstream.received.length, 0)
    await nothingTaken(world, idle, before)
  })
}

const missing = [
  ['speech', 'starter', {}],
  ['images', 'starter', {}],
  ['speech', 'max', { model: 'speech-2.8-turbo' }],
  ['images', 'max', { model: 'image-01-live' }],
  ['song', 'max', { model: 'music-2.5' }],
] as const
for (const [kind, plan, more] of missing) {
  test(`403: ${kind} ${JSON.stringify(more)} on ${plan}: the refusal says what helps`, async () => {
    const poor = await world.team({ plan, wallet: 1e9 })
    const before = await mediaTruth(world, poor)
    const answer = await made(world, poor.planKey, kind, more)
    assertRefused(answer, 'native', { status: 403, code: 2061, says: /API key/, retry: 'never' })
    // Where credits would not do, they are not offered.
    assert.equal(/credits/i.test(answer.text), !('model' in more), answer.text)
    assert.ok(answer.text.includes(String('model' in more ? more.model : kinds[kind].least.model)))
    for (const name of ['remaining', 'reset']) assert.equal(answer.headers[`tokenplan-${name}`], undefined)
    await nothingTaken(world, poor, before)
  })
}

test('keys are not in the log', () => {
  assert.deepEqual(world.logs, [])
  assertLogsAreClean(world, team.planKey, revoked.planKey, stranger)
})
