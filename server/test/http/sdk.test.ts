import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { type Dialect, dialects } from '../../src/modalities/dialect.ts'
import type { Behaviour } from '../fake-upstream.ts'
import { booksAreRight, nothingCharged, openWorld, truthOf, type World } from '../harness.ts'
import { EVENT_STREAM, streamedAnswer } from '../samples.ts'
import type { Team } from '../teams.ts'

/** The official packages with nothing set but base URL and key, against the sandbox and against scripted engines. */
const world = await openWorld({ engine: 'sandbox' })
const scripted = await openWorld()
after(() => world.close())
after(() => scripted.close())
beforeEach(() => scripted.upstream.forget())

const MODEL = 'MiniMax-M2.7'

/** `requests` counts what leaves the SDK, its own retries too. */
function clients(where: World, key: string, maxRetries?: number) {
  const sent = { requests: 0 }
  const counted: typeof fetch = (input, init) => {
    sent.requests++
    return fetch(input, init)
  }
  const options = { fetch: counted, ...(maxRetries === undefined ? {} : { maxRetries }) }
  return {
    sent,
    openai: new OpenAI({ baseURL: `${where.url}/v1`, apiKey: key, ...options }),
    anthropic: new Anthropic({ baseURL: `${where.url}/anthropic`, apiKey: key, ...options }),
  }
}

const ask = (text: string) => [{ role: 'user' as const, content: text }]
const parameters = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] }
const CALL = '[[tool get_weather {"city":"Turin"}]]'

async function spent(team: Team): Promise<number> {
  return (await truthOf(world, team)).usedUnits
}

test('openai: chat, whole and streamed', async () => {
  const team = await world.team()
  const { openai } = clients(world, team.planKey)
  const whole = await openai.chat.completions.create({ model: MODEL, messages: ask('what is 2+2?') })
  assert.match(whole.choices[0]?.message.content ?? '', /4/)
  assert.ok((whole.usage?.completion_tokens ?? 0) > 0)
  let text = ''
  const stream = await openai.chat.completions.create({
    model: MODEL,
    messages: ask('what is 2+2?'),
    stream: true,
  })
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
  assert.equal(text, whole.choices[0]?.message.content)
  assert.equal(await spent(team), 2)
  await booksAreRight(world)
})

test('openai: a tool is called and its result is read, whole and streamed', async () => {
  const team = await world.team()
  const { openai } = clients(world, team.planKey)
  const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters } }]
  const first = await openai.chat.completions.create({ model: MODEL, messages: ask(CALL), tools })
  const [choice] = first.choices
  const [call] = choice?.message.tool_calls ?? []
  assert.ok(choice && call?.type === 'function')
  assert.deepEqual(JSON.parse(call.function.arguments), { city: 'Turin' })
  const messages = [
    ...ask(CALL),
    choice.message,
    { role: 'tool' as const, tool_call_id: call.id, content: 'sunny' },
  ]
  const runner = openai.chat.completions.stream({ model: MODEL, messages, tools })
  const second = await runner.finalChatCompletion()
  assert.match(second.choices[0]?.message.content ?? '', /sunny/)
  assert.equal(await spent(team), 2)
})

test('openai: responses, whole, streamed and with a tool', async () => {
  const team = await world.team()
  const { openai } = clients(world, team.planKey)
  const whole = await openai.responses.create({ model: MODEL, input: 'say hello' })
  assert.equal(whole.status, 'completed')
  assert.ok(whole.output_text.length > 0)
  const stream = openai.responses.stream({ model: MODEL, input: 'say hello' })
  const streamed = await stream.finalResponse()
  assert.equal(streamed.output_text, whole.output_text)
  const tools = [{ type: 'function' as const, name: 'get_weather', parameters, strict: false }]
  const called = await openai.responses.create({ model: MODEL, input: CALL, tools })
  const call = called.output.find((item) => item.type === 'function_call')
  assert.deepEqual(JSON.parse(call?.arguments ?? ''), { city: 'Turin' })
  assert.equal(await spent(team), 3)
})

test('anthropic: messages, whole and streamed', async () => {
  const team = await world.team()
  const { anthropic } = clients(world, team.planKey)
  const textOf = (message: Anthropic.Message) =>
    message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
  const whole = await anthropic.messages.create({
    model: MODEL,
    max_tokens: 500,
    messages: ask('what is 2+2?'),
  })
  assert.match(textOf(whole), /4/)
  const streamed = await anthropic.messages
    .stream({ model: MODEL, max_tokens: 500, messages: ask('what is 2+2?') })
    .finalMessage()
  assert.equal(textOf(streamed), textOf(whole))
  assert.ok(streamed.usage.output_tokens > 0)
  assert.equal(await spent(team), 2)
})

