import assert from 'node:assert/strict'
import test, { after, before, beforeEach } from 'node:test'
import { migrate, schemaVersion } from '../../src/store/migrate.ts'
import type { Bulk, Store } from '../../src/store/store.ts'

/** An empty store and what removes it; both stores run what follows. */
export type Opened = { readonly store: Store; remove(): Promise<void> }

/** What each store has its own words for. */
export type Dialect = {
  /** Lists everything that the schema is made of. */
  readonly schema: string
  readonly setVersion: (version: number) => string
  /** Ways to change a table's rows that are no update or delete. */
  readonly overwrites: (table: string, column: string) => readonly string[]
}

/** What everything above relies on, whatever keeps the rows. */
export function storeContract(name: string, dialect: Dialect, open: () => Promise<Opened>): void {
  let opened: Opened
  let store: Store

  before(async () => {
    opened = await open()
    store = opened.store
    await migrate(store)
    await store.job([
      { sql: 'create table thing (id bigint primary key, number bigint, text text)', params: [] },
    ])
  })
  after(() => opened.remove())
  beforeEach(() => store.job([{ sql: 'delete from thing', params: [] }]))

  const insert = (id: unknown, number: unknown = null, text: unknown = null) => ({
    sql: 'insert into thing values (?, ?, ?)',
    params: [id, number, text],
  })
  const ids = async () => (await store.read('select id from thing order by id')).map(({ id }) => id)
  const bulk = (...values: number[]): Bulk => ({
    sql: 'insert into thing (id, number) values (?,?)',
    values: new Float64Array(values),
  })

  test(`${name}: what is bound is what is read`, async () => {
    const most = Number.MAX_SAFE_INTEGER
    for (const [bound, read] of [
      [true, 1],
      [false, 0],
      [0, 0],
      [-0, 0],
      [-7, -7],
      [most, most],
      [-most, -most],
      [5n, 5],
      [null, null],
      [undefined, null],
    ] as const) {
      await store.job([{ sql: 'delete from thing', params: [] }, insert(1, bound)])
      assert.deepEqual(await store.read('select number from thing'), [{ number: read }], String(bound))
    }
    for (const text of ['', 'x', 'it’s "quoted" \'twice\'', '😀 汉', 'a?b', ' \n\t', 'x'.repeat(100_000)]) {
      await store.job([{ sql: 'delete from thing', params: [] }, insert(1, null, text)])
      assert.deepEqual(await store.read('select text from thing'), [{ text }])
    }
  })

  test(`${name}: what cannot be read back as it was is not bound, and the process lives on`, async () => {
    const numbers = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      2 ** 53,
      -(2 ** 60),
      2n ** 53n,
      -(2n ** 63n),
    ]
    const others = ['a\0b', new Date(0), {}, [], new Map(), new Float64Array(1), Symbol('x'), () => 1]
    for (const value of [...numbers, ...others]) {
      await assert.rejects(store.job([insert(2, value)]), `${typeof value} in a job`)
      await assert.rejects(
        store.read('select * from thing where number = ?', [value]),
        `${typeof value} in a read`,
      )
    }
    assert.deepEqual(await ids(), [])
    await store.job([insert(3)])
    assert.deepEqual(await ids(), [3])
  })

  test(`${name}: parameters are counted, and quotes and comments are not`, async () => {
    for (const [sql, params] of [
      ['select 1', [1]],
      ['select id from thing where id = ?', []],
      ['select id from thing where id = ? and number = ?', [1]],
      [`select id from thing where text = '?'`, [1]],
    ] as const) {
      await assert.rejects(store.read(sql, params), /parameters? expected/, sql)
    }
    await store.job([insert(1, 2, `a?'b`)])
    for (const sql of [
      `select id from thing where text = 'a?''b' and id = ?`,
      `select id as "?" from thing where id = ?`,
      'select id from thing -- ? is one\n where id = ?',
      'select id /* ?, ? */ from thing where id = ?',
    ]) {
      assert.deepEqual((await store.read(sql, [1])).map(Object.values), [[1]], sql)
    }
  })

  test(`${name}: a job answers each statement with its rows or with how many it changed`, async () => {
    const answers = await store.job([
      insert(1, 10),
      insert(2, 20),
      { sql: 'update thing set number = number + ? where id < ?', params: [1, 9] },
      { sql: 'update thing set number = 0 where id = ?', params: [9] },
      { sql: 'select id, number from thing order by id', params: [] },
      { sql: 'insert into thing (id) values (?) returning id', params: [3] },
      { sql: 'select id from thing where id = ?', params: [99] },
    ])
    assert.deepEqual(answers, [
      [1],
      [1],
      [2],
      [0],
      [
        { id: 1, number: 11 },
        { id: 2, number: 21 },
      ],
      [{ id: 3 }],
      [],
    ])
  })

  test(`${name}: a job is written as a whole or not at all, and the next one works at once`, async () => {
    const began = performance.now()
    const failing: readonly [string, () => Promise<unknown>][] = [
      [
        'a statement that is no SQL',
        () => store.job([insert(1), { sql: 'select nothing from nowhere', params: [] }]),
      ],
      ['a row that is there already', () => store.job([insert(1), insert(1)])],
      ['a value that cannot be bound', () => store.job([insert(1), insert(2, Number.NaN)])],
      ['a row of a bulk that is there already', () => store.job([insert(1)], [bulk(2, 0, 1, 0)])],
      [
        'a bulk of no such table',
        () => store.job([insert(1)], [{ ...bulk(1), sql: 'insert into nowhere values (?)' }]),
      ],
      ['a bulk behind one that was fine', () => store.job([], [bulk(1, 1), bulk(2, 2, 1, 1)])],
    ]
    for (const [what, job] of failing) {
      await assert.rejects(job(), what)
      assert.deepEqual(await ids(), [], what)
      await store.job([insert(7)])
      assert.deepEqual(await ids(), [7], what)
      await store.job([{ sql: 'delete from thing', params: [] }])
    }
    assert.ok(performance.now() - began < 3_000, 'no lock is left behind that has to time out')
  })

  test(`${name}: statements come before bulks, so a bulk may write to what they made`, async () => {
    const balance = {
      sql: 'update thing set number = number + ? where id = ?',
      values: new Float64Array([5, 1, 7, 1, 9, 2]),
    }
    await store.job([insert(1, 100), insert(2, 200)], [balance])
    assert.deepEqual((await store.read('select number from thing order by id')).map(Object.values), [
      [112],
      [209],
    ])
  })

  test(`${name}: bulks of any length, nulls among them`, async () => {
    for (const rows of [0, 1, 2, 15, 16, 17, 63, 64, 65, 1_001]) {
      await store.job([{ sql: 'delete from thing', params: [] }])
      const values = Array.from({ length: rows }, (_, row) => [
        row,
        row % 3 === 0 ? Number.NaN : row * 2,
      ]).flat()
      await store.job([], [bulk(...values)])
      const read = await store.read('select id, number from thing order by id')
      assert.equal(read.length, rows)
      assert.ok(
        read.every(({ id, number }, row) => id === row && number === (row % 3 === 0 ? null : row * 2)),
      )
    }
  })

  test(`${name}: bulks that are not whole rows of whole numbers are refused`, async () => {
    for (const values of [[1], [1, 2, 3], [1, 0.5], [1, Number.POSITIVE_INFINITY]]) {
      await assert.rejects(store.job([insert(9)], [bulk(...values)]), String(values))
    }
    await assert.rejects(store.job([], [{ sql: 'delete from thing', values: new Float64Array(1) }]), /uneven/)
    assert.deepEqual(await ids(), [])
  })

  test(`${name}: a bulk’s numbers may be used again by who handed them in`, async () => {
    const mine = bulk(1, 1)
    await store.job([], [mine])
    mine.values[0] = 2
    await store.job([], [mine])
    assert.deepEqual(await ids(), [1, 2])
  })

  test(`${name}: a read sees what is committed, all of it and nothing else`, async () => {
    const jobs = Array.from({ length: 50 }, (_, index) =>
      store.job([insert(2 * index), insert(2 * index + 1)]),
    )
    const reads: Promise<unknown[]>[] = []
    for (const job of jobs) {
      reads.push(ids())
      await job
    }
    for (const read of await Promise.all(reads)) assert.equal(read.length % 2, 0, 'half a job was seen')
    await store.job([insert(1_000)])
    assert.equal((await ids()).length, 101, 'what a job wrote is there as soon as it has resolved')
  })

  test(`${name}: jobs are done in the order in which they were asked for`, async () => {
    await store.job([insert(1, 0)])
    const next = (number: number) => ({
      sql: 'update thing set number = ? where id = 1 and number = ?',
      params: [number, number - 1],
    })
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => store.job([next(index + 1)])))
    assert.deepEqual(answers.flat(2), Array(50).fill(1))
  })

  test(`${name}: reads write nothing`, async () => {
    for (const sql of ['insert into thing values (1, 2, null)', 'delete from setting', 'drop table thing']) {
      await assert.rejects(store.read(sql), sql)
    }
    assert.deepEqual(await ids(), [])
  })

  test(`${name}: what is written about money and usage is never changed`, async () => {
    const rows = [
      'insert into hold values (1, 10, 7, 8, 9, null, 1, 1, 0, 0, 0, 0, 30, 1, 1, 1)',
      'insert into hold_part values (1, 50, 30, 99)',
      'insert into hold_end values (1, 35, 1, 0, 30, 0, 1, 1, 0, 0, 0, 1)',
      'insert into entry values (1, 1, 35, 50, -30, 1)',
      'insert into given_back values (6, 35, 1, 10, 1, 2)',
    ]
    await store.job(rows.map((sql) => ({ sql, params: [] })))
    for (const [table, column] of [
      ['hold', 'at'],
      ['hold_part', 'nanos'],
      ['hold_end', 'units'],
      ['entry', 'nanos'],
      ['given_back', 'units'],
    ] as const) {
      const plain = [`update ${table} set ${column} = 0`, `delete from ${table}`]
      for (const sql of [...plain, ...dialect.overwrites(table, column)]) {
        await assert.rejects(store.job([{ sql, params: [] }]), /append-only/, sql)
      }
      assert.equal((await store.read(`select * from ${table}`)).length, 1)
    }
  })

  test(`${name}: migrating again changes nothing, and a newer schema is refused and left alone`, async () => {
    const schema = () => store.read(dialect.schema)
    const before = await schema()
    await migrate(store)
    assert.deepEqual(await schema(), before)
    const version = await schemaVersion(store)
    const setVersion = (number: number) => store.job([{ sql: dialect.setVersion(number), params: [] }])
    await setVersion(999)
    await assert.rejects(
      migrate(store),
      /written by a newer version of tokenplan \(schema 999, this one knows \d+\)/,
    )
    assert.deepEqual(await schema(), before)
    assert.equal(await schemaVersion(store), 999)
    await setVersion(version)
  })

  test(`${name}: closing finishes what was asked before, refuses what comes after, and may be repeated`, async () => {
    const { store: other, remove } = await open()
    await other.job([{ sql: 'create table thing (id bigint primary key)', params: [] }])
    const jobs = Array.from({ length: 50 }, (_, id) =>
      other.job([{ sql: 'insert into thing values (?)', params: [id] }]),
    )
    const closed = other.close()
    await Promise.all(jobs)
    await closed
    await assert.rejects(other.read('select 1'), /closed/)
    await assert.rejects(other.job([]), /closed/)
    await other.close()
    await remove()
  })
}
