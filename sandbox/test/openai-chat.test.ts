import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions'
import { asking, dataOf, engine } from './engine.ts'

const { openai, post } = await engine()
const model = 'MiniMax-M2.7'
const weather: ChatCompletionTool = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}
const forced = '[[tool weather {"city":"Köln"}]] please'
const user = (content: string): ChatCompletionMessageParam => ({ role: 'user', content })

test('the SDK reads an answer: <think> before the text, MiniMax fields around it', async () => {
  const answer = await openai.chat.completions.create({ model, messages: [user('what is 2+2?')] })
  assert.match(answer.choices[0]?.message.content ?? '', /^<think>\n.+\n<\/think>\n\n2\+2 = 4\.$/s)
  assert.equal(answer.choices[0]?.finish_reason, 'stop')
  assert.equal(answer.usage?.completion_tokens, 10)
  assert.equal(answer.usage?.completion_tokens_details?.reasoning_tokens, 8)
  const raw = answer as unknown as { base_resp: unknown; choices: { message: { name: string } }[] }
  assert.deepEqual(raw.base_resp, { status_code: 0, status_msg: '' })
  assert.equal(raw.choices[0]?.message.name, 'MiniMax AI')
})

test('reasoning_split puts the thinking into fields of its own', async () => {
  const ask = asking('chat', 'say ok', { reasoning_split: true })
  const whole = JSON.parse(await (await post('/v1/chat/completions', ask)).text())
  const { content, reasoning_content, reasoning_details } = whole.choices[0].message
  assert.equal(content, 'ok')
  assert.equal(reasoning_details[0].text, reasoning_content)
  const chunks = dataOf(await (await post('/v1/chat/completions', { ...ask, stream: true })).text())
  const deltas = chunks.map((chunk) => (chunk.choices as { delta: Record<string, string> }[])[0]?.delta ?? {})
  assert.equal(deltas.map((delta) => delta.reasoning_content ?? '').join(''), reasoning_content)
  assert.equal(deltas.map((delta) => delta.content ?? '').join(''), 'ok')
})

test('a stream comes to the same message as one piece', async () => {
  for (const include_usage of [false, true]) {
    const ask = { model, messages: [user('Grüße an alle 👋')] }
    const stream = openai.chat.completions.stream({ ...ask, stream_options: { include_usage } })
    const streamed = await stream.finalChatCompletion()
    const whole = await openai.chat.completions.create(ask)
    assert.equal(streamed.choices[0]?.message.content, whole.choices[0]?.message.content)
    assert.equal(streamed.choices[0]?.finish_reason, 'stop')
    assert.deepEqual(streamed.usage, whole.usage)
  }
})

test('usage stands in the last chunk alone, without choices where include_usage asks so', async () => {
  for (const include_usage of [false, true]) {
    const ask = asking('chat', 'say ok', { stream: true, stream_options: { include_usage } })
    const body = await (await post('/v1/chat/completions', ask)).text()
    const chunks = dataOf(body)
    const last = chunks.at(-1) ?? {}
    assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null))
    assert.ok((last.usage as { total_tokens: number }).total_tokens > 1)
    assert.equal((last.choices as unknown[]).length, include_usage ? 0 : 1)
    assert.ok(body.endsWith('data: [DONE]\n\n'))
  }
})

test('a forced call, then its result is reported and nothing is called again', async () => {
  const ask = { model, tools: [weather], messages: [user(forced)] }
  const streamed = await openai.chat.completions.stream(ask).finalChatCompletion()
  for (const first of [await openai.chat.completions.create(ask), streamed]) {
    const message = first.choices[0]?.message
    const call = message?.tool_calls?.[0]
    assert.equal(first.choices[0]?.finish_reason, 'tool_calls')
    assert.ok(message !== undefined && call?.type === 'function')
    assert.match(call.id, /^call_function_\d{10}_1$/)
    assert.equal(call.function.arguments, '{"city":"Köln"}')
    const second = await openai.chat.completions.create({
      ...ask,
      messages: [user(forced), message, { role: 'tool', tool_call_id: call.id, content: '21 degrees' }],
    })
    assert.equal(second.choices[0]?.finish_reason, 'stop')
    assert.match(second.choices[0]?.message.content ?? '', /21 degrees/)
  }
})

test('the limit cuts exactly, by either name', async () => {
  for (const limit of [{ max_tokens: 20 }, { max_completion_tokens: 20 }]) {
    const answer = await openai.chat.completions.create({
      model,
      messages: [user('[[tokens 100]]')],
      ...limit,
    })
    assert.equal(answer.choices[0]?.finish_reason, 'length')
    assert.equal(answer.usage?.completion_tokens, 20)
  }
})

test('a structured answer fits its schema', async () => {
  const schema = {
    type: 'object',
    properties: { title: { type: 'string' }, tags: { type: 'array', items: { enum: ['x'] } } },
    required: ['title', 'tags'],
  }
  const answer = await post(
    '/v1/chat/completions',
    asking('chat', 'go', {
      reasoning_split: true,
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema } },
    }),
  )
  const { choices } = (await answer.json()) as { choices: { message: { content: string } }[] }
  assert.deepEqual(JSON.parse(choices[0]?.message.content ?? ''), { title: 'sandbox', tags: ['x'] })
})

test('models', async () => {
  const page = await openai.models.list()
  assert.deepEqual(page.data[0], { id: model, object: 'model', created: 1773799200, owned_by: 'minimax' })
  assert.equal((await openai.models.retrieve(model)).id, model)
})
