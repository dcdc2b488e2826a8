import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { type Dialect, dialects } from '../../src/modalities/dialect.ts'
import { nothingCharged, openWorld, truthOf } from '../harness.ts'
import { asking, PATHS } from '../samples.ts'
import { assertNoInternals, assertRefused } from './refused.ts'

const world = await openWorld()
after(() => world.close())
beforeEach(() => world.upstream.forget())
const team = await world.team({ plan: 'big', credits: 1e9, wallet: 1e9 })

const models: readonly (readonly [string, RegExp])[] = [
  ['gpt-4o', /unknown model: "gpt-4o"/],
  ['MiniMax-M2.7 ', /unknown model: "MiniMax-M2\.7 "/],
  ['MiniMax-M2.7-turbo', /unknown model/],
  ['__proto__', /unknown model: "__proto__"/],
  ['constructor', /unknown model/],
  ['speech-2.8-hd', /"speech-2\.8-hd" is not a text model/],
  ['image-01', /"image-01" is not a text model/],
  ['MiniMax-Hailuo-2.3', /is not a text model/],
  ['music-2.6', /is not a text model/],
  ['<script>alert(1)</script>\u0000"\n', /unknown model: "<script>/],
  ['m'.repeat(200), /unknown model: "m{100}"/],
]

for (const dialect of dialects) {
  for (const [model, says] of models) {
    test(`model ${JSON.stringify(model.slice(0, 40))}: ${dialect}`, async () => {
      const before = await truthOf(world, team)
      for (const key of [team.planKey, team.apiKey]) {
        const answer = await world.call(PATHS[dialect], { key, body: asking(dialect, { model }) })
        assertRefused(answer, dialect, { status: 404, code: 2013, says })
      }
      assert.equal(world.upstream.received.length, 0)
      await nothingCharged(world, team, before)
    })
  }
}

const lists: readonly (readonly [string, Dialect])[] = [
  ['/v1/models/gpt-4o', 'openai-chat'],
  ['/v1/models/image-01', 'openai-chat'],
  ['/v1/models/%E0%A4%A', 'openai-chat'],
  ['/v1/models/..%2f..%2fetc', 'openai-chat'],
  ['/anthropic/v1/models/claude', 'anthropic'],
]
for (const [path, dialect] of lists) {
  test(`GET ${path}`, async () => {
    const answer = await world.call(path, { key: team.planKey })
    assertRefused(answer, dialect, { status: 404, code: 2013, says: /unknown model/ })
  })
}

test('count_tokens of an unknown model', async () => {
  const body = asking('anthropic', { model: 'gpt-4o' })
  const answer = await world.call('/anthropic/v1/messages/count_tokens', { key: team.planKey, body })
  assertRefused(answer, 'anthropic', { status: 404, code: 2013, says: /unknown model/ })
})

/** With a key and without one alike, so that a wrong base URL is not taken for a wrong key. */
const paths: readonly (readonly [string, Dialect])[] = [
  ['/v1/nothing', 'openai-chat'],
  ['/v1/', 'openai-chat'],
  ['/v1/chat/completions/', 'openai-chat'],
  ['/v1/v1/chat/completions', 'openai-chat'],
  ['/v1/completions', 'openai-chat'],
  ['/v1/embeddings', 'openai-chat'],
  ['/v1/CHAT/completions', 'openai-chat'],
  ['/v1/chat/../models', 'openai-chat'],
  ['/v1/__proto__', 'openai-chat'],
  ['/anthropic/v1/chat/completions', 'anthropic'],
  ['/anthropic/messages', 'anthropic'],
  ['/anthropic/anthropic/v1/messages', 'anthropic'],
]
for (const [path, dialect] of paths) {
  for (const method of ['GET', 'POST']) {
    test(`${method} ${path}`, async () => {
      const body = method === 'POST' ? asking('openai-chat') : undefined
      for (const key of [team.planKey, undefined]) {
        const answer = await world.call(path, { method, key, body })
        assertRefused(answer, dialect, { status: 404, code: 2013, says: /there is nothing at this path/ })
      }
      assert.equal(world.upstream.received.length, 0)
    })
  }
}

test('paths beside the gateway are plain JSON, with nothing of ours in it', async () => {
  for (const path of [
    '/nothing',
    '/api/nothing',
    '/%',
    '/..%2f..%2fetc/passwd',
    '/v1',
    '/api/operator/clock/../x',
  ]) {
    const answer = await world.call(path)
    assert.equal(answer.status, 404, path)
    assertNoInternals(answer.text)
    assert.ok(!answer.text.includes('root:'))
  }
})

const methods: readonly (readonly [string, string, Dialect, string])[] = [
  ['GET', PATHS.anthropic, 'anthropic', 'POST'],
  ['PUT', PATHS['openai-chat'], 'openai-chat', 'POST'],
  ['DELETE', PATHS['openai-responses'], 'openai-responses', 'POST'],
  ['GET', PATHS.native, 'native', 'POST'],
  ['OPTIONS', PATHS.anthropic, 'anthropic', 'POST'],
  ['PATCH', '/anthropic/v1/messages/count_tokens', 'anthropic', 'POST'],
  ['POST', '/v1/models', 'openai-chat', 'GET'],
  ['DELETE', '/v1/models/MiniMax-M2.7', 'openai-chat', 'GET'],
  ['POST', '/anthropic/v1/models', 'anthropic', 'GET'],
  ['POST', '/v1/token_plan/remains', 'native', 'GET'],
  ['POST', '/anthropic', 'anthropic', 'GET'],
]
for (const [method, path, dialect, allow] of methods) {
  test(`${method} ${path} is the wrong method`, async () => {
    const before = await truthOf(world, team)
    const body = method === 'GET' ? undefined : asking('anthropic')
    const answer = await world.call(path, { method, key: team.planKey, body })
    assertRefused(answer, dialect, { status: 405, code: 2013, says: /takes another method: / })
    assert.equal(answer.headers.allow, allow)
    assert.equal(world.upstream.received.length, 0)
    await nothingCharged(world, team, before)
  })
}

test('HEAD of a path that takes POST: the head alone', async () => {
  const answer = await world.call(PATHS.anthropic, { method: 'HEAD', key: team.planKey })
  assert.deepEqual([answer.status, answer.text, answer.headers.allow], [405, '', 'POST'])
})
