import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WholeEvents } from './whole-events.ts'

const event = fc
  .tuple(
    fc.constantFrom('data: {"a":1}', 'event: x\ndata: y', ': ping', 'data: ü€', '', 'id: 1\r\ndata: z'),
    fc.boolean(),
  )
  .map(([text, returns]) => (returns ? `${text}\r\n\r\n` : `${text}\n\n`))

test('however a stream is cut into chunks, its events are the same', () => {
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 9 })),
      (events, sizes) => {
        const bytes = Buffer.from(`${events.join('')}data: half`)
        const whole = new WholeEvents().push(bytes).map(String)
        const split = new WholeEvents()
        const found: string[] = []
        let at = 0
        for (let turn = 0; at < bytes.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1
          found.push(...split.push(bytes.subarray(at, at + size)).map(String))
          at += size
        }
        assert.deepEqual(found, whole)
        assert.equal(split.restBytes, 'data: half'.length)
        assert.equal(String(split.rest()), 'data: half')
        assert.equal(split.restBytes, 0)
        assert.equal(whole.join(''), events.join(''))
      },
    ),
  )
})

test('an event ends with an empty line, of either kind', () => {
  const events = new WholeEvents().push(Buffer.from('data: a\n\nevent: b\r\ndata: c\r\n\r\n: d\n\n'))
  assert.deepEqual(events.map(String), ['data: a\n\n', 'event: b\r\ndata: c\r\n\r\n', ': d\n\n'])
})
