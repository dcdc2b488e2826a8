import type { BreakageOp, Part } from './op.ts'
import type { Capped, NoMoney, Shortage } from './refusal.ts'
import { monthEndsAt, monthOf, type Spender } from './spending.ts'
import type { Account, Lot, TeamState } from './state.ts'

/** Who pays in money: lots of credits in the order in which they burn, then the wallet where its owner allows it. */

/** Earliest expiry first; of two that expire together the granted one (design §4.7). */
export function burnOrder(a: Lot, b: Lot): number {
  return (
    a.expiresAt - b.expiresAt ||
    Number(a.kind === 'bought') - Number(b.kind === 'bought') ||
    a.account - b.account
  )
}

export function spendable(account: Account): number {
  return account.balanceNanos - account.heldNanos
}

export type Funds =
  | { readonly kind: 'parts'; readonly parts: readonly Part[] }
  | { readonly kind: 'short'; readonly why: NoMoney }

/** All of `nanos`, or nothing and why. Only reads. */
export function fundsFor(team: TeamState, by: Spender, nanos: number, now: number): Funds {
  const funds = by.keyKind === 'api' ? ofWallet(team, nanos) : ofCredits(team, by, nanos, now)
  if (funds.kind === 'short' || nanos === 0) return funds
  const capped = keyCap(team, by, nanos, now) ?? memberCap(team, by, nanos, now)
  return capped ? { kind: 'short', why: capped } : funds
}

function ofWallet(team: TeamState, nanos: number): Funds {
  const parts: Part[] = []
  const missing = take(parts, 'wallet', [team.wallet], nanos)
  if (missing === 0) return { kind: 'parts', parts }
  return { kind: 'short', why: { ...shortageOf([team.wallet], nanos), wallet: null } }
}

function ofCredits(team: TeamState, by: Spender, nanos: number, now: number): Funds {
  const access = team.members.get(by.member)
  if (!access?.creditsAccess) return { kind: 'short', why: 'no-access' }
  if (!access.overflow) return { kind: 'short', why: 'overflow-off' }
  const live = team.lots.filter((lot) => lot.expiresAt > now)
  const parts: Part[] = []
  const missing = take(parts, 'credits', live, nanos)
  if (missing === 0) return { kind: 'parts', parts }
  const { on } = team.walletSwitch
  if (on && take(parts, 'wallet', [team.wallet], missing) === 0) {
    const capped = walletCap(team, by, missing, now)
    return capped ? { kind: 'short', why: capped } : { kind: 'parts', parts }
  }
  const { balanceNanos, heldNanos } = team.wallet
  const wallet = on ? { balanceNanos, heldNanos } : null
  return { kind: 'short', why: { ...shortageOf(live, nanos), wallet } }
}

/** What expired lots have that no running request holds (design §4.7). The rest breaks when those have ended. */
export function breakage(team: TeamState, now: number, mintId: () => number): BreakageOp[] {
  return team.lots
    .filter((lot) => lot.expiresAt <= now && spendable(lot) > 0)
    .map((lot) => ({
      kind: 'breakage',
      id: mintId(),
      at: now,
      team: team.id,
      account: lot.account,
      nanos: spendable(lot),
    }))
}

/** In the order of `accounts`, as much from each as it can spend; answers what is missing. */
function take(parts: Part[], pool: Part['pool'], accounts: readonly Account[], nanos: number): number {
  let missing = nanos
  for (const account of accounts) {
    if (missing === 0) break
    const availableNanos = spendable(account)
    if (availableNanos <= 0) continue
    const taken = Math.min(availableNanos, missing)
    parts.push({ pool, account: account.account, nanos: taken, availableNanos })
    missing -= taken
  }
  return missing
}

function shortageOf(accounts: readonly Account[], neededNanos: number): Omit<Shortage, 'wallet'> {
  return {
    neededNanos,
    balanceNanos: accounts.reduce((sum, account) => sum + account.balanceNanos, 0),
    heldNanos: accounts.reduce((sum, account) => sum + account.heldNanos, 0),
  }
}

function keyCap(team: TeamState, by: Spender, nanos: number, now: number): Capped | null {
  const capNanos = team.keyCaps.get(by.secret) ?? null
  const spentNanos = countedOf(team, by, now, team.spending.secrets.get(by.secret))
  return over({ cap: 'key', capNanos, spentNanos, neededNanos: nanos }, now)
}

function memberCap(team: TeamState, by: Spender, nanos: number, now: number): Capped | null {
  if (by.keyKind === 'api') return null
  const capNanos = team.members.get(by.member)?.capNanos ?? null
  const spentNanos = countedOf(team, by, now, team.spending.members.get(by.member))
  return over({ cap: 'member', capNanos, spentNanos, neededNanos: nanos }, now)
}

function walletCap(team: TeamState, by: Spender, nanos: number, now: number): Capped | null {
  const { capNanos } = team.walletSwitch
  const spentNanos = countedOf(team, by, now, team.spending.overflowNanos)
  return over({ cap: 'wallet', capNanos, spentNanos, neededNanos: nanos }, now)
}

/** A slice belongs to the month of its hold, and a month that is over is not counted any more. */
function countedOf(team: TeamState, by: Spender, now: number, nanos = 0): number {
  const month = monthOf(now)
  return team.spending.month === month && monthOf(by.at) === month ? nanos : 0
}

type Counted = Pick<Capped, 'cap' | 'spentNanos' | 'neededNanos'> & { readonly capNanos: number | null }

function over(counted: Counted, now: number): Capped | null {
  const { capNanos, spentNanos, neededNanos } = counted
  if (capNanos === null || spentNanos + neededNanos <= capNanos) return null
  return { ...counted, capNanos, resetsAt: monthEndsAt(now) }
}
