import assert from 'node:assert/strict'
import test from 'node:test'
import { meterMedia } from './media-meter.ts'

const piece = (status: number, audio: string, code = 0) =>
  `data: ${JSON.stringify({ data: { audio, status }, trace_id: 't', base_resp: { status_code: code, status_msg: '' } })}\n\n`

function read(streaming: boolean, text: string, chunkBytes: number) {
  const meter = meterMedia(streaming)
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += chunkBytes) meter.push(bytes.subarray(at, at + chunkBytes))
  const { finished, errorCode } = meter.report()
  return { finished, errorCode }
}

for (const chunkBytes of [1, 7, 1000, 1e9]) {
  test(`a stream is whole when its last event came, in chunks of ${chunkBytes}`, () => {
    const long = 'ab12'.repeat(5_000)
    assert.deepEqual(read(true, piece(1, long) + piece(1, long), chunkBytes), {
      finished: false,
      errorCode: 0,
    })
    assert.deepEqual(read(true, piece(1, long) + piece(2, long), chunkBytes), {
      finished: true,
      errorCode: 0,
    })
    assert.deepEqual(read(true, piece(1, 'ab') + piece(2, '', 1026), chunkBytes), {
      finished: true,
      errorCode: 1026,
    })
  })

  test(`an answer is whole when its JSON is closed, in chunks of ${chunkBytes}`, () => {
    const answer = JSON.stringify({
      data: { audio: 'ff'.repeat(9_000), status: 2 },
      base_resp: { status_code: 0 },
    })
    assert.deepEqual(read(false, answer, chunkBytes), { finished: true, errorCode: 0 })
    assert.deepEqual(read(false, answer.slice(0, -1), chunkBytes), { finished: false, errorCode: 0 })
    const refusal = JSON.stringify({ data: null, base_resp: { status_code: 2013, status_msg: 'no' } })
    assert.deepEqual(read(false, refusal, chunkBytes), { finished: true, errorCode: 2013 })
  })

  test(`without sound nothing is whole, whatever its code says, in chunks of ${chunkBytes}`, () => {
    const unfinished = { finished: false, errorCode: 0 }
    const base_resp = { status_code: 0 }
    for (const data of [null, {}, { audio: '' }, { audio: null, status: 2 }, 'ab', [{ audio: 'ab' }]]) {
      const answer = JSON.stringify({ data, extra_info: { audio: 'x' }, base_resp })
      assert.deepEqual(read(false, answer, chunkBytes), unfinished, answer)
    }
    assert.deepEqual(read(true, piece(1, '') + piece(2, ''), chunkBytes), unfinished)
    assert.deepEqual(read(true, piece(1, 'ab') + piece(2, ''), chunkBytes), { finished: true, errorCode: 0 })
    const short = JSON.stringify({ base_resp, data: { status: 2, audio: 'ab' } })
    assert.deepEqual(read(false, short, chunkBytes), { finished: true, errorCode: 0 })
  })
}

test('sound has begun with its first digit, whatever came before it', () => {
  const text = piece(1, 'ab')
  const begins = text.indexOf('ab') + 1
  for (const before of ['', ': a comment\n\n', piece(1, '')]) {
    for (let bytes = 0; bytes <= before.length + text.length; bytes++) {
      const meter = meterMedia(true)
      meter.push(Buffer.from((before + text).slice(0, bytes)))
      assert.equal(meter.report().deliveredBytes > 0, bytes >= before.length + begins, `${bytes} bytes`)
    }
  }
})
