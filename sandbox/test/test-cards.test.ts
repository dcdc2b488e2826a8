import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { asking, dataOf, engine, eventsOf, PATHS, WIRES, type Wire } from './engine.ts'

const { url, post, anthropic, openai } = await engine()

const textOf = async (wire: Wire, text: string, more = {}) =>
  (await post(PATHS[wire], asking(wire, text, more))).text()

interface Received {
  readonly bytes: number
  readonly body: string
  readonly complete: boolean
}

/** Reads to whatever end there is. */
function receive(path: string, body: object): Promise<Received> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { method: 'POST' }, (res) => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => chunks.push(chunk))
      res.on('error', () => undefined)
      res.on('close', () => {
        const all = Buffer.concat(chunks)
        resolve({ bytes: all.length, body: all.toString(), complete: res.complete })
      })
    })
    sent.on('error', reject)
    sent.end(JSON.stringify(body))
  })
}

test('[[error]]: the status and the words, in the shape both SDKs read', async () => {
  const model = 'MiniMax-M2.7'
  const messages = [{ role: 'user' as const, content: '[[error 529 high traffic detected]]' }]
  await assert.rejects(anthropic.messages.create({ model, max_tokens: 9, messages }), {
    status: 529,
    message: /overloaded_error.*high traffic detected/,
  })
  await assert.rejects(openai.chat.completions.create({ model, messages }), {
    status: 529,
    message: /high traffic/,
  })
  const chat = await post(
    PATHS.chat,
    asking('chat', '[[error 402 insufficient balance (1008)]]', { stream: true }),
  )
  assert.equal(chat.status, 402)
  const { error } = (await chat.json()) as { error: object }
  assert.deepEqual(error, {
    type: 'insufficient_balance_error',
    message: 'insufficient balance (1008)',
    http_code: '402',
  })
  const named = (await (await post(PATHS.anthropic, asking('anthropic', '[[error 429]]'))).json()) as {
    error: { type: string }
  }
  assert.equal(named.error.type, 'rate_limit_error')
})

test('[[tokens]]: exactly so many, and 8 of thinking, in every dialect', async () => {
  for (const wire of WIRES) {
    for (const stream of [false, true]) {
      const body = await textOf(wire, '[[tokens 321]]', { stream })
      const found = [...body.matchAll(/"(?:output|completion)_tokens":(\d+)/g)].map((match) =>
        Number(match[1]),
      )
      assert.equal(found.at(-1), 329, `${wire} ${stream}`)
    }
  }
})

test('[[no-usage]]: none anywhere', async () => {
  for (const wire of WIRES) {
    for (const stream of [false, true]) {
      assert.doesNotMatch(await textOf(wire, '[[no-usage]] hi', { stream }), /"usage":\{/)
    }
  }
})

test('[[cut]]: exactly so many bytes, then the connection dies', async () => {
  for (const wire of WIRES) {
    for (const stream of [false, true]) {
      for (const bytes of [0, 1, 300]) {
        const got = await receive(PATHS[wire], asking(wire, `[[cut ${bytes}]] [[tokens 500]]`, { stream }))
        assert.equal(got.bytes, bytes)
        assert.equal(got.complete, false)
      }
    }
  }
  const whole = await receive(PATHS.chat, asking('chat', '[[cut 9999999]] hi'))
  assert.equal(whole.complete, true)
})

test('[[broken-event]]: one event is no JSON, the rest is as ever', async () => {
  for (const wire of WIRES) {
    const events = eventsOf(
      await textOf(wire, '[[broken-event]] say this and that, at length', { stream: true }),
    )
    const broken = events.filter((event) => typeof event === 'string' && event !== '[DONE]')
    assert.equal(broken.length, 1)
    const at = events.indexOf(broken[0] ?? '')
    assert.ok(at > 4 && at < events.length - 1)
    const body = await textOf(wire, '[[broken-event]] hi')
    assert.throws(() => JSON.parse(body))
  }
})

test('[[error-event]]: some output, the error, the end', async () => {
  for (const wire of WIRES) {
    for (const text of [
      '[[error-event]] [[tokens 50]]',
      '[[error-event]] say a',
      '[[error-event]] [[tool x]]',
    ]) {
      const body = await textOf(wire, text, { stream: true })
      assert.match(body, /the engine failed, as the prompt asked/)
      assert.doesNotMatch(body, /\[DONE\]|message_stop|response\.completed|"finish_reason":"/)
      assert.ok(dataOf(body).length > 5)
    }
  }
  assert.equal((await post(PATHS.chat, asking('chat', '[[error-event]]'))).status, 500)
  const messages = [{ role: 'user' as const, content: '[[error-event]]' }]
  await assert.rejects(
    anthropic.messages.stream({ model: 'm', max_tokens: 99, messages }).finalMessage(),
    /failed/,
  )
  await assert.rejects(
    openai.chat.completions.stream({ model: 'm', messages }).finalChatCompletion(),
    /failed/,
  )
})

test('[[hang]]: no answer, and leaving is enough to end it', async () => {
  const leave = new AbortController()
  const waiting = fetch(url + PATHS.chat, {
    method: 'POST',
    body: JSON.stringify(asking('chat', '[[hang]]')),
    signal: leave.signal,
  })
  assert.match(await textOf('chat', 'say still here'), /still here/)
  leave.abort()
  await assert.rejects(waiting)
})

test('[[delay]] and [[slow]] take at least their time', async () => {
  const started = performance.now()
  await textOf('chat', '[[delay 40]] say a')
  const delayed = performance.now()
  assert.ok(delayed - started >= 39)
  const body = await textOf('chat', '[[slow 4]] say a', { stream: true })
  assert.ok(performance.now() - delayed >= 3.5 * (eventsOf(body).length - 1))
})

test('a marker in an earlier message does nothing', async () => {
  const messages = [
    { role: 'user', content: '[[error 500 no]] [[tool x]]' },
    { role: 'assistant', content: 'well' },
    { role: 'user', content: 'say fine' },
  ]
  const body = await (await post(PATHS.chat, { model: 'm', messages })).text()
  assert.match(body, /fine/)
})
