import { AssertionFault, assert } from '../assert.ts'
import { burnOrder } from './lots.ts'
import type {
  AccessOp,
  BreakageOp,
  CorrectionOp,
  EndOp,
  FundOp,
  HoldOp,
  KeyCapOp,
  Op,
  SliceOp,
} from './op.ts'
import { spend } from './spending.ts'
import type { Account, Lot, SubscriptionState, TeamState } from './state.ts'

export type Applied = { readonly subscription: SubscriptionState | null; readonly team: TeamState | null }

/** The only mutator of the book's state. A subject that is not in memory is null and is left to the next load. */
export function apply(subjects: Applied, op: Op): void {
  if (op.kind === 'hold') applyHold(subjects, op)
  else if (op.kind === 'end') applyEnd(subjects, op)
  else if (op.kind === 'correction') applyCorrection(subjects, op)
  else if (subjects.team) applyToTeam(subjects.team, op)
}

/** What only a team knows of. A late settlement moves nothing of a customer's. */
function applyToTeam(team: TeamState, op: Exclude<Op, HoldOp | EndOp | CorrectionOp>): void {
  if (op.kind === 'slice') hold(team, op.hold, op.parts, 1)
  else if (op.kind === 'fund') applyFund(team, op)
  else if (op.kind === 'breakage') applyBreakage(team, op)
  else if (op.kind === 'access') applyAccess(team, op)
  else if (op.kind === 'switch') team.walletSwitch = { on: op.on, capNanos: op.capNanos }
  else if (op.kind === 'key-cap') applyKeyCap(team, op)
}

function applyAccess(team: TeamState, { member, creditsAccess, overflow, capNanos }: AccessOp): void {
  team.members.set(member, { creditsAccess, overflow, capNanos })
}

function applyKeyCap(team: TeamState, { secret, capNanos }: KeyCapOp): void {
  if (capNanos === null) team.keyCaps.delete(secret)
  else team.keyCaps.set(secret, capNanos)
}

/** A hold that was taken before its subjects were read: their windows count it already, what it holds of them does not. */
export function resume({ subscription, team }: Applied, op: HoldOp): void {
  const meter = subscription?.meters.get(op.resource)
  if (meter) meter.heldUnits += op.units
  if (team) hold(team, op, op.parts, 1)
}

/** A slice that was not written was never taken. */
export function takeBack(team: TeamState, op: SliceOp): void {
  hold(team, op.hold, op.parts, -1)
}

function applyHold({ subscription, team }: Applied, op: HoldOp): void {
  if (op.units > 0 && subscription) {
    const meter = subscription.meters.get(op.resource)
    assert(meter, 'a plan-paid hold has a meter')
    for (const window of meter.windows) window.take(op.at, op.units)
    meter.heldUnits += op.units
  }
  if (team) hold(team, op, op.parts, 1)
}

function hold(team: TeamState, by: HoldOp, parts: HoldOp['parts'], sign: 1 | -1): void {
  for (const part of parts) accountOf(team, part.account).heldNanos += sign * part.nanos
  spend(team.spending, by, parts, sign)
}

function applyEnd({ subscription, team }: Applied, op: EndOp): void {
  const { hold: ended } = op
  if (ended.units > 0 && subscription) {
    const meter = subscription.meters.get(ended.resource)
    assert(meter, 'a plan-paid hold has a meter')
    meter.heldUnits -= ended.units
    const back = ended.units - op.units
    if (back > 0) for (const window of meter.windows) window.giveBack(ended.at, back, op.at)
  }
  if (!team || ended.parts.length === 0) return
  hold(team, ended, ended.parts, -1)
  for (const charge of op.charges) {
    const account = accountOf(team, charge.account)
    account.balanceNanos -= charge.nanos
    assert(account.balanceNanos >= 0 && account.heldNanos >= 0, 'no account of a customer falls below zero')
  }
  spend(team.spending, ended, op.charges, 1)
}

function applyFund(team: TeamState, op: FundOp): void {
  if (!op.lot) {
    team.wallet.balanceNanos += op.nanos
    return
  }
  addLot(team, { account: op.account, balanceNanos: op.nanos, heldNanos: 0, ...op.lot })
}

function addLot(team: TeamState, lot: Lot): void {
  team.lots.push(lot)
  team.lots.sort(burnOrder)
}

function applyBreakage(team: TeamState, op: BreakageOp): void {
  const lot = accountOf(team, op.account)
  lot.balanceNanos -= op.nanos
  assert(lot.balanceNanos >= lot.heldNanos, 'what is held of a lot does not expire')
}

function applyCorrection({ subscription, team }: Applied, op: CorrectionOp): void {
  if (op.units > 0 && subscription?.id === op.subscription) {
    for (const window of subscription.meters.get(op.resource)?.windows ?? []) {
      window.giveBack(op.takenAt, op.units, op.at)
    }
  }
  if (!team) return
  for (const { account, nanos, newLotExpiresAt: expiresAt } of op.credits) {
    if (expiresAt === null) accountOf(team, account).balanceNanos += nanos
    else addLot(team, { account, balanceNanos: nanos, heldNanos: 0, kind: 'granted', expiresAt })
  }
}

function accountOf(team: TeamState, account: number): Account {
  if (team.wallet.account === account) return team.wallet
  const lot = team.lots.find((candidate) => candidate.account === account)
  if (!lot) throw new AssertionFault(`the team has no account ${account}`)
  return lot
}