test('anthropic: a tool is called and its result is read', async () => {
  const team = await world.team()
  const { anthropic } = clients(world, team.planKey)
  const tools = [{ name: 'get_weather', input_schema: parameters }]
  const common = { model: MODEL, max_tokens: 500, tools }
  const first = await anthropic.messages.stream({ ...common, messages: ask(CALL) }).finalMessage()
  assert.equal(first.stop_reason, 'tool_use')
  const call = first.content.find((block) => block.type === 'tool_use')
  assert.deepEqual(call?.input, { city: 'Turin' })
  const result = { type: 'tool_result' as const, tool_use_id: call?.id ?? '', content: 'sunny' }
  const messages = [
    ...ask(CALL),
    { role: 'assistant' as const, content: first.content },
    { role: 'user' as const, content: [result] },
  ]
  const second = await anthropic.messages.create({ ...common, messages })
  assert.match(JSON.stringify(second.content), /sunny/)
  assert.equal(await spent(team), 2)
})

test('anthropic: the key as an auth token, as Claude Code sends it', async () => {
  const team = await world.team()
  const client = new Anthropic({ baseURL: `${world.url}/anthropic`, authToken: team.planKey, apiKey: null })
  const message = await client.messages.create({
    model: 'claude-sonnet-4-5',
    max_tokens: 50,
    messages: ask('hi'),
  })
  assert.equal(message.type, 'message')
})

test('models and counting, free of charge', async () => {
  const team = await world.team()
  const { openai, anthropic } = clients(world, team.planKey)
  const openaiIds: string[] = []
  for await (const model of openai.models.list()) openaiIds.push(model.id)
  const anthropicIds: string[] = []
  for await (const model of anthropic.models.list()) anthropicIds.push(model.id)
  assert.deepEqual(openaiIds, anthropicIds)
  assert.ok(openaiIds.includes(MODEL))
  assert.equal((await openai.models.retrieve(MODEL)).id, MODEL)
  assert.equal((await anthropic.models.retrieve(MODEL)).id, MODEL)
  const { input_tokens } = await anthropic.messages.countTokens({
    model: MODEL,
    messages: ask('hello there'),
  })
  assert.ok(input_tokens > 0)
  assert.equal(await spent(team), 0)
})

test('an API key is paid by the wallet, through both packages', async () => {
  const team = await world.team({ wallet: 1e9 })
  const { openai, anthropic } = clients(world, team.apiKey)
  const chat = await openai.chat.completions.create({ model: MODEL, messages: ask('say hello') })
  const message = await anthropic.messages.create({
    model: MODEL,
    max_tokens: 100,
    messages: ask('say hello'),
  })
  const input = (chat.usage?.prompt_tokens ?? 0) + message.usage.input_tokens
  const output = (chat.usage?.completion_tokens ?? 0) + message.usage.output_tokens
  assert.equal((await truthOf(world, team)).walletNanos, 1e9 - input * 300 - output * 1200)
})

/** One request through the package that speaks the dialect; native has none. */
const requests = {
  anthropic: (to: ReturnType<typeof clients>, stream: boolean, model: string) =>
    stream
      ? to.anthropic.messages.stream({ model, max_tokens: 50, messages: ask('hi') }).finalMessage()
      : to.anthropic.messages.create({ model, max_tokens: 50, messages: ask('hi') }),
  'openai-chat': (to: ReturnType<typeof clients>, stream: boolean, model: string) =>
    stream
      ? to.openai.chat.completions.stream({ model, messages: ask('hi') }).finalChatCompletion()
      : to.openai.chat.completions.create({ model, messages: ask('hi') }),
  'openai-responses': (to: ReturnType<typeof clients>, stream: boolean, model: string) =>
    stream
      ? to.openai.responses.stream({ model, input: 'hi' }).finalResponse()
      : to.openai.responses.create({ model, input: 'hi' }),
}
const spoken = dialects.filter((dialect): dialect is Exclude<Dialect, 'native'> => dialect !== 'native')
const packageOf = (dialect: Dialect) => (dialect === 'anthropic' ? Anthropic : OpenAI)

type Refusal = {
  readonly name: string
  readonly key: () => Promise<string>
  readonly model?: string
  readonly error:
    | 'RateLimitError'
    | 'PermissionDeniedError'
    | 'AuthenticationError'
    | 'NotFoundError'
    | 'APIError'
  readonly status: number
  readonly says: RegExp
}
const planKey = async (options = {}) => (await scripted.team(options)).planKey

