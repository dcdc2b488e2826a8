import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Dialect } from '../../src/modalities/dialect.ts'
import { openWorld, truthOf, UPSTREAM_KEY, type World } from '../harness.ts'
import { asking, EVENT_STREAM, SAID, streamedAnswer, USAGE } from '../samples.ts'
import { assertRefused } from './refused.ts'

/** Engines of other kinds than MiniMax's own: what is sent to them, and that money is exact there too. */
async function withEngine(
  upstream: Record<string, unknown>,
  act: (world: World) => Promise<void>,
): Promise<void> {
  const world = await openWorld({ upstream })
  // What it was asked at its start is no part of a test.
  world.upstream.forget()
  await act(world).finally(() => world.close())
}

const CHAT = '/v1/chat/completions'
const sent = (world: World) => JSON.parse(world.upstream.last().body.toString()) as Record<string, unknown>
const RICH = 1e12

test('kind openai: usage is asked for where money pays for a stream, and only there', async () => {
  await withEngine({ kind: 'openai', dialects: ['openai-chat'], model: 'llama3' }, async (world) => {
    const team = await world.team({ wallet: RICH })
    const call = async (key: string, more: object) => {
      const answer = await world.call(CHAT, { key, body: asking('openai-chat', more) })
      assert.equal(answer.status, 200, answer.text)
      return sent(world)
    }
    const asked = { include_usage: true }
    assert.deepEqual((await call(team.apiKey, { stream: true })).stream_options, asked)
    const odd = { include_usage: false, more: { deep: [1] } }
    assert.deepEqual((await call(team.apiKey, { stream: true, stream_options: odd })).stream_options, {
      ...odd,
      ...asked,
    })
    assert.deepEqual((await call(team.apiKey, { stream: true, stream_options: null })).stream_options, asked)
    assert.equal((await call(team.apiKey, {})).stream_options, undefined)
    assert.equal((await call(team.planKey, { stream: true })).stream_options, undefined)
    const byPlan = await call(team.planKey, { stream: true, stream_options: odd, max_tokens: 1e6 })
    assert.deepEqual(byPlan, {
      ...asking('openai-chat', { stream: true, stream_options: odd, max_tokens: 1e6 }),
      model: 'llama3',
    })
    assert.equal(
      (await call(team.apiKey, {})).max_tokens,
      8192,
      'the name of the field that such engines know',
    )
    const owed = (await truthOf(world, team)).walletNanos
    assert.equal(RICH - owed, 5 * (USAGE.input * 300 + USAGE.output * 1200))
  })
})

test('kind openai: ranges are those of the engine', async () => {
  await withEngine({ kind: 'openai', dialects: ['openai-chat'], model: 'llama3' }, async (world) => {
    const { planKey: key } = await world.team()
    for (const temperature of [0, 2]) {
      const answer = await world.call(CHAT, { key, body: asking('openai-chat', { temperature }) })
      assert.equal(answer.status, 200, answer.text)
    }
    const answer = await world.call(CHAT, { key, body: asking('openai-chat', { temperature: 2.1 }) })
    assertRefused(answer, 'openai-chat', { status: 400, code: 2013, says: 'temperature: must be in [0, 2]' })
  })
})

const credentials: readonly (readonly [string, Dialect, string, (key: string) => Record<string, string>])[] =
  [
    ['openai', 'openai-chat', '/v1/chat/completions', (key) => ({ authorization: `Bearer ${key}` })],
    ['openai', 'openai-responses', '/v1/responses', (key) => ({ authorization: `Bearer ${key}` })],
    ['anthropic', 'anthropic', '/v1/messages', (key) => ({ 'x-api-key': key })],
  ]
for (const [kind, dialect, path, headersOf] of credentials) {
  test(`kind ${kind}, ${dialect}: its path and its way of carrying the operator's key`, async () => {
    await withEngine(
      { kind, dialects: [dialect], models: { 'MiniMax-M2.7': 'their-model' } },
      async (world) => {
        const team = await world.team()
        world.upstream.next({ headers: EVENT_STREAM, body: streamedAnswer(dialect) })
        const answer = await world.call(path, { key: team.planKey, body: asking(dialect, { stream: true }) })
        assert.equal(answer.status, 200, answer.text)
        const { path: to, headers } = world.upstream.last()
        assert.equal(to, path)
        for (const [name, value] of Object.entries(headersOf(UPSTREAM_KEY)))
          assert.equal(headers[name], value)
        assert.ok(!JSON.stringify(headers).includes(team.planKey))
        assert.deepEqual(sent(world), asking(dialect, { stream: true, model: 'their-model' }))
        // A model that this engine does not serve has no engine at all.
        const other = await world.call(path, {
          key: team.planKey,
          body: asking(dialect, { model: 'MiniMax-M2.5' }),
        })
        assertRefused(other, dialect, { status: 501, code: 2013, says: 'it speaks: none' })
      },
    )
  })
}

test('kind openai: a stream that ends without usage is counted from what was delivered', async () => {
  await withEngine({ kind: 'openai', dialects: ['openai-chat'], model: 'llama3' }, async (world) => {
    const team = await world.team({ wallet: RICH })
    world.upstream.next({ headers: EVENT_STREAM, body: streamedAnswer('openai-chat', null) })
    const body = Buffer.from(JSON.stringify(asking('openai-chat', { stream: true })))
    await world.call(CHAT, { key: team.apiKey, body })
    const owed = RICH - (await truthOf(world, team)).walletNanos
    assert.equal(owed, Math.ceil(body.length / 4) * 300 + Math.ceil(SAID.length / 4) * 1200)
  })
})
