import assert from 'node:assert/strict'
import test from 'node:test'
import { BindFault, bind, placeholders } from './bind.ts'

/** What the store makes of these values is in sqlite.test.ts; here is what reaches the native part at all. */

test('whole numbers are bound as integers, others as they are', () => {
  assert.deepEqual(bind('?, ?, ?, ?, ?', [1, -0, 1.5, true, false]), [1n, 0n, 1.5, 1n, 0n])
  assert.deepEqual(bind('?, ?, ?, ?', [Number.MAX_SAFE_INTEGER, 7n, null, undefined]), [
    9_007_199_254_740_991n,
    7n,
    null,
    null,
  ])
})

test('bytes are bound as a Buffer over the same bytes', () => {
  const bytes = new Uint8Array([9, 1, 2, 9]).subarray(1, 3)
  assert.deepEqual(bind('?', [bytes]), [Buffer.from([1, 2])])
})

test('what the native part aborts on, or changes, never reaches it', () => {
  const refused = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
    2n ** 53n,
    -(2n ** 53n),
    'a\0b',
    {},
    [],
    new Date(0),
    Symbol('x'),
    bind,
  ]
  for (const value of refused) assert.throws(() => bind('?', [value]), BindFault)
})

test('as many parameters as placeholders', () => {
  assert.deepEqual(bind('select 1', []), [])
  assert.throws(() => bind('select 1', [1]), /0 parameters expected, 1 given/)
  assert.throws(() => bind('select ?', []), /1 parameters expected, 0 given/)
})

test('question marks in quotes, names and comments are no placeholders', () => {
  for (const [sql, count] of [
    ['?', 1],
    ['(?,?,?)', 3],
    [`'?'`, 0],
    [`'it''s ?' ?`, 1],
    [`"?" ?`, 1],
    [`"a""?" ?`, 1],
    ['`?` ?', 1],
    ['[?] ?', 1],
    ['-- ?\n?', 1],
    ['-- ?', 0],
    ['/* ? */ ?', 1],
    ['/* ? \n -- ? */ ? /* ?', 1],
    [`'--' ? '/*' ? '*/'`, 2],
    [`'/*' ? "'" ? '*/'`, 2],
  ] as const) {
    assert.equal(placeholders(sql), count, sql)
    assert.equal(placeholders(sql), count, `${sql}, remembered`)
  }
})