const finals: readonly Refusal[] = [
  {
    name: 'an empty window',
    key: async () => {
      const key = await planKey({ plan: 'tiny' })
      for (let used = 0; used < 3; used++) await requests['openai-chat'](clients(scripted, key), false, MODEL)
      return key
    },
    error: 'RateLimitError',
    status: 429,
    says: /5-hour usage limit reached .*\(2056\)/,
  },
  {
    name: 'no credits',
    key: () => planKey({ plan: null }),
    error: 'APIError',
    status: 402,
    says: /\(1008\)/,
  },
  {
    name: 'an empty wallet',
    key: async () => (await scripted.team()).apiKey,
    error: 'APIError',
    status: 402,
    says: /wallet.*\(1008\)/,
  },
  {
    name: 'outside the coverage',
    key: planKey,
    model: 'M2-her',
    error: 'PermissionDeniedError',
    status: 403,
    says: /\(2061\)/,
  },
  {
    name: 'neither seat nor credits',
    key: () => planKey({ plan: null, creditsAccess: false }),
    error: 'PermissionDeniedError',
    status: 403,
    says: /\(2062\)/,
  },
  {
    name: 'a wrong key',
    key: async () => 'sk-cp-wrong',
    error: 'AuthenticationError',
    status: 401,
    says: /\(2049\)/,
  },
  {
    name: 'an unknown model',
    key: planKey,
    model: 'gpt-4o',
    error: 'NotFoundError',
    status: 404,
    says: /\(2013\)/,
  },
]

for (const dialect of spoken) {
  for (const { name, key: keyOf, model = MODEL, error: kind, status, says } of finals) {
    for (const stream of [false, true]) {
      test(`${name}: ${kind}, asked once: ${dialect}, ${stream ? 'stream' : 'whole'}`, async () => {
        const key = await keyOf()
        scripted.upstream.forget()
        const to = clients(scripted, key)
        const error = await rejection(requests[dialect](to, stream, model))
        assert.ok(error instanceof packageOf(dialect)[kind], String(error))
        assert.equal(error.status, status)
        assert.match(error.message, says)
        assert.equal(to.sent.requests, 1, 'the SDK does not retry')
        assert.equal(scripted.upstream.received.length, 0)
        const requestId =
          dialect === 'anthropic'
            ? (error as { requestID?: string | null }).requestID
            : error.headers?.get('x-request-id')
        assert.match(String(requestId), /^[0-9a-f]{32}$/)
      })
    }
  }
}

async function rejection(promise: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  return promise.then(
    () => assert.fail('it was served'),
    (error) => error,
  )
}

const passing: readonly (readonly [string, Behaviour, number])[] = [
  ['an engine that fails', { status: 500 }, 502],
  ['an engine that is busy', { status: 429, headers: { 'retry-after': '3600' } }, 529],
  ['an engine that does not know the key', { status: 401 }, 502],
]
for (const dialect of spoken) {
  for (const [name, meets, status] of passing) {
    test(`${name}: InternalServerError: ${dialect}`, async () => {
      const team = await scripted.team()
      const before = await truthOf(scripted, team)
      scripted.upstream.next(meets)
      const error = await rejection(requests[dialect](clients(scripted, team.planKey, 0), false, MODEL))
      assert.ok(error instanceof packageOf(dialect).InternalServerError, String(error))
      assert.equal(error.status, status)
      await nothingCharged(scripted, team, before)
    })
  }

  test(`a stream that breaks off is an error, never a short answer: ${dialect}`, async () => {
    const [first = ''] = streamedAnswer(dialect)
    // After a whole event, after half of one; reset and ended too early.
    for (const body of [[first], [first, first.slice(0, -20)]]) {
      for (const ending of ['reset', 'end'] as const) {
        const team = await scripted.team()
        const before = await truthOf(scripted, team)
        scripted.upstream.next({ headers: EVENT_STREAM, body, ending })
        const to = clients(scripted, team.planKey)
        const error = await rejection(requests[dialect](to, true, MODEL))
        if (body.length === 1) {
          assert.ok(error instanceof packageOf(dialect).APIError, String(error))
          assert.match(error.message, /the engine behind this model stopped in the middle/)
        }
        assert.equal(to.sent.requests, 1)
        await nothingCharged(scripted, team, before)
      }
    }
  })

  test(`the engine's own 400 is a BadRequestError with its words: ${dialect}`, async () => {
    const team = await scripted.team()
    scripted.upstream.next({
      status: 400,
      body: '{"type":"error","error":{"type":"x","message":"messages[3]: no role"}}',
    })
    const to = clients(scripted, team.planKey)
    const error = await rejection(requests[dialect](to, false, MODEL))
    assert.ok(error instanceof packageOf(dialect).BadRequestError)
    assert.match(error.message, /messages\[3\]: no role/)
    assert.equal(to.sent.requests, 1)
  })
}
