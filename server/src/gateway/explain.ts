import type { MeterReport, SpanReport } from '../book/book.ts'
import type { Filling, RefusalRecord, RefusedMoney, RefusedWindow } from '../book/reads-explain.ts'
import type { RequestRecord } from '../book/reads-receipts.ts'
import { toldUnits } from '../book/refusal.ts'
import { isoSeconds } from '../clock.ts'
import { idText } from '../ids.ts'
import { formatCredits, formatUsd } from '../money.ts'
import { amountOf, instantOf, keyPrefix } from './receipt.ts'
import { lengthName, windowName } from './refusals.ts'

/** Why a request was refused, or what it met when it was admitted; then what its window is filled with. */
export type Explained = {
  readonly of: RefusalRecord | RequestRecord
  readonly window:
    | (Pick<RefusedWindow, 'kind' | 'windowMs' | 'usedUnits' | 'limitUnits'> & Partial<RefusedWindow>)
    | null
  readonly filling: Filling | null
  /** The windows of the resource as they are now; empty where the seat is another's by now. */
  readonly meter: MeterReport | null
  readonly now: number
}

export function explanationOf({ of, window, filling, meter, now }: Explained) {
  const refused = 'why' in of ? of : null
  return {
    id: idText(of.id),
    outcome: refused ? 'refused' : 'admitted',
    why: refused?.why ?? null,
    at: instantOf(of.at),
    model: of.model,
    resource: of.resource,
    units: 'units' in of ? of.units : of.askedUnits,
    window: window && windowThen(window),
    money: refused?.money ? moneyThen(refused.money) : null,
    filled_by: filling && filledBy(filling),
    now: meter && { at: instantOf(now), windows: meter.windows.map(windowNow) },
    helps: refused ? [...waiting(refused, meter, now), ...paying(refused)] : [],
  }
}

function windowThen(window: NonNullable<Explained['window']>) {
  const { kind, windowMs, usedUnits, limitUnits, heldUnits, nextFreeAt, usefulAt, fullAt } = window
  return {
    name: windowMs > 0 ? lengthName(windowMs) : kind,
    rule: kind,
    length_ms: windowMs > 0 ? windowMs : null,
    limit: limitUnits,
    ...toldUnits({ usedUnits, limitUnits }),
    held: heldUnits ?? null,
    next_free: orNever(nextFreeAt),
    useful_again: orNever(usefulAt),
    full: orNever(fullAt),
  }
}

function orNever(at: number | null | undefined) {
  return at === null || at === undefined || !Number.isFinite(at) ? null : instantOf(at)
}

function moneyThen(money: RefusedMoney) {
  const { neededNanos, balanceNanos, takenNanos, walletNanos, walletHeldNanos, capNanos, resetsAt } = money
  const amount = (nanos: number | null) => (nanos === null ? null : amountOf(nanos))
  return {
    why: money.why,
    needed: amount(neededNanos),
    balance: amount(balanceNanos),
    held_or_spent: amount(takenNanos),
    wallet_balance: amount(walletNanos),
    wallet_held: amount(walletHeldNanos),
    cap: amount(capNanos),
    cap_resets: orNever(resetsAt),
  }
}

function filledBy({ total, recent, hours, others, givenBackUnits, returnsAt }: Filling) {
  const spanOf = (span: { readonly firstAt: number; readonly lastAt: number }) => ({
    returns_from: instantOf(returnsAt(span.firstAt)),
    returns_by: instantOf(returnsAt(span.lastAt)),
  })
  return {
    requests: total.requests,
    units: total.units,
    given_back_from_earlier: givenBackUnits,
    recent: recent.map(({ id, at, units, key, model }) => ({
      id: idText(id),
      at: instantOf(at),
      units,
      key: { prefix: keyPrefix(key), name: key.name },
      model,
      returns: instantOf(returnsAt(at)),
    })),
    hours: hours.map(({ hourAt, requests, units, key, model, ...span }) => ({
      hour: instantOf(hourAt),
      requests,
      units,
      key: { prefix: keyPrefix(key), name: key.name },
      model,
      ...spanOf(span),
    })),
    other_members: others && { requests: others.requests, units: others.units, ...spanOf(others) },
  }
}

