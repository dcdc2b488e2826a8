import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { BindFault } from './bind.ts'
import { numbered, prepare, prepareBulk, prepareWithLists } from './postgres-sql.ts'

test('question marks become numbers, but for those in quotes, names, comments and bodies of functions', () => {
  for (const [sql, text, count] of [
    ['select 1', 'select 1', 0],
    ['(?,?, ?)', '($1,$2, $3)', 3],
    [`'?' ? 'it''s ?'`, `'?' $1 'it''s ?'`, 1],
    [`"?" ? "a""?"`, `"?" $1 "a""?"`, 1],
    ['-- ?\n? -- ?', '-- ?\n$1 -- ?', 1],
    ['/* ? */ ? /* ?', '/* ? */ $1 /* ?', 1],
    ['(array[?])[?]', '(array[$1])[$2]', 2],
    ['$$ ? $$ ? $a$ ? $$ ? $a$', '$$ ? $$ $1 $a$ ? $$ ? $a$', 1],
  ] as const) {
    const { text: got, count: found } = numbered(sql)
    assert.deepEqual([got, found], [text, count], sql)
  }
})

test('the same text has the same name, another text another', () => {
  assert.equal(numbered('select 11').name, numbered('select 11').name)
  assert.notEqual(numbered('select 11').name, numbered('select 12').name)
})

test('names are bounded: a text too many has none', () => {
  const names = Array.from({ length: 600 }, (_, index) => numbered(`select ${index} as many`).name)
  assert.equal(names.at(-1), undefined)
  assert.ok(new Set(names).size <= 501)
})

test('what SQLite would not bind is not bound', () => {
  for (const value of [Number.NaN, 2 ** 53, 'a\0b', {}, [], new Float64Array(1)])
    assert.throws(() => prepare({ sql: '?', params: [value] }), BindFault)
  assert.throws(() => prepareWithLists({ sql: '?', params: [[1]] }), BindFault)
  assert.throws(() => prepareWithLists({ sql: '?', params: [] }), /1 parameters expected, 0 given/)
})

test('a bulk is one statement with a list for each column, whatever its numbers are', () => {
  const number = fc.oneof(fc.maxSafeInteger(), fc.constant(Number.NaN), fc.constant(-0))
  const rows = fc
    .integer({ min: 1, max: 5 })
    .chain((width) => fc.array(fc.array(number, { minLength: width, maxLength: width }), { minLength: 1 }))
  fc.assert(
    fc.property(rows, (table) => {
      const width = table[0]?.length ?? 0
      const sql = `insert into thing values (${Array(width).fill('?').join(',')})`
      const [one, ...more] = prepareBulk({ sql, values: new Float64Array(table.flat()) })
      assert.equal(more.length, 0)
      const lists = Array.from({ length: width }, (_, column) => `$${column + 1}::bigint[]`)
      assert.equal(one?.text, `insert into thing select * from unnest(${lists.join(',')})`)
      const columns = one?.values.map((list) => JSON.parse(String(list).replace('{', '[').replace('}', ']')))
      const read = table.map((_, row) => columns?.map((column) => column[row]))
      assert.deepEqual(
        read,
        table.map((row) => row.map((value) => (Number.isNaN(value) ? null : value + 0))),
      )
    }),
  )
})

test('a bulk of anything else is a statement for each row', () => {
  const values = new Float64Array([5, 1, Number.NaN, 2])
  for (const sql of [
    'update thing set number = ? where id = ?',
    'insert into thing values (?,?) on conflict do nothing',
  ])
    assert.deepEqual(
      prepareBulk({ sql, values }).map((row) => row.values),
      [
        [5n, 1n],
        [null, 2n],
      ],
    )
})

test('bulks that are not whole rows of whole numbers are refused', () => {
  const sql = 'insert into thing values (?,?)'
  for (const values of [[1], [1, 0.5], [1, Number.POSITIVE_INFINITY], [2 ** 53, 1]])
    assert.throws(() => prepareBulk({ sql, values: new Float64Array(values) }), String(values))
})
