import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { MAX_BODY_BYTES } from '../src/body.ts'
import { asking, engine, PATHS, WIRES } from './engine.ts'

const { url, post } = await engine()

test('alive', async () => {
  assert.deepEqual(await (await fetch(`${url}/healthz`)).json(), { ok: true })
  for (const path of ['/', '/anthropic', '/anthropic/']) {
    for (const method of ['GET', 'HEAD']) assert.equal((await fetch(url + path, { method })).status, 200)
  }
})

test('unknown paths and methods are a plain 404', async () => {
  for (const path of [
    '/v1/nothing',
    '/v1/messages/x',
    '/v1/chat/completions/count_tokens',
    '/__proto__',
    '/constructor',
  ]) {
    const answer = await post(path, {})
    assert.equal(answer.status, 404)
    assert.ok('error' in ((await answer.json()) as object))
  }
  assert.equal((await fetch(url + PATHS.chat)).status, 404)
  assert.equal((await fetch(`${url}/v1/models`, { method: 'DELETE' })).status, 404)
})

test('bad bodies are a 400 in their dialect, and the process lives', async () => {
  const bodies: unknown[] = [
    '',
    '{"model":',
    '[]',
    'null',
    '"x"',
    '\u0000\ud800',
    {},
    { model: '' },
    { model: 7 },
    asking('chat', 'x', { model: null }),
  ]
  for (const wire of WIRES) {
    const wrong = [
      { model: 'm', messages: [], input: [] },
      { model: 'm', messages: 'x', input: 7 },
      { model: 'm', messages: [7], input: [{ role: 'nobody', content: '' }] },
      {
        model: 'm',
        messages: [{ role: '__proto__', content: 'x' }],
        input: [{ role: 'toString', content: 'x' }],
      },
      asking(wire, 'x', { temperature: 3 }),
      asking(wire, 'x', { top_p: 'high' }),
      asking(wire, 'x', { max_tokens: 0, max_output_tokens: 0 }),
      asking(wire, 'x', { max_tokens: 1.5, max_output_tokens: '9' }),
    ]
    for (const body of [...bodies, ...wrong]) {
      const answer = await post(PATHS[wire], body)
      const text = await answer.text()
      assert.equal(answer.status, wire === 'native' ? 200 : 400, `${wire} ${JSON.stringify(body)}: ${text}`)
      assert.match(text, /2013/)
      assert.doesNotThrow(() => JSON.parse(text))
    }
  }
  assert.equal((await post(PATHS.chat, asking('chat', 'x', { n: 2 }))).status, 400)
})

test('odd but harmless bodies are answered', async () => {
  for (const wire of WIRES) {
    for (const more of [
      { tools: 'none', tool_choice: 7, stream_options: [], response_format: 'x', text: 3, reasoning: null },
      { tools: [null, 7, {}, { type: 'namespace', name: 'x' }], thinking: {}, metadata: [], stop: ['a'] },
      { response_format: { type: 'json_schema' }, text: { format: { type: 'json_object' } } },
      { stream: 'yes', max_tokens: null, temperature: null },
    ]) {
      assert.equal((await post(PATHS[wire], asking(wire, 'hi', more))).status, 200)
    }
  }
})

test('a very deep body is refused', async () => {
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
  for (const wire of WIRES) {
    const answer = await post(
      PATHS[wire],
      `{"model":"m","messages":[{"role":"user","content":${deep}}],"input":${deep}}`,
    )
    assert.match(await answer.text(), /2013/)
  }
})

test('a body above the cap is a 413 its sender can read', async () => {
  const big = 'x'.repeat(MAX_BODY_BYTES)
  assert.equal((await post(PATHS.chat, asking('chat', big))).status, 413)
  const fits = await post(PATHS.anthropic, asking('anthropic', big.slice(0, MAX_BODY_BYTES - 1_000)))
  assert.equal(fits.status, 200)
})

test('a long answer stops when its client leaves', async () => {
  const body = JSON.stringify(asking('chat', '[[tokens 200000]]', { stream: true }))
  await new Promise<void>((resolve, reject) => {
    const sent = request(url + PATHS.chat, { method: 'POST' }, (res) => {
      res.once('data', () => {
        sent.destroy()
        resolve()
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
  const started = performance.now()
  await (await fetch(`${url}/healthz`)).text()
  assert.ok(performance.now() - started < 500)
})

test('a dialect that is off is a 404, and Anthropic alone lists in its shape', async () => {
  const only = await engine({ dialects: ['anthropic'], models: ['a/b', 'c'] })
  for (const wire of WIRES) {
    assert.equal((await only.post(PATHS[wire], asking(wire, 'hi'))).status, wire === 'anthropic' ? 200 : 404)
  }
  const list = async (headers: Record<string, string>) =>
    (await (await fetch(`${only.url}/v1/models?limit=5`, { headers })).json()) as Record<string, unknown>
  assert.equal((await list({ 'anthropic-version': '2023-06-01' })).first_id, 'a/b')
  assert.equal((await list({ 'x-api-key': 'k' })).last_id, 'c')
  assert.equal((await list({ authorization: 'Bearer k' })).object, 'list')
  assert.equal((await fetch(`${only.url}/v1/models/a%2Fb`)).status, 200)
  const chat = await engine({ dialects: ['openai-chat'] })
  assert.equal((await fetch(`${chat.url}/anthropic/v1/models`)).status, 404)
  assert.equal((await chat.post('/anthropic/v1/messages', {})).status, 404)
  const models = await fetch(`${chat.url}/v1/models`, { headers: { 'anthropic-version': 'x' } })
  assert.equal(((await models.json()) as { object: string }).object, 'list')
})

test('a key is asked for in either header', async () => {
  const locked = await engine({ key: 'secret' })
  for (const wire of ['anthropic', 'chat', 'responses'] as const) {
    const status = async (headers: Record<string, string>) =>
      (await locked.post(PATHS[wire], asking(wire, 'hi'), headers)).status
    assert.equal(await status({}), 401)
    assert.equal(await status({ authorization: 'Bearer wrong' }), 401)
    assert.equal(await status({ authorization: 'Bearer secret' }), 200)
    assert.equal(await status({ 'x-api-key': 'secret' }), 200)
  }
  assert.equal((await fetch(`${locked.url}/v1/models`)).status, 401)
  assert.equal((await fetch(`${locked.url}/healthz`)).status, 200)
})

test('another seed, other words; the same seed, the same', async () => {
  const other = await engine({ seed: 'other' })
  const said = async (from: typeof other, n: number) => {
    const ask = asking('chat', `a question, number ${n}`, { reasoning_split: true })
    const answer = (await (await from.post(PATHS.chat, ask)).json()) as { choices: object[] }
    return JSON.stringify(answer.choices)
  }
  const here = { ...other, post, url }
  const numbers = Array.from({ length: 8 }, (_, n) => n)
  const [first, again, elsewhere] = await Promise.all(
    [here, here, other].map((from) => Promise.all(numbers.map((n) => said(from, n)))),
  )
  assert.deepEqual(first, again)
  assert.notDeepEqual(first, elsewhere)
})

test('highspeed models are faster', async () => {
  const paced = await engine({ paceMs: 20 })
  const took = async (model: string) => {
    const started = performance.now()
    await (await paced.post(PATHS.chat, asking('chat', '[[tokens 20]]', { model, stream: true }))).text()
    return performance.now() - started
  }
  const standard = await took('MiniMax-M2.7')
  const fast = await took('MiniMax-M2.7-highspeed')
  // So far apart that a busy machine does not turn them round.
  assert.ok(standard >= 400)
  assert.ok(fast >= 200 && fast < standard)
})
