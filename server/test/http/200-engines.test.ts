import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Dialect } from '../../src/modalities/dialect.ts'
import { openWorld, truthOf, UPSTREAM_KEY, type World } from '../harness.ts'
import { asking, EVENT_STREAM, SAID, streamedAnswer, USAGE } from '../samples.ts'
import { assertRefused } from './refused.ts'

/** Engines of other kinds than MiniMax's own: what is sent to them, and that money is exact there too. */
const spoken = { dialects: ['openai-chat', 'openai-responses'], model: 'llama3' }
const openai = await openWorld({ upstream: { kind: 'openai', ...spoken } })
const models = { 'MiniMax-M2.7': 'their-model' }
const anthropic = await openWorld({ upstream: { kind: 'anthropic', dialects: ['anthropic'], models } })
after(() => openai.close())
after(() => anthropic.close())

const CHAT = '/v1/chat/completions'
const sent = (world: World) => JSON.parse(world.upstream.last().body.toString()) as Record<string, unknown>
const RICH = 1e12

test('kind openai: usage is asked for where money pays for a stream, and only there', async () => {
  const team = await openai.team({ wallet: RICH })
  const call = async (key: string, more: object) => {
    const answer = await openai.call(CHAT, { key, body: asking('openai-chat', more) })
    assert.equal(answer.status, 200, answer.text)
    return sent(openai)
  }
  const asked = { include_usage: true }
  assert.deepEqual((await call(team.apiKey, { stream: true })).stream_options, asked)
  const odd = { include_usage: false, more: { deep: [1] } }
  const merged = await call(team.apiKey, { stream: true, stream_options: odd })
  assert.deepEqual(merged.stream_options, { ...odd, ...asked })
  assert.deepEqual((await call(team.apiKey, { stream: true, stream_options: null })).stream_options, asked)
  assert.equal((await call(team.apiKey, {})).stream_options, undefined)
  assert.equal((await call(team.planKey, { stream: true })).stream_options, undefined)
  const request = asking('openai-chat', { stream: true, stream_options: odd, max_tokens: 1e6 })
  const untouched = await call(team.planKey, request)
  assert.deepEqual(untouched, { ...request, model: 'llama3' })
  assert.equal((await call(team.apiKey, {})).max_tokens, 8192, 'the name of the field that such engines know')
  const owed = RICH - (await truthOf(openai, team)).walletNanos
  assert.equal(owed, 5 * (USAGE.input * 300 + USAGE.output * 1200))
})

test('kind openai: ranges are those of the engine', async () => {
  const { planKey: key } = await openai.team()
  for (const temperature of [0, 2]) {
    const answer = await openai.call(CHAT, { key, body: asking('openai-chat', { temperature }) })
    assert.equal(answer.status, 200, answer.text)
  }
  const answer = await openai.call(CHAT, { key, body: asking('openai-chat', { temperature: 2.1 }) })
  assertRefused(answer, 'openai-chat', { status: 400, code: 2013, says: 'temperature: must be in [0, 2]' })
})

const bearer = { authorization: `Bearer ${UPSTREAM_KEY}` }
const credentials: readonly (readonly [World, Dialect, string, string, Record<string, string>])[] = [
  [openai, 'openai-chat', CHAT, 'llama3', bearer],
  [openai, 'openai-responses', '/v1/responses', 'llama3', bearer],
  [anthropic, 'anthropic', '/v1/messages', 'their-model', { 'x-api-key': UPSTREAM_KEY }],
]
for (const [world, dialect, path, model, wanted] of credentials) {
  test(`${dialect}: an engine's own path, model and way of carrying the operator's key`, async () => {
    const team = await world.team()
    world.upstream.next({ headers: EVENT_STREAM, body: streamedAnswer(dialect) })
    const answer = await world.call(path, { key: team.planKey, body: asking(dialect, { stream: true }) })
    assert.equal(answer.status, 200, answer.text)
    const { path: to, headers } = world.upstream.last()
    assert.equal(to, path)
    for (const [name, value] of Object.entries(wanted)) assert.equal(headers[name], value)
    assert.ok(!JSON.stringify(headers).includes(team.planKey))
    assert.deepEqual(sent(world), asking(dialect, { stream: true, model }))
  })
}

test('a model that no engine serves has none to speak for it', async () => {
  const { planKey: key } = await anthropic.team()
  const answer = await anthropic.call('/v1/messages', {
    key,
    body: asking('anthropic', { model: 'MiniMax-M2.5' }),
  })
  assertRefused(answer, 'anthropic', { status: 501, code: 2013, says: 'it speaks: none' })
})

test('kind openai: a stream that ends without usage is counted from what was delivered', async () => {
  const team = await openai.team({ wallet: RICH })
  openai.upstream.next({ headers: EVENT_STREAM, body: streamedAnswer('openai-chat', null) })
  const body = Buffer.from(JSON.stringify(asking('openai-chat', { stream: true })))
  await openai.call(CHAT, { key: team.apiKey, body })
  const owed = RICH - (await truthOf(openai, team)).walletNanos
  assert.equal(owed, Math.ceil(body.length / 4) * 300 + Math.ceil(SAID.length / 4) * 1200)
})
