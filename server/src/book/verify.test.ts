import assert from 'node:assert/strict'
import test from 'node:test'
import Database from 'libsql'
import { first } from '../store/migrations/0001-first.ts'
import { tasks } from '../store/migrations/0003-tasks.ts'
import { pools } from '../store/migrations/0004-pools.ts'
import { givenBack } from '../store/migrations/0007-given-back.ts'
import { sqliteSteps } from '../store/postgres-schema.ts'
import type { Row } from '../store/sqlite.ts'
import { verify } from './verify.ts'

/**
 * A small book that is right: one fund, plan-paid and wallet-paid requests, one still running, and two tasks, of which one
 * runs. The rows of an old book do not say what was made. The running request has grown by a slice; one was ended by a
 * sweep before it said what it had used, and one was put right.
 */
const right = [
  `insert into account values (1, 'cash', null, -1000), (2, 'revenue', null, 46), (3, 'absorbed', null, -16),
    (4, 'grants', null, 0), (6, 'courtesy', null, -4), (50, 'wallet', 7, 974), (51, 'lot', 7, 0)`,
  `insert into lot values (51, 7, 'bought', 0, 1, 9)`,
  'insert into entry values (1, 90, 1, 1, -1000, 0), (2, 90, 1, 50, 1000, 0)',
  ...holds(
    '100, 10, 7, 8, 9, 6, 1, 1, 1, 0, 2, 1000, 0, 1, 1, 1',
    '101, 20, 7, 8, 9, 6, 1, 1, 1, 1, 2, 1000, 0, 1, 1, 1',
    '102, 30, 7, 8, 9, null, 1, 1, 0, 0, 0, 0, 30, 1, 1, 1',
    '103, 40, 7, 8, 9, null, 1, 1, 0, 0, 0, 0, 30, 1, 1, 1',
    '110, 41, 7, 8, 9, 6, 2, 1, 3, 0, 3, 0, 0, 1, 3, 0',
    '111, 42, 7, 8, 9, 6, 2, 1, 1, 0, 3, 0, 0, 1, 1, 0',
    '112, 43, 7, 8, 9, null, 1, 1, 0, 0, 0, 0, 5, 1, 1, 1',
  ),
  'insert into hold_part values (102, 50, 30, 1000), (103, 50, 30, 970), (112, 50, 5, 940)',
  'insert into slice values (103, 1, 50, 44, 7, 940), (103, 2, 50, 45, 1, 933)',
  ...ends(
    '100, 15, 1, 1, 0, 0, 1, 1, 0, 0, 0, null',
    '101, 25, 2, 0, 0, 0, 1, 1, 0, 0, 0, 0',
    '102, 35, 1, 0, 30, 10, 1, 1, 0, 0, 0, 1',
    '110, 45, 1, 2, 0, 0, 0, 0, 0, 0, 0, 2',
    '112, 60, 6, 0, 0, 0, 0, 0, 0, 0, 1, 1',
  ),
  'insert into late_end values (112, 70, 1, 1, 6, 3, 4, 0, 0, 0)',
  `insert into correction values (120, 80, 102, 0, 4, 'operator', 'complaint')`,
  back('6, 25, 101, 20, 1, 1'),
  back('6, 45, 110, 41, 2, 1'),
  task(900, 110, '45'),
  task(901, 111, 'null'),
  `insert into entry values (3, 102, 35, 50, -30, 1), (4, 102, 35, 3, -10, 1), (5, 102, 35, 2, 40, 1),
    (6, 112, 70, 3, -6, 1), (7, 112, 70, 2, 6, 1), (11, 120, 80, 6, -4, 0), (12, 120, 80, 50, 4, 0)`,
  'insert into spent values (7, 197001, 8, 9, 0, 0, 30)',
]

function holds(...rows: string[]): string[] {
  return rows.map((row) => `insert into hold values (${row})`)
}

function ends(...rows: string[]): string[] {
  return rows.map((row) => `insert into hold_end values (${row})`)
}

function back(row: string): string {
  return `insert into given_back values (${row})`
}

function task(id: number, hold: number, endedAt: string): string {
  return `insert into task values
    (${id}, ${hold}, 7, 8, 'video', 'm', 'u', 'r', 's', null, null, null, 0, '', null, '[]', 41, 99, ${endedAt})`
}

const db = new Database(':memory:')
for (const sql of [...first, ...tasks, ...[...pools, ...givenBack].flatMap(sqliteSteps), ...right])
  db.exec(sql)
const store = { read: async (sql: string): Promise<Row[]> => db.prepare(sql).all([]) as Row[] }

async function wrongAfter(...breaking: readonly string[]): Promise<string[]> {
  db.exec('begin')
  try {
    for (const sql of breaking) db.exec(sql)
    const proof = await verify(store)
    assert.equal(
      proof.ok,
      proof.checks.every(({ ok }) => ok),
    )
    return proof.checks.filter(({ ok }) => !ok).map(({ name }) => name)
  } finally {
    db.exec('rollback')
  }
}

