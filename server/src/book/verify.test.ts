import assert from 'node:assert/strict'
import test from 'node:test'
import Database from 'libsql'
import { first } from '../store/migrations/0001-first.ts'
import type { Row } from '../store/sqlite.ts'
import { verify } from './verify.ts'

/** A small book that is right: one fund, a plan-paid and a wallet-paid request, one still running. */
const right = [
  `insert into account values (1, 'cash', null, -1000), (2, 'revenue', null, 40), (3, 'absorbed', null, -10),
    (4, 'grants', null, 0), (50, 'wallet', 7, 970), (51, 'lot', 7, 0)`,
  `insert into lot values (51, 7, 'bought', 0, 1, 9)`,
  'insert into entry values (1, 90, 1, 1, -1000, 0), (2, 90, 1, 50, 1000, 0)',
  'insert into hold values (100, 10, 7, 8, 9, 6, 1, 1, 1, 0, 2, 1000, 0, 1), (101, 20, 7, 8, 9, 6, 1, 1, 1, 1, 2, 1000, 0, 1)',
  'insert into hold values (102, 30, 7, 8, 9, null, 1, 1, 0, 0, 0, 0, 30, 1), (103, 40, 7, 8, 9, null, 1, 1, 0, 0, 0, 0, 30, 1)',
  'insert into hold_part values (102, 50, 30, 1000), (103, 50, 30, 970)',
  'insert into hold_end values (100, 15, 1, 1, 0, 0, 1, 1, 0, 0, 0), (101, 25, 2, 0, 0, 0, 1, 1, 0, 0, 0)',
  'insert into hold_end values (102, 35, 1, 0, 30, 10, 1, 1, 0, 0, 0)',
  'insert into entry values (3, 102, 35, 50, -30, 1), (4, 102, 35, 3, -10, 1), (5, 102, 35, 2, 40, 1)',
]

const db = new Database(':memory:')
for (const sql of [...first, ...right]) db.exec(sql)
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
  assert.deepEqual([proof.ok, proof.openHolds], [true, 1])
})

/** Each way a book may be wrong, and the checks that say so. */
const faults: readonly (readonly [what: string, breaking: readonly string[], checks: readonly string[]])[] = [
  [
    'money from nowhere',
    ['insert into entry values (9, 95, 1, 50, 5, 0)', 'update account set balance_nanos = 975 where id = 50'],
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
      'insert into entry values (8, 95, 1, 50, -971, 0), (9, 95, 1, 2, 971, 0)',
      'update account set balance_nanos = -1 where id = 50',
      'update account set balance_nanos = 1011 where id = 2',
    ],
    ['no account of a customer is below zero'],
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
    ['insert into hold values (104, 5000, 7, 8, 9, 6, 1, 1, 1, 2, 2, 0, 0, 1)'],
    ['at every admission used + held + asked was within the limit then in force'],
  ],
  [
    'a hold of more than there was',
    [
      'insert into hold values (104, 50, 7, 8, 9, null, 1, 1, 0, 0, 0, 0, 9, 1)',
      'insert into hold_part values (104, 50, 9, 8)',
    ],
    ['at every admission the pool could spend what was held'],
  ],
  [
    'a hold that is not its parts',
    ['insert into hold values (104, 50, 7, 8, 9, null, 1, 1, 0, 0, 0, 0, 9, 1)'],
    ['every hold of money is the sum of its parts'],
  ],
  [
    'an end without a hold',
    ['insert into hold_end values (999, 35, 1, 0, 0, 0, 1, 1, 0, 0, 0)'],
    ['settled + released + open = admitted'],
  ],
  [
    'an end with more units than were held',
    [
      'insert into hold values (104, 5000, 7, 8, 9, 6, 1, 1, 1, 0, 2, 0, 0, 1)',
      'insert into hold_end values (104, 5001, 1, 2, 0, 0, 1, 1, 0, 0, 0)',
    ],
    ['no hold ended with more than it held'],
  ],
  [
    'a settlement that is not in the ledger',
    ['insert into hold_end values (103, 45, 1, 0, 30, 0, 1, 1, 0, 0, 0)'],
    ['every charge of money stands in the ledger once'],
  ],
  [
    'a settlement that is in the ledger twice',
    [
      'insert into entry values (8, 102, 36, 50, -30, 1), (9, 102, 36, 3, -10, 1), (10, 102, 36, 2, 40, 1)',
      'update account set balance_nanos = 940 where id = 50',
      'update account set balance_nanos = -20 where id = 3',
      'update account set balance_nanos = 80 where id = 2',
    ],
    ['every charge of money stands in the ledger once'],
  ],
  [
    'a sliding window that held too much at once',
    ['insert into hold values (104, 1009, 7, 8, 9, 6, 1, 1, 2, 0, 2, 1000, 0, 1)'],
    ['in every sliding window the units kept are within the limit'],
  ],
]

for (const [what, breaking, checks] of faults) {
  test(`${what} is found`, async () => assert.deepEqual(await wrongAfter(...breaking), checks))
}

test('a unit that came back in the same millisecond is not too much', async () => {
  assert.deepEqual(
    await wrongAfter('insert into hold values (104, 1010, 7, 8, 9, 6, 1, 1, 2, 0, 2, 1000, 0, 1)'),
    [],
  )
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
