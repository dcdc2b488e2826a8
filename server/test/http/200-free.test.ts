import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { nothingCharged, openWorld, truthOf } from '../harness.ts'
import { asking } from '../samples.ts'
import { assertIds, assertRefused } from './refused.ts'

/** What costs nothing and asks no engine: model lists, counting, greetings, health. */
const world = await openWorld()
after(() => world.close())
const team = await world.team({ plan: 'tiny', credits: 1e9, wallet: 1e9 })
const before = await truthOf(world, team)
const key = team.planKey

const TEXT_MODELS = [
  'MiniMax-M2.7',
  'MiniMax-M2.7-highspeed',
  'MiniMax-M2.5',
  'MiniMax-M2.5-highspeed',
  'MiniMax-M2.1',
  'MiniMax-M2.1-highspeed',
  'MiniMax-M2',
  'M2-her',
]

test('GET /v1/models: the list OpenAI clients know', async () => {
  for (const each of [key, team.apiKey]) {
    const answer = await world.call('/v1/models?limit=1', { key: each })
    assertIds(answer)
    const { object, data } = JSON.parse(answer.text)
    assert.equal(object, 'list')
    assert.deepEqual(
      data.map(({ id }: { id: string }) => id),
      TEXT_MODELS,
    )
    assert.deepEqual(data[0], {
      id: 'MiniMax-M2.7',
      object: 'model',
      created: 1_773_799_200,
      owned_by: 'minimax',
    })
  }
})

test('GET /anthropic/v1/models: the list Anthropic clients know', async () => {
  const headers = { 'x-api-key': key, 'anthropic-version': '2023-06-01' }
  const answer = await world.call('/anthropic/v1/models?limit=20&after_id=x', { headers })
  const { data, has_more, first_id, last_id } = JSON.parse(answer.text)
  assert.deepEqual([has_more, first_id, last_id], [false, TEXT_MODELS[0], TEXT_MODELS.at(-1)])
  assert.equal(data.length, TEXT_MODELS.length)
  const [first] = data
  assert.deepEqual(first, {
    id: 'MiniMax-M2.7',
    created_at: '2026-03-18T02:00:00Z',
    display_name: 'MiniMax-M2.7',
    type: 'model',
  })
})

test('one model in both shapes, by any of its names', async () => {
  for (const id of ['MiniMax-M2.5', 'minimax-m2.5', 'MiniMax%2DM2.5']) {
    const openai = await world.call(`/v1/models/${id}`, { key })
    assert.deepEqual(JSON.parse(openai.text), {
      id: 'MiniMax-M2.5',
      object: 'model',
      created: 1_770_948_000,
      owned_by: 'minimax',
    })
    const anthropic = await world.call(`/anthropic/v1/models/${id}`, { key })
    assert.equal(JSON.parse(anthropic.text).created_at, '2026-02-13T02:00:00Z')
  }
  const alias = await world.call('/anthropic/v1/models/claude-sonnet-4-5', { key })
  assert.equal(alias.status, 200, alias.text)
})

for (const path of ['/anthropic', '/anthropic/', '/anthropic?x=1', '//anthropic']) {
  test(`GET and HEAD ${path}, without a key: somebody is there`, async () => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await world.call(path, { method })
      assert.equal(answer.status, 200)
      assertIds(answer)
      if (method === 'HEAD') assert.equal(answer.text, '')
      else assert.equal(typeof JSON.parse(answer.text), 'object')
    }
  })
}

for (const path of ['/anthropic/v1/messages/count_tokens', '/v1/messages/count_tokens?beta=true']) {
  test(`POST ${path} counts, more for more`, async () => {
    const count = async (text: string) => {
      const messages = [{ role: 'user', content: text }]
      const answer = await world.call(path, { key, body: asking('anthropic', { messages }) })
      assert.equal(answer.status, 200, answer.text)
      const body = JSON.parse(answer.text)
      assert.deepEqual(Object.keys(body), ['input_tokens'])
      assert.ok(Number.isInteger(body.input_tokens) && body.input_tokens > 0)
      return body.input_tokens as number
    }
    const [short, long] = [await count('hi'), await count('hi '.repeat(1000))]
    assert.ok(long > short + 500, `${short}, ${long}`)
  })
}

test('count_tokens says what is wrong, as a message would', async () => {
  const path = '/anthropic/v1/messages/count_tokens'
  const cases = [
    ['', /not a JSON object/],
    [asking('anthropic', { messages: undefined }), /messages: missing/],
    [asking('anthropic', { model: 7 }), /model: must be a string/],
  ] as const
  for (const [body, says] of cases) {
    assertRefused(await world.call(path, { key, body }), 'anthropic', { status: 400, code: 2013, says })
  }
})

test('405: what is only looked at takes GET', async () => {
  for (const path of ['/healthz', '/readyz', '/api/own-quota']) {
    const { status, headers, text } = await world.call(path, { method: 'POST', body: {} })
    assert.deepEqual([status, headers.allow], [405, 'GET'], path)
    assert.equal(JSON.parse(text).error.code, 'method_wrong')
    assert.notEqual((await world.call(path, { method: 'HEAD' })).status, 405)
  }
})

test('/healthz and /readyz, without a key', async () => {
  assert.deepEqual(JSON.parse((await world.call('/healthz')).text), { ok: true })
  const ready = await world.call('/readyz')
  assert.deepEqual([ready.status, JSON.parse(ready.text)], [200, { ready: true }])
})

test('all of it was free and asked no engine', async () => {
  assert.equal(world.upstream.received.length, 0)
  await nothingCharged(world, team, before)
  assert.deepEqual(world.logs, [])
})
