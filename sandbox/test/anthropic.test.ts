import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessageParam, Tool } from '@anthropic-ai/sdk/resources/messages'
import { asking, dataOf, engine } from './engine.ts'

const { anthropic, post, url } = await engine()
const model = 'MiniMax-M2.7'
const weather: Tool = {
  name: 'weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } } },
}
const forced = '[[tool weather {"city":"Köln"}]] please'
const user = (content: string): MessageParam => ({ role: 'user', content })

test('the SDK reads an answer: thinking with a signature, then text', async () => {
  const message = await anthropic.messages.create({
    model,
    max_tokens: 100,
    messages: [user('what is 2+2?')],
  })
  const [thinking, text] = message.content
  assert.equal(thinking?.type, 'thinking')
  assert.match(thinking?.type === 'thinking' ? thinking.signature : '', /^[0-9a-f]{64}$/)
  assert.deepEqual(text, { type: 'text', text: '2+2 = 4.' })
  assert.equal(message.stop_reason, 'end_turn')
  assert.match(message.id, /^[0-9a-f]{32}$/)
  assert.equal(message.usage.output_tokens, 10)
  const again = await anthropic.messages.create({ model, max_tokens: 100, messages: [user('what is 2+2?')] })
  assert.deepEqual(again.content, message.content)
  assert.deepEqual(again.usage, message.usage)
})

test('a stream comes to the same message as one piece', async () => {
  const ask = { model, max_tokens: 1_000, messages: [user('Grüße an alle 👋')] }
  const streamed = await anthropic.messages.stream(ask).finalMessage()
  const whole = await anthropic.messages.create(ask)
  assert.deepEqual(streamed.content, whole.content)
  assert.equal(streamed.stop_reason, whole.stop_reason)
  assert.deepEqual({ ...streamed.usage }, { ...whole.usage })
})

test('the events stand in their order', async () => {
  const body = await (
    await post('/anthropic/v1/messages?beta=true', asking('anthropic', 'say ok', { stream: true }))
  ).text()
  const types = dataOf(body).map((event) => event.type)
  const once = types.filter((type, i) => type !== types[i - 1])
  assert.deepEqual(once, [
    'message_start',
    'ping',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ])
  assert.match(body, /^event: message_start\ndata: \{.*"service_tier":"standard"/)
  assert.match(body, /"signature_delta"/)
  assert.doesNotMatch(body, /\[DONE\]/)
})

test('a forced call, then its result is reported and nothing is called again', async () => {
  const ask = { model, max_tokens: 500, tools: [weather], messages: [user(forced)] }
  for (const first of [
    await anthropic.messages.create(ask),
    await anthropic.messages.stream(ask).finalMessage(),
  ]) {
    const call = first.content.find((block) => block.type === 'tool_use')
    assert.equal(first.stop_reason, 'tool_use')
    assert.match(call?.id ?? '', /^call_function_\d{10}_1$/)
    assert.deepEqual(call?.input, { city: 'Köln' })
    const second = await anthropic.messages.create({
      ...ask,
      messages: [
        user(forced),
        { role: 'assistant', content: first.content },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: call?.id ?? '',
              content: [{ type: 'text', text: '21 degrees' }],
            },
            { type: 'text', text: '<system-reminder>[[error 500 no]]</system-reminder>' },
          ],
        },
      ],
    })
    assert.equal(second.stop_reason, 'end_turn')
    assert.match(JSON.stringify(second.content), /21 degrees/)
  }
})

test('parallel calls stream as blocks of their own', async () => {
  const messages = [user('[[tool a]] [[tool b {"x":1}]]')]
  const { content } = await anthropic.messages.stream({ model, max_tokens: 500, messages }).finalMessage()
  const calls = content.filter((block) => block.type === 'tool_use')
  assert.deepEqual(
    calls.map((call) => [call.name, call.input, call.id.at(-1)]),
    [
      ['a', {}, '1'],
      ['b', { x: 1 }, '2'],
    ],
  )
})

test('max_tokens cuts exactly, in thinking, text and before a call', async () => {
  for (const [text, limit] of [
    ['hello', 3],
    ['[[tokens 100]]', 20],
    [forced, 10],
  ] as const) {
    for (const stream of [false, true]) {
      const ask = { model, max_tokens: limit, messages: [user(text)] }
      const message = stream
        ? await anthropic.messages.stream(ask).finalMessage()
        : await anthropic.messages.create(ask)
      assert.equal(message.stop_reason, 'max_tokens')
      assert.ok(message.usage.output_tokens <= limit)
      if (text !== forced) assert.equal(message.usage.output_tokens, limit)
    }
  }
})

test('count_tokens says what the message reports, everything included', async () => {
  const ask = { model, system: 'be brief', tools: [weather], messages: [user('hello there')] }
  const counted = await anthropic.messages.countTokens(ask)
  const message = await anthropic.messages.create({ ...ask, max_tokens: 50 })
  assert.equal(counted.input_tokens, message.usage.input_tokens)
  const less = await anthropic.messages.countTokens({ model, messages: ask.messages })
  assert.ok(less.input_tokens < counted.input_tokens)
  assert.equal((await post('/v1/messages/count_tokens', ask)).status, 200)
})

test('a tool the client insists on is called with the least its schema allows', async () => {
  const tool: Tool = {
    name: 'make',
    input_schema: {
      type: 'object',
      properties: { kind: { enum: ['b', 'c'] }, n: { $ref: '#/$defs/n' }, spare: { type: 'string' } },
      required: ['kind', 'n'],
      $defs: { n: { type: 'integer', minimum: 4 } },
    },
  }
  const message = await anthropic.messages.create({
    model,
    max_tokens: 200,
    tools: [tool, weather],
    tool_choice: { type: 'tool', name: 'make' },
    messages: [user('go')],
  })
  const call = message.content.find((block) => block.type === 'tool_use')
  assert.deepEqual(call?.input, { kind: 'b', n: 4 })
  const any = await anthropic.messages.create({
    model,
    max_tokens: 200,
    tools: [tool, weather],
    tool_choice: { type: 'any' },
    messages: [user('go')],
  })
  assert.equal(any.stop_reason, 'end_turn')
})

test('models', async () => {
  const page = await anthropic.models.list()
  assert.equal(page.data[0]?.id, model)
  assert.equal(page.data[0]?.created_at, '2026-03-18T02:00:00Z')
  assert.equal((await anthropic.models.retrieve('MiniMax-M2')).display_name, 'MiniMax-M2')
  assert.equal((await fetch(`${url}/anthropic/v1/models/none`)).status, 404)
})
