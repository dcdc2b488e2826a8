import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { type Dialect, storeContract } from '../../test/contract/store-contract.ts'
import { openSqlite, openSqliteReadOnly, StoreFault } from './sqlite.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-store-'))
let files = 0
const fresh = () => path.join(folder, `${++files}.db`)

after(() => rmSync(folder, { recursive: true }))

const dialect: Dialect = {
  schema: 'select name, sql from sqlite_master order by name',
  setVersion: (version) => `pragma user_version = ${version}`,
  overwrites: (table) => [`insert or replace into ${table} select * from ${table}`],
}

storeContract('sqlite', dialect, async () => {
  const store = await openSqlite(fresh())
  return { store, remove: () => store.close() }
})

test('every commit is on the disk: write-ahead log, full synchronisation', async () => {
  const file = fresh()
  const store = await openSqlite(file)
  const answers = await store.job([
    { sql: 'pragma journal_mode', params: [] },
    { sql: 'pragma synchronous', params: [] },
    { sql: 'pragma foreign_keys', params: [] },
  ])
  assert.deepEqual(answers, [[{ journal_mode: 'wal' }], [{ synchronous: 2 }], [{ foreign_keys: 1 }]])
  await store.close()
  assert.ok(!existsSync(`${file}-wal`), 'closing folds the log into the file')
})

test('what the books are in is readable by its owner alone, whatever the folder is', async () => {
  const file = fresh()
  const store = await openSqlite(file)
  await store.job([{ sql: 'create table thing (id integer primary key)', params: [] }])
  for (const part of [file, `${file}-wal`, `${file}-shm`])
    assert.equal(statSync(part).mode & 0o777, 0o600, part)
  await store.close()
})

test('rows are kept over closing and opening', async () => {
  const file = fresh()
  const one = await openSqlite(file)
  await one.job([
    { sql: 'create table thing (id bigint, bytes blob)', params: [] },
    { sql: 'insert into thing values (?, ?)', params: [1, Buffer.from('abc')] },
    { sql: 'insert into thing values (?, ?)', params: [2, new Uint8Array([9, 1, 2]).subarray(1)] },
  ])
  await one.close()
  const two = await openSqlite(file)
  const rows = await two.read('select id, typeof(id) as type, bytes from thing order by id')
  assert.deepEqual(
    rows.map(({ id, type, bytes }) => [id, type, [...new Uint8Array(bytes as ArrayBuffer)]]),
    [
      [1, 'integer', [97, 98, 99]],
      [2, 'integer', [1, 2]],
    ],
  )
  await two.close()
})

test('numbers of a bulk are stored as integers, to the largest one', async () => {
  const store = await openSqlite(fresh())
  await store.job([{ sql: 'create table thing (id bigint primary key, number bigint)', params: [] }])
  const numbers = [0, 1, -7, 2 ** 51 + 1, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]
  const values = new Float64Array(numbers.flatMap((number, id) => [id, number]))
  await store.job([], [{ sql: 'insert into thing values (?,?)', values }])
  const rows = await store.read(
    'select number, typeof(number) as type, typeof(id) as id from thing order by id',
  )
  assert.deepEqual(
    rows,
    numbers.map((number) => ({ number, type: 'integer', id: 'integer' })),
  )
  await store.close()
})

test('a reader alone sees what a writer beside it commits, and cannot write', async () => {
  const file = fresh()
  const store = await openSqlite(file)
  await store.job([{ sql: 'create table thing (id bigint)', params: [] }])
  const reader = openSqliteReadOnly(file)
  assert.deepEqual(await reader.read('select * from thing'), [])
  await store.job([{ sql: 'insert into thing values (1)', params: [] }])
  assert.deepEqual(await reader.read('select * from thing'), [{ id: 1 }])
  for (const sql of ['insert into thing values (2)', 'create table other (id)', 'pragma user_version = 5']) {
    await assert.rejects(reader.read(sql), /readonly/, sql)
  }
  await reader.close()
  await assert.rejects(reader.read('select 1'), StoreFault)
  await store.job([{ sql: 'insert into thing values (3)', params: [] }])
  await store.close()
})

test('a file that is no database, and a folder that is not there, are said to be so', async () => {
  const text = fresh()
  writeFileSync(text, 'this is no database, and it is longer than the header of one would be. '.repeat(20))
  await assert.rejects(openSqlite(text), StoreFault)
  assert.equal(
    statSync(text).size,
    'this is no database, and it is longer than the header of one would be. '.length * 20,
  )
  await assert.rejects(openSqlite(path.join(folder, 'nowhere/a.db')), StoreFault)
})
