import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { Dialect } from '../../src/modalities/dialect.ts'
import { booksAreRight, openWorld, truthOf } from '../harness.ts'
import { EVENT_STREAM } from '../samples.ts'
import { speak } from '../streams.ts'
import type { Team } from '../teams.ts'

/** Streams that money has ended, read by the official packages: to their end, without an exception, and short. */
const world = await openWorld()
after(() => world.close())
/** The sandbox thinks, speaks in small pieces and knows all dialects; its marker says how long it goes on. */
const sandbox = await openWorld({ engine: 'sandbox' })
after(() => sandbox.close())
beforeEach(() => world.upstream.forget())

const MODEL = 'MiniMax-M2.7'
const QUARTER = 'x'.repeat(768)
const CITY = `{"city":"${'y'.repeat(1500)}`
const messages = [{ role: 'user' as const, content: 'go on' }]
const parameters = { type: 'object' as const, properties: { city: { type: 'string' } } }

/** Money for the input and two slices, and an engine that would say more. */
async function short(more: readonly string[]): Promise<Team> {
  const team = await world.team({ plan: null, wallet: 2 * 1024 * 1200 + 300_000 })
  world.upstream.next({ headers: EVENT_STREAM, body: more, ending: 'hang' })
  return team
}

function speech(dialect: Dialect): readonly string[] {
  const { begin, say } = speak(dialect)
  return [begin, ...Array.from({ length: 12 }, () => say(QUARTER))]
}

/** Seven quarters of text, then a tool call of which the second piece cannot be paid. */
function calling(dialect: Dialect): readonly string[] {
  const { begin, say, call } = speak(dialect)
  return [begin, ...Array.from({ length: 6 }, () => say(QUARTER)), call(CITY), say(QUARTER), say(QUARTER)]
}

const openai = (team: Team) => new OpenAI({ baseURL: `${world.url}/v1`, apiKey: team.apiKey, maxRetries: 0 })
const anthropic = (team: Team) =>
  new Anthropic({ baseURL: `${world.url}/anthropic`, apiKey: team.apiKey, maxRetries: 0 })

async function isSettled(team: Team): Promise<void> {
  const { heldNanos, walletNanos } = await truthOf(world, team)
  assert.ok(heldNanos === 0 && walletNanos > 0)
  await booksAreRight(world)
}

test('openai: chat ends with length and, where asked for, usage', async () => {
  for (const include_usage of [true, false]) {
    const team = await short(speech('openai-chat'))
    const stream = openai(team).chat.completions.stream({
      model: MODEL,
      messages,
      stream_options: { include_usage },
    })
    const { choices, usage, id } = await stream.finalChatCompletion()
    assert.equal(id, 'chat_1')
    assert.equal(choices[0]?.finish_reason, 'length')
    assert.equal(choices[0]?.message.content, QUARTER.repeat(8))
    assert.equal(usage?.completion_tokens, include_usage ? (8 * QUARTER.length) / 4 : undefined)
    await isSettled(team)
  }
})

test('openai: a call that is cut does not look whole', async () => {
  const team = await short(calling('openai-chat'))
  const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters } }]
  const stream = openai(team).chat.completions.stream({ model: MODEL, messages, tools })
  const { choices } = await stream.finalChatCompletion()
  assert.equal(choices[0]?.finish_reason, 'length')
  const [call] = choices[0]?.message.tool_calls ?? []
  assert.equal(call?.type === 'function' && call.function.arguments, CITY)
  await isSettled(team)
})

test('openai: a response is incomplete and has what was said', async () => {
  const team = await short(speech('openai-responses'))
  const stream = openai(team).responses.stream({ model: MODEL, input: 'go on' })
  const response = await stream.finalResponse()
  assert.equal(response.status, 'incomplete')
  assert.equal(response.incomplete_details?.reason, 'max_output_tokens')
  assert.equal(response.output_text, QUARTER.repeat(8))
  assert.equal(response.usage?.output_tokens, (8 * QUARTER.length) / 4)
  await isSettled(team)
})

