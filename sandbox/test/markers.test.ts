import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMarkers } from '../src/markers.ts'

test('reads every marker and keeps the words around them', () => {
  const read = readMarkers(
    'a [[delay 5]] b [[slow 6]][[cut 7]][[tokens 8]] [[hang]] [[broken-event]] [[error-event]] [[no-usage]] [[fail 2]] [[task 9]] [[error 429 too fast (1002)]] c',
  )
  assert.deepEqual(
    { ...read, rest: read.rest.replace(/\s+/g, ' ') },
    {
      calls: [],
      error: { status: 429, message: 'too fast (1002)' },
      delayMs: 5,
      slowMs: 6,
      cutBytes: 7,
      tokens: 8,
      hang: true,
      brokenEvent: true,
      errorEvent: true,
      noUsage: true,
      failures: 2,
      taskMs: 9,
      rest: 'a b c',
    },
  )
})

test('a call may hold brackets, quotes and braces in its arguments', () => {
  const args = { list: [[1], [2]], text: 'a "]]" \\ } b', deep: { x: {} } }
  const read = readMarkers(`go [[tool mcp__a.b-c ${JSON.stringify(args)} ]] now [[tool plain]]`)
  assert.deepEqual(read.calls, [
    { name: 'mcp__a.b-c', args },
    { name: 'plain', args: {} },
  ])
  assert.equal(read.rest, 'go  now')
})

test('what it does not understand stays text', () => {
  for (const text of [
    '[[tool]]',
    '[[tool x {"a":}]]',
    '[[tool x {"a":1]]',
    '[[tool x {"a":1} more]]',
    '[[error]]',
    '[[error 200 fine]]',
    '[[delay soon]]',
    '[[delay -1]]',
    '[[hang on]]',
    '[[tokens 5',
    '[[wiki link]]',
    '[[toolbox x]]',
  ]) {
    assert.equal(readMarkers(text).rest, text)
  }
})

test('bounds', () => {
  assert.equal(readMarkers('[[delay 999999999]]').delayMs, 600_000)
  assert.equal(readMarkers('[[tokens 999999999]]').tokens, 200_000)
  assert.equal(readMarkers(`[[tool x {"a":"${'y'.repeat(70_000)}"}]]`).calls.length, 0)
  const many = readMarkers('[[tool x]]'.repeat(1_000))
  assert.equal(many.calls.length, 64)
})

test('a huge prompt full of almost-markers is read at once', () => {
  const started = performance.now()
  readMarkers('[[tool x {'.repeat(1_000_000))
  readMarkers('[[error '.repeat(1_000_000))
  assert.ok(performance.now() - started < 2_000)
})