function windowNow(span: SpanReport) {
  return {
    name: windowName(span),
    limit: span.limitUnits,
    ...toldUnits(span),
    next_free: orNever(span.nextFreeAt),
    full: orNever(span.fullAt),
    returns: span.returns().map(({ at, units }) => ({ at: instantOf(at), units })),
  }
}

function waiting({ window, units, money }: RefusalRecord, meter: MeterReport | null, now: number): string[] {
  if (money?.resetsAt != null && !window)
    return [`Wait: the cap of the month ends at ${isoSeconds(money.resetsAt)}.`]
  if (!window) return []
  if (window.nextFreeAt === null) {
    return [`Ask for less: ${units} units never fit into a window of ${window.limitUnits}.`]
  }
  if (!meter) return [`Wait: it was to fit again at ${isoSeconds(window.nextFreeAt)}.`]
  const fitsAt = Math.max(...meter.windows.map((span) => fitsIn(span, units, now)))
  if (fitsAt <= now) return ['It fits now.']
  return [`Wait: it fits again at ${isoSeconds(fitsAt)}${units > 1 ? ' at the latest' : ''}.`]
}

/** Of several units as the curve knows it, whose points are exact and few. */
function fitsIn(span: SpanReport, units: number, now: number): number {
  const missing = units - (span.limitUnits - span.usedUnits)
  if (missing <= 0) return now
  if (units === 1) return span.nextFreeAt
  return span.returns().find((back) => back.units >= missing)?.at ?? span.fullAt
}

function paying({ why, money }: RefusalRecord): string[] {
  return [...(money ? moneyHelps(why, money) : []), ...whyHelps[why]]
}

function moneyHelps(why: RefusalRecord['why'], money: RefusedMoney): string[] {
  if (money.why !== 'shortage') return [moneyOffHelps[money.why]]
  const needed = amountHelp(why, money)
  const heldNanos = (money.takenNanos ?? 0) + (money.walletHeldNanos ?? 0)
  if (heldNanos === 0) return [needed]
  return [needed, `Wait: running requests held ${formatUsd(heldNanos)}, and give back what they do not use.`]
}

/** An API key spends the wallet and nothing else, a Token Plan Key credits and the wallet only where it is told of. */
function amountHelp(why: RefusalRecord['why'], { neededNanos, walletNanos }: RefusedMoney): string {
  const needed = neededNanos ?? 0
  if (why === 'wallet-empty') return `Money: this request may need ${formatUsd(needed)}; top up the wallet.`
  const orWallet = walletNanos === null ? '' : ' or top up the wallet'
  return `Money: this request may need ${formatCredits(needed)} credits; add credits${orWallet}.`
}

/** Switches and caps are the operator's to set (docs/api/operator.md). */
const moneyOffHelps: Readonly<Record<Exclude<RefusedMoney['why'], 'shortage'>, string>> = {
  'no-access': 'Credits: the operator of this server can give this member access to those of the team.',
  'overflow-off': 'Credits: the operator of this server can switch automatic overflow on for this member.',
  member: 'The cap of this member: the operator of this server can raise it.',
  key: 'The cap of this key: the operator of this server can raise it.',
  wallet: 'The cap of the wallet behind the credits: the operator of this server can raise it.',
}

const SEAT = 'Upgrade, or take another seat.'
const API_KEY = 'Put an API key in place of the Token Plan Key: it spends the wallet.'
const whyHelps: Readonly<Record<RefusalRecord['why'], readonly string[]>> = {
  'outside-coverage': [API_KEY],
  'not-in-plan': ['Choose a plan with this model.', API_KEY],
  'no-plan': ['Ask the owner of the team for a seat or for access to credits.', API_KEY],
  'window-empty': [SEAT, API_KEY],
  'credits-empty': ['Ask the owner of the team for a seat.', API_KEY],
  'wallet-empty': [],
  'cap-reached': [],
}