test('openai: a response leaves out the call that was cut', async () => {
  const team = await short(calling('openai-responses'))
  const tools = [{ type: 'function' as const, name: 'get_weather', parameters, strict: false }]
  const done: string[] = []
  const stream = openai(team).responses.stream({ model: MODEL, input: 'go on', tools })
  stream.on('response.output_item.done', ({ item }) => void done.push(item.type))
  const response = await stream.finalResponse()
  assert.deepEqual([response.status, done], ['incomplete', ['message']])
  assert.deepEqual(
    response.output.map(({ type }) => type),
    ['message'],
  )
  assert.equal(response.output_text, QUARTER.repeat(6))
  await isSettled(team)
})

test('anthropic: a message ends with max_tokens', async () => {
  const team = await short(speech('anthropic'))
  const message = await anthropic(team)
    .messages.stream({ model: MODEL, max_tokens: 50_000, messages })
    .finalMessage()
  assert.equal(message.stop_reason, 'max_tokens')
  assert.deepEqual(message.content, [{ type: 'text', text: QUARTER.repeat(8) }])
  assert.equal(message.usage.output_tokens, (8 * QUARTER.length) / 4)
  assert.equal(message.usage.input_tokens, 40)
  await isSettled(team)
})

test('anthropic: a call that is cut is told by its stop reason', async () => {
  const team = await short(calling('anthropic'))
  const tools = [{ name: 'get_weather', input_schema: parameters }]
  const message = await anthropic(team)
    .messages.stream({ model: MODEL, max_tokens: 50_000, messages, tools })
    .finalMessage()
  assert.equal(message.stop_reason, 'max_tokens')
  assert.deepEqual(
    message.content.map(({ type }) => type),
    ['text', 'tool_use'],
  )
  await isSettled(team)
})

const LONG = '[[tokens 4000]]'
const long = [{ role: 'user' as const, content: LONG }]

/** Output in tokens as the package read it, and whether it was ended early. */
const readers = {
  anthropic: async (key: string) => {
    const client = new Anthropic({ baseURL: `${sandbox.url}/anthropic`, apiKey: key, maxRetries: 0 })
    const message = await client.messages
      .stream({ model: MODEL, max_tokens: 50_000, messages: long })
      .finalMessage()
    return { tokens: message.usage.output_tokens, isCut: message.stop_reason === 'max_tokens' }
  },
  'openai-chat': async (key: string) => {
    const client = new OpenAI({ baseURL: `${sandbox.url}/v1`, apiKey: key, maxRetries: 0 })
    const { choices, usage } = await client.chat.completions
      .stream({ model: MODEL, messages: long, stream_options: { include_usage: true } })
      .finalChatCompletion()
    return { tokens: usage?.completion_tokens, isCut: choices[0]?.finish_reason === 'length' }
  },
  'openai-responses': async (key: string) => {
    const client = new OpenAI({ baseURL: `${sandbox.url}/v1`, apiKey: key, maxRetries: 0 })
    const { usage, status } = await client.responses.stream({ model: MODEL, input: LONG }).finalResponse()
    return { tokens: usage?.output_tokens, isCut: status === 'incomplete' }
  },
}

for (const [dialect, read] of Object.entries(readers)) {
  test(`a long answer of the sandbox, paid to its end and paid in part: ${dialect}`, async () => {
    const rich = await sandbox.team({ plan: null, credits: 1e9 })
    assert.deepEqual(await read(rich.planKey), { tokens: 4008, isCut: false })
    const poor = await sandbox.team({ plan: null, wallet: 3 * 1024 * 1200 })
    const { tokens, isCut } = await read(poor.apiKey)
    assert.ok(isCut && tokens !== undefined && tokens > 1024 && tokens < 3 * 1024, `${tokens} tokens`)
    const { walletNanos, heldNanos } = await truthOf(sandbox, poor)
    assert.equal(heldNanos, 0)
    assert.ok(walletNanos >= 0 && walletNanos <= 3 * 1024 * 1200 - tokens * 1200)
    await booksAreRight(sandbox)
  })
}
