import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { type Dialect, dialects } from '../../src/modalities/dialect.ts'
import type { Behaviour } from '../fake-upstream.ts'
import {
  booksAreRight,
  lastRecord,
  nothingCharged,
  openWorld,
  truthOf,
  UPSTREAM_KEY,
  type World,
} from '../harness.ts'
import { asking, EVENT_STREAM, PATHS, SAID, streamedAnswer, USAGE, usageIn, wholeAnswer } from '../samples.ts'
import { assertRefused, PLANTED } from './refused.ts'

/** Engines of other kinds than MiniMax's own: what is sent to them, and that money is exact there too. */
const spoken = { dialects: ['openai-chat', 'openai-responses'], model: 'llama3' }
const openai = await openWorld({ upstream: { kind: 'openai', ...spoken } })
const models = { 'MiniMax-M2.7': 'their-model' }
const anthropic = await openWorld({ upstream: { kind: 'anthropic', dialects: ['anthropic'], models } })
const world = await openWorld()
after(() => world.close())
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
for (const [where, dialect, path, model, wanted] of credentials) {
  test(`${dialect}: an engine's own path, model and way of carrying the operator's key`, async () => {
    const team = await where.team()
    where.upstream.next({ headers: EVENT_STREAM, body: streamedAnswer(dialect) })
    const answer = await where.call(path, { key: team.planKey, body: asking(dialect, { stream: true }) })
    assert.equal(answer.status, 200, answer.text)
    const { path: to, headers } = where.upstream.last()
    assert.equal(to, path)
    for (const [name, value] of Object.entries(wanted)) assert.equal(headers[name], value)
    assert.ok(!JSON.stringify(headers).includes(team.planKey))
    assert.deepEqual(sent(where), asking(dialect, { stream: true, model }))
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

/** Engines that answer 200 and are wrong: they are not trusted with our arithmetic, nor with our callers. */
beforeEach(() => world.upstream.forget())

const ESTIMATED = { flag: 1 }
const REPORTED = { flag: 0 }

/** What the engine says in place of its input and output counts. */
const oddCounts: readonly (readonly [string, unknown, unknown, typeof ESTIMATED])[] = [
  ['negative input', -1000, 10, ESTIMATED],
  ['negative output', 10, -1000, ESTIMATED],
  ['halves', 10.5, 10.5, ESTIMATED],
  ['texts', '10', '10', ESTIMATED],
  ['null', null, null, ESTIMATED],
  ['more than there is', 1e300, 1e300, ESTIMATED],
  ['lists', [10], [10], ESTIMATED],
  ['a very long answer', 10, 4e9, REPORTED],
  ['zero', 0, 0, REPORTED],
]

function withCounts(dialect: Dialect, text: string, input: unknown, output: unknown): string {
  const told = usageIn(dialect, USAGE) as Record<string, unknown>
  const [inputName = '', outputName = ''] = Object.keys(told)
  const odd = { ...told, [inputName]: input, [outputName]: output }
  return text
    .replaceAll(JSON.stringify(told), JSON.stringify(odd))
    .replaceAll(
      `"usage":{"output_tokens":${USAGE.output}}`,
      `"usage":{"output_tokens":${JSON.stringify(output)}}`,
    )
}

for (const dialect of dialects) {
  for (const [name, input, output, { flag }] of oddCounts) {
    for (const stream of [false, true]) {
      // The input stands in message_start there, and half a report is one that we complete.
      if (dialect === 'anthropic' && name === 'negative input') continue
      test(`usage of ${name}: ${dialect}, ${stream ? 'stream' : 'whole'}`, async () => {
        const team = await world.team({ wallet: RICH })
        const before = await truthOf(world, team)
        const text = stream ? streamedAnswer(dialect).join('') : wholeAnswer(dialect)
        const body = withCounts(dialect, text, input, output)
        assert.notEqual(body, text)
        world.upstream.next({ headers: stream ? EVENT_STREAM : {}, body })
        const answer = await world.call(PATHS[dialect], {
          key: team.apiKey,
          body: asking(dialect, { stream }),
        })
        assert.equal(answer.text, body)
        const { nanos, held_nanos, estimated } = await lastRecord(world, team)
        assert.ok((nanos ?? -1) >= 0 && (nanos ?? 0) <= (held_nanos ?? 0))
        assert.equal(estimated, flag)
        assert.deepEqual(await truthOf(world, team), {
          ...before,
          walletNanos: before.walletNanos - (nanos ?? 0),
        })
        await booksAreRight(world)
      })
    }
  }

  test(`more from the cache than there was: never below zero: ${dialect}`, async () => {
    const team = await world.team({ wallet: RICH })
    const body = wholeAnswer(dialect).replace(/"(cached_tokens|cache_read_input_tokens)":0/, '"$1":5000')
    assert.notEqual(body, wholeAnswer(dialect))
    world.upstream.next({ body })
    await world.call(PATHS[dialect], { key: team.apiKey, body: asking(dialect) })
    const { input_tokens, cache_read_tokens } = await lastRecord(world, team)
    const counts = dialect === 'anthropic' ? [USAGE.input, 5000] : [0, USAGE.input]
    assert.deepEqual([input_tokens, cache_read_tokens], counts)
    await booksAreRight(world)
  })

  test(`an error in the dialect's shape inside a 200 is not charged: ${dialect}`, async () => {
    const team = await world.team({ wallet: RICH })
    const before = await truthOf(world, team)
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'overloaded', code: 'x' } }
    const said = dialect === 'native' ? { base_resp: { status_code: 1013, status_msg: 'no' } } : error
    for (const key of [team.planKey, team.apiKey]) {
      world.upstream.next({ body: JSON.stringify(said) })
      const whole = await world.call(PATHS[dialect], { key, body: asking(dialect) })
      assert.ok(whole.whole)
      assert.notEqual(whole.headers['tokenplan-units'], '1')
      await nothingCharged(world, team, before)
      world.upstream.next({ headers: EVENT_STREAM, body: `event: error\ndata: ${JSON.stringify(said)}\n\n` })
      const stream = await world.call(PATHS[dialect], { key, body: asking(dialect, { stream: true }) })
      assert.ok(stream.whole)
      await nothingCharged(world, team, before)
    }
  })
}

const page = `<html><body>It works! ${PLANTED} ${'<p>x</p>'.repeat(20)}</body></html>`
const strange: readonly (readonly [string, Behaviour])[] = [
  ['a web page', { headers: { 'content-type': 'text/html' }, body: page }],
  ['a long web page', { headers: { 'content-type': 'text/html; charset=utf-8' }, body: page.repeat(50) }],
  ['a page that is called JSON', { body: page }],
  ['plain text', { headers: { 'content-type': 'text/plain' }, body: `ok ${PLANTED}` }],
  ['a list', { body: JSON.stringify([PLANTED]) }],
  ['204', { status: 204 }],
]
for (const [name, behaviour] of strange) {
  for (const dialect of dialects) {
    test(`${name} in place of an answer: 502, nothing of it passes: ${dialect}`, async () => {
      const team = await world.team({ wallet: RICH })
      const before = await truthOf(world, team)
      for (const key of [team.planKey, team.apiKey]) {
        world.upstream.next(behaviour)
        const answer = await world.call(PATHS[dialect], { key, body: asking(dialect) })
        assertRefused(answer, dialect, { status: 502, code: 1000 })
        await nothingCharged(world, team, before)
      }
    })
  }
}

test('a stream where none was asked for, and JSON where a stream was: both are read', async () => {
  for (const dialect of dialects) {
    const team = await world.team({ wallet: RICH })
    world.upstream.next(
      { headers: EVENT_STREAM, body: streamedAnswer(dialect) },
      { body: wholeAnswer(dialect) },
    )
    const stream = await world.call(PATHS[dialect], { key: team.apiKey, body: asking(dialect) })
    assert.equal(stream.text, streamedAnswer(dialect).join(''))
    const whole = await world.call(PATHS[dialect], {
      key: team.apiKey,
      body: asking(dialect, { stream: true }),
    })
    assert.equal(whole.text, wholeAnswer(dialect))
    assert.equal(
      (await truthOf(world, team)).walletNanos,
      RICH - 2 * (USAGE.input * 300 + USAGE.output * 1200),
    )
  }
})