test('a right book is proven right, and what is still running is counted', async () => {
  const proof = await verify(store)
  assert.deepEqual(
    proof.checks.filter(({ ok }) => !ok),
    [],
  )
  assert.deepEqual([proof.ok, proof.openHolds], [true, 2])
})

/** Each way a book may be wrong, and the checks that say so. */
const faults: readonly (readonly [what: string, breaking: readonly string[], checks: readonly string[]])[] = [
  [
    'money from nowhere',
    ['insert into entry values (9, 95, 1, 50, 5, 0)', 'update account set balance_nanos = 979 where id = 50'],
    ['the ledger sums to zero', 'every transaction sums to zero'],
  ],
  [
    'two transactions that are wrong and cancel out',
    ['insert into entry values (8, 95, 1, 1, -5, 0), (9, 96, 1, 1, 5, 0)'],
    ['every transaction sums to zero'],
  ],
  [
    'a balance that is not what was entered',
    ['update account set balance_nanos = balance_nanos + 1 where id = 50'],
    ['every balance is the sum of its entries'],
  ],
  [
    'an entry of an account that does not exist',
    [
      'insert into entry values (8, 95, 1, 1, -5, 0), (9, 95, 1, 77, 5, 0)',
      'update account set balance_nanos = -1005 where id = 1',
    ],
    ['every entry belongs to an account'],
  ],
  [
    'a customer below zero',
    [
      'insert into entry values (8, 95, 1, 50, -975, 0), (9, 95, 1, 2, 975, 0)',
      'update account set balance_nanos = -1 where id = 50',
      'update account set balance_nanos = 1021 where id = 2',
    ],
    ['no account of a customer is below zero', 'what running requests hold of an account is in it'],
  ],
  [
    'a lot that grew',
    [
      'insert into entry values (8, 95, 1, 1, -5, 0), (9, 95, 1, 51, 5, 0)',
      'update account set balance_nanos = -1005 where id = 1',
      'update account set balance_nanos = 5 where id = 51',
    ],
    ['every lot holds at most what was put into it'],
  ],
  [
    'an admission over the limit',
    holds('104, 5000, 7, 8, 9, 6, 1, 1, 1, 2, 2, 0, 0, 1, 1, 1'),
    ['at every admission used + held + asked was within the limit then in force'],
  ],
  [
    'a hold of more than there was',
    [
      ...holds('104, 50, 7, 8, 9, null, 1, 1, 0, 0, 0, 0, 9, 1, 1, 1'),
      'insert into hold_part values (104, 50, 9, 8)',
    ],
    ['at every admission the pool could spend what was held'],
  ],
  [
    'a hold that is not its parts',
    holds('104, 50, 7, 8, 9, null, 1, 1, 0, 0, 0, 0, 9, 1, 1, 1'),
    ['every hold of money is the sum of its parts'],
  ],
  [
    'an end without a hold',
    ends('999, 35, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0'),
    ['settled + released + open = admitted'],
  ],
  [
    'an end with more units than were held',
    [
      ...holds('104, 5000, 7, 8, 9, 6, 1, 1, 1, 0, 2, 0, 0, 1, 2, 1'),
      ...ends('104, 5001, 1, 2, 0, 0, 1, 1, 0, 0, 0, 2'),
    ],
    ['no hold ended with more than it held'],
  ],
  [
    'an end with more pieces than were asked for',
    ends('111, 46, 1, 1, 0, 0, 0, 0, 0, 0, 0, 2'),
    ['no hold ended with more than it held', 'a task runs as long as its hold'],
  ],
  [
    'an end that takes more of the plan than was made',
    [
      ...holds('104, 5000, 7, 8, 9, 6, 2, 1, 3, 0, 3, 0, 0, 1, 3, 0'),
      ...ends('104, 5001, 1, 2, 0, 0, 1, 1, 0, 0, 0, 1'),
      back('6, 5001, 104, 5000, 2, 1'),
    ],
    ['no hold ended with more than it held'],
  ],
  [
    'a hold of more units than were asked for',
    holds('104, 5000, 7, 8, 9, 6, 2, 1, 2, 0, 3, 0, 0, 1, 1, 0'),
    ['no hold is for more units than were asked for'],
  ],
  [
    'a hold of which a crash would keep more than was asked for',
    holds('104, 5000, 7, 8, 9, null, 1, 1, 0, 0, 0, 0, 0, 1, 1, 2'),
    ['no hold is for more units than were asked for'],
  ],
  [
    'a task that goes on after its hold has ended',
    [...ends('111, 46, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0'), back('6, 46, 111, 42, 2, 1')],
    ['a task runs as long as its hold'],
  ],
  [
    'a task that has ended and holds on',
    ['update task set ended_at = 46 where id = 901'],
    ['a task runs as long as its hold'],
  ],
  ['a task without a hold', [task(902, 999, 'null')], ['a task runs as long as its hold']],
  [
    'a settlement that is not in the ledger',
    ends('103, 45, 1, 0, 30, 0, 1, 1, 0, 0, 0, 1'),
    ['every charge of money stands in the ledger once'],
  ],
  [
    'a settlement that is in the ledger twice',
    [
      'insert into entry values (8, 102, 36, 50, -30, 1), (9, 102, 36, 3, -10, 1), (10, 102, 36, 2, 40, 1)',
      'update account set balance_nanos = 944 where id = 50',
      'update account set balance_nanos = -26 where id = 3',
      'update account set balance_nanos = 86 where id = 2',
      'update spent set wallet_nanos = 60',
    ],
    ['every charge of money stands in the ledger once'],
  ],
  [
    'spending that is not what was charged',
    ['update spent set wallet_nanos = 29, overflow_nanos = 0, credits_nanos = 1'],
    ['what was spent in a month is the sum of its charges'],
  ],
  [
    'spending of a month without charges',
    ['insert into spent values (7, 197002, 8, 9, 1, 0, 0)'],
    ['what was spent in a month is the sum of its charges'],
  ],
  [
    'a slice of more than there was',
    ['insert into slice values (103, 3, 50, 45, 9, 8)'],
    ['at every admission the pool could spend what was held'],
  ],
  [
    'a slice that skips a number',
    ['insert into slice values (103, 4, 50, 45, 9, 900)'],
    ['every slice grew a hold that ran, one after the other'],
  ],
  [
    'a slice after the end',
    ['insert into slice values (102, 1, 50, 34, 9, 900), (102, 2, 50, 36, 9, 900)'],
    ['every slice grew a hold that ran, one after the other'],
  ],
  [
    'a running request that holds what is not there',
    ['insert into slice values (103, 3, 51, 45, 1, 1)'],
    ['what running requests hold of an account is in it'],
  ],
  [
    'a late settlement of what had been settled',
    ['insert into late_end values (102, 70, 1, 1, 0, 3, 4, 0, 0, 0)'],
    ['only what a sweep had ended was settled late, and moved nothing of a customer’s'],
  ],
  [
    'more given back than a request had cost',
    [
      `insert into correction values (121, 81, 102, 0, 27, 'operator', '')`,
      'insert into entry values (21, 121, 81, 6, -27, 0), (22, 121, 81, 50, 27, 0)',
      'update account set balance_nanos = balance_nanos - 27 where id = 6',
      'update account set balance_nanos = balance_nanos + 27 where id = 50',
    ],
    ['no more was given back than a request had cost'],
  ],
  [
    'a correction that gave nothing',
    [`insert into correction values (121, 81, 102, 0, 1, 'operator', '')`],
    ['what was given back stands in the ledger'],
  ],
  [
    'more units given back than the plan had paid',
    [`insert into correction values (121, 81, 100, 2, 0, 'operator', '')`, back('6, 81, 121, 10, 1, 2')],
    ['no more was given back than a request had cost'],
  ],
  [
    'money that the operator gave back and no correction tells of',
    [
      'insert into entry values (31, 131, 81, 6, -9, 0), (32, 131, 81, 50, 9, 0)',
      'update account set balance_nanos = balance_nanos - 9 where id = 6',
      'update account set balance_nanos = balance_nanos + 9 where id = 50',
    ],
    ['whatever the operator gave back has a correction'],
  ],
  [
    'a correction that takes units',
    [`insert into correction values (121, 81, 102, -1, 0, 'operator', '')`],
    ['no more was given back than a request had cost'],
  ],
  [
    'a correction that takes money',
    [`insert into correction values (121, 81, 102, 0, -1, 'operator', '')`],
    ['no more was given back than a request had cost', 'what was given back stands in the ledger'],
  ],
  [
    'units that came back and are not read back',
    [`insert into correction values (121, 81, 100, 1, 0, 'operator', '')`],
    ['what a window is read back from says what came back, once'],
  ],
  [
    'units that are read back and came from nowhere',
    [back('6, 90, 100, 10, 1, 1')],
    ['what a window is read back from says what came back, once'],
  ],
  [
    'a sliding window that held too much at once',
    holds('104, 1009, 7, 8, 9, 6, 1, 1, 2, 0, 2, 1000, 0, 1, 2, 2'),
    ['in every sliding window the units kept are within the limit'],
  ],
]

for (const [what, breaking, checks] of faults) {
  test(`${what} is found`, async () => assert.deepEqual(await wrongAfter(...breaking), checks))
}

test('a unit that came back in the same millisecond is not too much', async () => {
  assert.deepEqual(await wrongAfter(...holds('104, 1010, 7, 8, 9, 6, 1, 1, 2, 0, 2, 1000, 0, 1, 2, 2')), [])
})

test('every check has a fault that it alone finds', () => {
  const found = new Set(faults.flatMap(([, , checks]) => checks))
  return verify(store).then(({ checks }) =>
    assert.deepEqual(
      checks.map(({ name }) => name).filter((name) => !found.has(name)),
      [],
    ),
  )
})
