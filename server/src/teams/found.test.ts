import assert from 'node:assert/strict'
import test from 'node:test'
import Database from 'libsql'
import { operatorAccounts } from '../book/ledger.ts'
import { folder as catalogues } from '../catalogue/catalogue-under-test.ts'
import { loadCatalogue } from '../catalogue/read.ts'
import { idsFrom } from '../ids.ts'
import { bind } from '../store/bind.ts'
import { first } from '../store/migrations/0001-first.ts'
import type { Statement } from '../store/sqlite.ts'
import {
  addLot,
  assignSeat,
  foundTeam,
  openOperatorAccounts,
  openSubscription,
  topUpWallet,
} from './found.ts'

const AT = 1_000
const catalogue = loadCatalogue(`${catalogues}token-plan.yaml`, catalogues)

function empty() {
  const db = new Database(':memory:')
  for (const sql of first) db.exec(sql)
  return {
    run: (statements: readonly Statement[]) => {
      for (const { sql, params } of statements) db.prepare(sql).run(bind(sql, params))
    },
    rows: (table: string) => db.prepare(`select * from ${table}`).all([]) as Record<string, unknown>[],
  }
}

test('the operator’s accounts are opened once, however often a server starts', () => {
  const { run, rows } = empty()
  run(openOperatorAccounts())
  run(openOperatorAccounts())
  assert.deepEqual(
    rows('account').map(({ id, kind, team, balance_nanos }) => [id, kind, team, balance_nanos]),
    Object.entries(operatorAccounts).map(([kind, id]) => [id, kind, null, 0]),
  )
})

test('a founded team has its owner with all rights, and an empty wallet', () => {
  const { run, rows } = empty()
  const { team, member, wallet, statements } = foundTeam(
    idsFrom(() => 0),
    { email: 'a@b.example', passwordHash: 'hash' },
    'Ours',
    AT,
  )
  run(statements)
  const [person] = rows('person')
  assert.deepEqual(person, { id: person?.id, email: 'a@b.example', password_hash: 'hash', created_at: AT })
  assert.deepEqual(rows('team'), [{ id: team, name: 'Ours', is_default: 1, created_at: AT }])
  const rights = { role: 'owner', credits_access: 1, overflow: 1 }
  assert.deepEqual(rows('member'), [{ id: member, team, person: person?.id, ...rights, joined_at: AT }])
  assert.deepEqual(rows('account'), [{ id: wallet, kind: 'wallet', team, balance_nanos: 0 }])
})

test('a sold plan keeps the price and the quotas of the day, and a member has one seat in a team', () => {
  const { run, rows } = empty()
  const plan = catalogue.plans.get('max')
  assert.ok(plan)
  const sold = openSubscription(
    idsFrom(() => 0),
    catalogue,
    plan,
    { team: 7, at: AT, endsAt: null },
  )
  run([...sold.statements, assignSeat(sold.subscription, 7, 8, AT)])
  const [row] = rows('subscription')
  assert.deepEqual(JSON.parse(String(row?.entitlements)), JSON.parse(JSON.stringify(plan.entitlements)))
  assert.deepEqual(row, {
    id: sold.subscription,
    team: 7,
    plan: 'max',
    plan_name: plan.name,
    catalogue: catalogue.name,
    catalogue_version: catalogue.version,
    price_nanos: plan.monthNanos,
    period: 'month',
    entitlements: row?.entitlements,
    started_at: AT,
    ends_at: null,
  })
  assert.deepEqual(rows('seat'), [{ subscription: sold.subscription, team: 7, member: 8, assigned_at: AT }])
  assert.throws(() => run([assignSeat(99, 7, 8, AT)]), /UNIQUE/)
})

test('a lot is opened empty and filled by the book: given by the operator, or bought', () => {
  for (const [kind, source] of [
    ['granted', operatorAccounts.grants],
    ['bought', operatorAccounts.cash],
  ] as const) {
    const { run, rows } = empty()
    const { op, statements } = addLot(
      idsFrom(() => 0),
      { team: 7, nanos: 500, at: AT, expiresAt: 2_000 },
      kind,
    )
    run(statements)
    const { account } = op
    assert.deepEqual(rows('account'), [{ id: account, kind: 'lot', team: 7, balance_nanos: 0 }])
    assert.deepEqual(rows('lot'), [{ account, team: 7, kind, nanos: 500, bought_at: AT, expires_at: 2_000 }])
    const lot = { kind, expiresAt: 2_000 }
    assert.deepEqual(op, { kind: 'fund', id: op.id, at: AT, team: 7, account, nanos: 500, lot, source })
    assert.notEqual(op.id, account)
  }
})

test('a wallet is filled, and no lot with it', () => {
  const op = topUpWallet(
    idsFrom(() => 0),
    { team: 7, wallet: 50, nanos: 500, at: AT },
  )
  assert.deepEqual([op.account, op.nanos, op.lot, op.source], [50, 500, null, operatorAccounts.grants])
})
