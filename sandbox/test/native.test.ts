import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asking, dataOf, engine, PATHS } from './engine.ts'

const { post } = await engine({ key: 'secret' })
const bearer = { authorization: 'Bearer secret' }

async function ask(text: string, more = {}, headers: Record<string, string> = bearer) {
  const answer = await post(PATHS.native, asking('native', text, more), headers)
  assert.equal(answer.status, 200)
  return answer.text()
}

test('an answer carries base_resp', async () => {
  const answer = JSON.parse(await ask('say ok', { reasoning_split: true }))
  assert.equal(answer.choices[0].message.content, 'ok')
  assert.deepEqual(answer.base_resp, { status_code: 0, status_msg: '' })
})

test('the last event of a stream is the whole completion', async () => {
  const body = await ask('say ok [[tool a {"x":1}]]', { stream: true, reasoning_split: true })
  const events = dataOf(body)
  const last = events.at(-1)
  assert.equal(last?.object, 'chat.completion')
  assert.ok(events.slice(0, -1).every((event) => event.object === 'chat.completion.chunk'))
  const whole = JSON.parse(await ask('say ok [[tool a {"x":1}]]', { reasoning_split: true }))
  assert.deepEqual(last?.usage, whole.usage)
  assert.equal(
    JSON.stringify(last?.choices).replace(/\d{10}/, ''),
    JSON.stringify(whole.choices).replace(/\d{10}/, ''),
  )
})

test('errors are HTTP 200 with a code', async () => {
  const status = async (text: string, headers = bearer) => JSON.parse(await ask(text, {}, headers)).base_resp
  assert.deepEqual(await status('[[error 429 usage limit exceeded (2056)]]'), {
    status_code: 2056,
    status_msg: 'usage limit exceeded',
  })
  assert.equal((await status('[[error 429 slow down]]')).status_code, 1002)
  assert.equal((await status('x', { authorization: 'Bearer wrong' })).status_code, 2049)
  assert.equal(JSON.parse(await ask('x', {}, {})).base_resp.status_code, 1004)
  assert.equal(JSON.parse(await ask('x', { messages: [] })).base_resp.status_code, 2013)
})
