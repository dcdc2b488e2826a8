import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResponseInputItem, ResponseStreamEvent, Tool } from 'openai/resources/responses/responses'
import { engine } from './engine.ts'

const { openai, post } = await engine()
const model = 'MiniMax-M2.7'
const weather: Tool = {
  type: 'function',
  name: 'weather',
  strict: false,
  parameters: { type: 'object', properties: {} },
}
const forced = '[[tool weather {"city":"Köln"}]] please'

async function stream(body: Parameters<typeof openai.responses.stream>[0]) {
  const stream = openai.responses.stream(body)
  const events: ResponseStreamEvent[] = []
  for await (const event of stream) events.push(event)
  return { events, final: await stream.finalResponse() }
}

test('the SDK reads an answer: a reasoning item, then a message', async () => {
  const answer = await openai.responses.create({ model, input: 'what is 2+2?' })
  assert.deepEqual(
    answer.output.map((item) => item.type),
    ['reasoning', 'message'],
  )
  assert.equal(answer.output_text, '2+2 = 4.')
  assert.equal(answer.status, 'completed')
  assert.equal(answer.usage?.output_tokens, 10)
  assert.equal(answer.usage?.output_tokens_details.reasoning_tokens, 8)
})

test('a stream: the events in their order, numbered without gaps, the same answer at the end', async () => {
  const { events, final } = await stream({ model, input: 'say ok' })
  const types = events.map((event) => event.type)
  assert.deepEqual(
    types.filter((type, i) => type !== types[i - 1]),
    [
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.reasoning_summary_part.added',
      'response.reasoning_summary_text.delta',
      'response.reasoning_summary_text.done',
      'response.reasoning_summary_part.done',
      'response.output_item.done',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ],
  )
  assert.deepEqual(
    events.map((event) => event.sequence_number),
    events.map((_, i) => i),
  )
  assert.equal(final.output_text, 'ok')
  const whole = await openai.responses.create({ model, input: 'say ok' })
  assert.deepEqual(final.usage, whole.usage)
})

test('a forced call, then its result is reported and nothing is called again', async () => {
  const { events, final } = await stream({ model, input: forced, tools: [weather] })
  assert.ok(events.some((event) => event.type === 'response.function_call_arguments.delta'))
  assert.ok(events.some((event) => event.type === 'response.function_call_arguments.done'))
  const whole = await openai.responses.create({ model, input: forced, tools: [weather] })
  for (const first of [final, whole]) {
    const call = first.output.find((item) => item.type === 'function_call')
    assert.ok(call?.type === 'function_call')
    assert.equal(call.arguments, '{"city":"Köln"}')
    const input: ResponseInputItem[] = [
      { role: 'user', content: [{ type: 'input_text', text: forced }] },
      ...(first.output as ResponseInputItem[]),
      { type: 'function_call_output', call_id: call.call_id, output: '21 degrees' },
    ]
    const second = await openai.responses.create({ model, input, tools: [weather] })
    assert.match(second.output_text, /21 degrees/)
    assert.ok(second.output.every((item) => item.type !== 'function_call'))
  }
})

test('custom, local_shell and namespaced tools are called in their own form', async () => {
  const tools = [
    { type: 'custom', name: 'apply_patch' },
    { type: 'local_shell' },
    { type: 'namespace', name: 'mcp__x', tools: [{ type: 'function', name: 'inner', parameters: {} }] },
  ]
  const input =
    '[[tool apply_patch {"input":"*** Begin Patch\\n"}]] [[tool local_shell {"command":["ls","-l"]}]] [[tool inner]]'
  const { events, final } = await stream({ model, input, tools: tools as Tool[] })
  const [, patch, shell, inner] = final.output as unknown as Record<string, unknown>[]
  assert.equal(patch?.type, 'custom_tool_call')
  assert.equal(patch?.input, '*** Begin Patch\n')
  assert.ok(events.some((event) => event.type === 'response.custom_tool_call_input.done'))
  assert.equal(shell?.type, 'local_shell_call')
  assert.deepEqual((shell?.action as { command: string[] } | undefined)?.command, ['ls', '-l'])
  assert.equal(inner?.type, 'function_call')
  assert.equal(inner?.namespace, 'mcp__x')
})

test('max_output_tokens leaves the response incomplete', async () => {
  const ask = { model, input: '[[tokens 100]]', max_output_tokens: 20 }
  for (const answer of [await openai.responses.create(ask), (await stream(ask)).final]) {
    assert.equal(answer.status, 'incomplete')
    assert.deepEqual(answer.incomplete_details, { reason: 'max_output_tokens' })
    assert.equal(answer.usage?.output_tokens, 20)
  }
})

test('encrypted reasoning only for those who ask', async () => {
  const plain = await openai.responses.create({ model, input: 'hi' })
  const asked = await openai.responses.create({
    model,
    input: 'hi',
    include: ['reasoning.encrypted_content'],
  })
  assert.ok(!('encrypted_content' in (plain.output[0] ?? {})))
  assert.match((asked.output[0] as { encrypted_content: string }).encrypted_content, /^[0-9a-f]{64}$/)
})

test('the error event comes in its turn, and response.failed after it', async () => {
  const seen: ResponseStreamEvent[] = []
  for await (const event of await openai.responses.create({
    model,
    input: '[[error-event]]',
    stream: true,
  })) {
    seen.push(event)
  }
  assert.deepEqual(
    seen.slice(-2).map((event) => event.type),
    ['error', 'response.failed'],
  )
  const body = await (await post('/v1/responses', { model, input: '[[error-event]] x', stream: true })).text()
  const numbers = [...body.matchAll(/"sequence_number":(\d+)/g)].map((match) => Number(match[1]))
  assert.deepEqual(
    numbers,
    numbers.map((_, i) => i),
  )
  assert.match(body, /response\.output_text\.delta[\s\S]*event: error\n[\s\S]*event: response\.failed\n/)
  assert.doesNotMatch(body, /response\.completed/)
})

test('input tokens can be counted; a stored response cannot be continued', async () => {
  const counted = await post('/v1/responses/input_tokens', {
    model,
    input: 'hello',
    instructions: 'be brief',
  })
  const answer = await openai.responses.create({ model, input: 'hello', instructions: 'be brief' })
  assert.deepEqual(await counted.json(), {
    object: 'response.input_tokens',
    input_tokens: answer.usage?.input_tokens,
  })
  await assert.rejects(openai.responses.create({ model, input: 'x', previous_response_id: 'resp_1' }), {
    status: 400,
  })
})
