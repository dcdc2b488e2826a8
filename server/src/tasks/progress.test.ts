import assert from 'node:assert/strict'
import test from 'node:test'
import { progressOf } from './progress.ts'

const base = (status_code: number, status_msg = '') => ({ base_resp: { status_code, status_msg } })
const told = (json: object, code = 0, httpStatus = 200) => progressOf({ ...json }, code, httpStatus)

test('on its way, in whatever words', () => {
  for (const status of ['Preparing', 'Queueing', 'Processing'])
    assert.deepEqual(told({ status }), { kind: 'running', state: status })
  assert.deepEqual(told({ status: 'processing' }), { kind: 'running', state: 'Processing' })
  assert.deepEqual(told({ status: 'Dreaming' }), { kind: 'running', state: 'Processing' })
  assert.deepEqual(told({}), { kind: 'running', state: 'Processing' })
})

test('done, with a file', () => {
  const sized = { video_width: 1366, video_height: '768' }
  const done = { kind: 'done', file: '77', width: 1366, height: 768 }
  assert.deepEqual(told({ status: 'Success', file_id: '77', ...sized }), done)
  assert.deepEqual(told({ status: 'success', file_id: 77 }), { ...done, width: null, height: null })
  for (const file_id of [undefined, '', '0', 0, null, -1])
    assert.equal(told({ status: 'Success', file_id }).kind, 'failed', String(file_id))
})

test('a failure has a code and words, and none of the operator’s', () => {
  const failed = (code: number, message: string) => ({ kind: 'failed', code, message })
  for (const status of ['Fail', 'Failed', 'failed', 'Expired']) {
    assert.deepEqual(told({ status }), failed(1027, 'the engine failed'))
    assert.deepEqual(told({ status, ...base(0, 'success') }), failed(1027, 'the engine failed'))
    assert.deepEqual(told({ status, ...base(1026, 'sensitive') }, 1026), failed(1026, 'sensitive'))
    for (const code of [1004, 1008, 2049, 2056, 2061, 2062])
      assert.deepEqual(told({ status, ...base(code, 'sk-x') }, code), failed(1000, 'the engine failed'))
  }
  const long = told({ ...base(1026, 'x'.repeat(1_000)) }, 1026)
  assert.deepEqual(long, failed(1026, 'x'.repeat(300)))
})

test('what may pass is asked again', () => {
  for (const code of [
    -1, 1000, 1001, 1002, 1004, 1008, 1013, 1024, 1033, 1039, 1041, 2045, 2049, 2056, 2061, 2062,
  ])
    assert.deepEqual(told(base(code), code, code === -1 ? 503 : 200), { kind: 'unknown' }, String(code))
})

test('an engine that does not know it has lost it', () => {
  for (const status of [404, 410]) assert.equal(told({ error: 'no such task' }, -1, status).kind, 'failed')
  assert.deepEqual(told(base(2013, 'no such task'), 2013), {
    kind: 'failed',
    code: 1000,
    message: 'the engine has lost the task',
  })
})
