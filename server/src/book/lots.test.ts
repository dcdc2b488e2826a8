import assert from 'node:assert/strict'
import test from 'node:test'
import { breakage, burnOrder, fundsFor, spendable } from './lots.ts'
import { noSpending, spend } from './spending.ts'
import type { Lot, TeamState } from './state.ts'

function lot(account: number, kind: Lot['kind'], expiresAt: number): Lot {
  return { account, kind, expiresAt, balanceNanos: 10, heldNanos: 0 }
}

test('lots burn earliest expiry first, granted before bought, the older of two equal ones first', () => {
  const lots = [
    lot(5, 'bought', 200),
    lot(4, 'bought', 100),
    lot(3, 'granted', 200),
    lot(2, 'granted', 300),
    lot(1, 'bought', 200),
    lot(6, 'granted', 100),
  ]
  const order = lots.sort(burnOrder).map(({ account }) => account)
  assert.deepEqual(order, [6, 4, 3, 1, 5, 2])
})

test('what is held cannot be spent again', () => {
  assert.equal(spendable({ account: 1, balanceNanos: 10, heldNanos: 4 }), 6)
})

const NOW = Date.UTC(2026, 10, 25)
const by = { at: NOW, member: 2, secret: 3, keyKind: 'plan' } as const

function team(changes: Partial<TeamState> = {}): TeamState {
  return {
    id: 1,
    lots: [lot(60, 'bought', NOW + 2), lot(61, 'granted', NOW + 1), lot(62, 'bought', NOW)].sort(burnOrder),
    wallet: { account: 50, balanceNanos: 30, heldNanos: 5 },
    walletSwitch: { on: true, capNanos: null },
    members: new Map([[2, { creditsAccess: true, overflow: true, capNanos: null }]]),
    keyCaps: new Map(),
    spending: noSpending(202611),
    ...changes,
  }
}

function paying(state: TeamState, nanos: number, who = {}): unknown {
  const funds = fundsFor(state, { ...by, ...who }, nanos, NOW)
  return funds.kind === 'short' ? funds.why : funds.parts.map((part) => [part.pool, part.account, part.nanos])
}

test('lots pay first, one after the other, and the wallet what they cannot', () => {
  assert.deepEqual(paying(team(), 10), [['credits', 61, 10]])
  assert.deepEqual(paying(team(), 12), [
    ['credits', 61, 10],
    ['credits', 60, 2],
  ])
  assert.deepEqual(paying(team(), 45), [
    ['credits', 61, 10],
    ['credits', 60, 10],
    ['wallet', 50, 25],
  ])
})

test('one nano more than there is, and nothing is taken: lots that expired have nothing, what is held neither', () => {
  const credits = { neededNanos: 46, balanceNanos: 20, heldNanos: 0 }
  assert.deepEqual(paying(team(), 46), { ...credits, wallet: { balanceNanos: 30, heldNanos: 5 } })
  const off = team({ walletSwitch: { on: false, capNanos: null } })
  assert.deepEqual(paying(off, 46), { ...credits, wallet: null })
  assert.deepEqual(paying(off, 21), { ...credits, neededNanos: 21, wallet: null })
})

test('an API key is paid by the wallet alone, whatever its switch and the member’s access say', () => {
  const closed = team({ walletSwitch: { on: false, capNanos: 0 }, members: new Map() })
  assert.deepEqual(paying(closed, 25, { keyKind: 'api' }), [['wallet', 50, 25]])
  const short = { neededNanos: 26, balanceNanos: 30, heldNanos: 5, wallet: null }
  assert.deepEqual(paying(closed, 26, { keyKind: 'api' }), short)
})

test('without access or overflow neither credits nor the wallet pay', () => {
  const access = (creditsAccess: boolean, overflow: boolean) =>
    team({ members: new Map([[2, { creditsAccess, overflow, capNanos: null }]]) })
  assert.equal(paying(access(false, true), 1), 'no-access')
  assert.equal(paying(access(true, false), 1), 'overflow-off')
  assert.equal(paying(team({ members: new Map() }), 1), 'no-access')
})

test('caps of member, key and wallet: what is spent and held this month counts, to the nano', () => {
  const capped = (cap: string, state: TeamState, fits: number, who = {}) => {
    assert.ok(Array.isArray(paying(state, fits, who)), `${cap}: ${fits} fit`)
    assert.deepEqual(paying(state, fits + 1, who), {
      cap,
      capNanos: 20,
      spentNanos: 7,
      neededNanos: fits + 1 - (cap === 'wallet' ? 20 : 0),
      resetsAt: Date.UTC(2026, 11, 1),
    })
  }
  const spent = () => {
    const spending = noSpending(202611)
    spend(spending, by, [{ pool: 'wallet', nanos: 7 }], 1)
    return spending
  }
  const members = new Map([[2, { creditsAccess: true, overflow: true, capNanos: 20 }]])
  capped('member', team({ spending: spent(), members }), 13)
  capped('key', team({ spending: spent(), keyCaps: new Map([[3, 20]]) }), 13)
  capped('key', team({ spending: spent(), keyCaps: new Map([[3, 20]]), members: new Map() }), 13, {
    keyKind: 'api',
  })
  // The credits beside it are not the wallet's: 20 of them, and 13 more.
  capped('wallet', team({ spending: spent(), walletSwitch: { on: true, capNanos: 20 } }), 33)
})

test('a cap of one member or key is nobody else’s, and a new month begins anew', () => {
  const spending = noSpending(202610)
  spend(spending, { ...by, at: NOW - 30 * 86_400_000 }, [{ pool: 'credits', nanos: 20 }], 1)
  const members = new Map([2, 8].map((id) => [id, { creditsAccess: true, overflow: true, capNanos: 20 }]))
  const state = team({ spending, members, keyCaps: new Map([[3, 20]]) })
  assert.ok(Array.isArray(paying(state, 20)))
  spend(spending, by, [{ pool: 'credits', nanos: 1 }], 1)
  assert.equal((paying(state, 20) as { cap: string }).cap, 'key')
  assert.equal((paying(state, 20, { secret: 4 }) as { cap: string }).cap, 'member')
  assert.ok(Array.isArray(paying(state, 20, { secret: 4, member: 8 })))
})

test('what ends in a later month than it was held in is that month’s no more', () => {
  const spending = noSpending(202611)
  const october = { ...by, at: Date.UTC(2026, 9, 31) }
  spend(spending, by, [{ pool: 'credits', nanos: 9 }], 1)
  spend(spending, october, [{ pool: 'credits', nanos: 9 }], -1)
  assert.deepEqual([spending.month, spending.members.get(2)], [202611, 9])
})

test('an expired lot breaks but for what running requests hold of it', () => {
  const lots = [lot(60, 'bought', NOW + 1), { ...lot(61, 'granted', NOW), heldNanos: 4 }]
  let id = 0
  assert.deepEqual(
    breakage(team({ lots }), NOW, () => ++id),
    [{ kind: 'breakage', id: 1, at: NOW, team: 1, account: 61, nanos: 6 }],
  )
  assert.deepEqual(
    breakage(team({ lots: [{ ...lot(61, 'granted', NOW), heldNanos: 10 }] }), NOW, () => ++id),
    [],
  )
})
