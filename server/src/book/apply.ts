import { assert } from '../assert.ts'
import type { AccessOp, EndOp, FundOp, HoldOp, Op } from './op.ts'
import { type Account, burnOrder, type SubscriptionState, type TeamState } from './state.ts'

export type Applied = { readonly subscription: SubscriptionState | null; readonly team: TeamState | null }

/** The only mutator of the book's state. A subject that is not in memory is null and is left to the next load. */
export function apply(subjects: Applied, op: Op): void {
  if (op.kind === 'hold') applyHold(subjects, op)
  else if (op.kind === 'end') applyEnd(subjects, op)
  else if (subjects.team && op.kind === 'fund') applyFund(subjects.team, op)
  else if (subjects.team && op.kind === 'access') applyAccess(subjects.team, op)
}

/** A hold that was taken before its subjects were read: their windows count it already, what it holds of them does not. */
export function resume({ subscription, team }: Applied, hold: HoldOp): void {
  const meter = subscription?.meters.get(hold.resource)
  if (meter) meter.heldUnits += hold.units
  if (!team) return
  for (const part of hold.parts) accountOf(team, part.account).heldNanos += part.nanos
}

function applyHold({ subscription, team }: Applied, op: HoldOp): void {
  if (op.units > 0 && subscription) {
    const meter = subscription.meters.get(op.resource)
    assert(meter, 'a plan-paid hold has a meter')
    for (const window of meter.windows) window.take(op.at, op.units)
    meter.heldUnits += op.units
  }
  if (!team) return
  for (const part of op.parts) accountOf(team, part.account).heldNanos += part.nanos
}

function applyEnd({ subscription, team }: Applied, op: EndOp): void {
  const { hold } = op
  if (hold.units > 0 && subscription) {
    const meter = subscription.meters.get(hold.resource)
    assert(meter, 'a plan-paid hold has a meter')
    meter.heldUnits -= hold.units
    const back = hold.units - op.units
    if (back > 0) for (const window of meter.windows) window.giveBack(hold.at, back, op.at)
  }
  if (!team) return
  for (const part of hold.parts) accountOf(team, part.account).heldNanos -= part.nanos
  for (const charge of op.charges) {
    const account = accountOf(team, charge.account)
    account.balanceNanos -= charge.nanos
    assert(account.balanceNanos >= 0 && account.heldNanos >= 0, 'no account of a customer falls below zero')
  }
}

function applyFund(team: TeamState, op: FundOp): void {
  if (!op.lot) {
    team.wallet.balanceNanos += op.nanos
    return
  }
  team.lots.push({ account: op.account, balanceNanos: op.nanos, heldNanos: 0, ...op.lot })
  team.lots.sort(burnOrder)
}

function applyAccess(team: TeamState, op: AccessOp): void {
  team.members.set(op.member, { creditsAccess: op.creditsAccess, overflow: op.overflow })
}

function accountOf(team: TeamState, account: number): Account {
  if (team.wallet.account === account) return team.wallet
  const lot = team.lots.find((candidate) => candidate.account === account)
  assert(lot, `the team has no account ${account}`)
  return lot
}
