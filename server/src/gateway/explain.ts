import type { MeterReport, SpanReport } from '../book/book.ts'
import type { Filling, RefusalRecord, RefusedMoney, RefusedWindow } from '../book/reads-explain.ts'
import type { RequestRecord } from '../book/reads-receipts.ts'
import { toldUnits } from '../book/refusal.ts'
import { isoSeconds } from '../clock.ts'
import { idText } from '../ids.ts'
import { formatUsd } from '../money.ts'
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
    helps: refused ? helpsOf(refused, meter) : [],
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

function helpsOf(refused: RefusalRecord, meter: MeterReport | null): string[] {
  return [...waiting(refused, meter), ...paying(refused)]
}

function waiting({ window, units, money }: RefusalRecord, meter: MeterReport | null): string[] {
  if (money?.resetsAt != null && !window)
    return [`Wait: the cap of the month ends at ${isoSeconds(money.resetsAt)}.`]
  if (!window) return []
  if (window.nextFreeAt === null) {
    return [`Ask for less: ${units} units never fit into a window of ${window.limitUnits}.`]
  }
  const then = isoSeconds(window.nextFreeAt)
  if (!meter) return [`Wait: it was to fit again at ${then}.`]
  if (meter.windows.every((span) => span.limitUnits - span.usedUnits >= units)) return ['It fits now.']
  const next = Math.max(...meter.windows.map(({ nextFreeAt }) => nextFreeAt))
  if (units === 1) return [`Wait: it fits again at ${isoSeconds(next)}.`]
  return [`Wait: it was to fit again at ${then}; the next unit is free at ${isoSeconds(next)}.`]
}

function paying({ why, money }: RefusalRecord): string[] {
  const byMoney = money ? [moneyHelps[money.why](money)] : []
  return [...byMoney, ...whyHelps[why]]
}

const moneyHelps: Readonly<Record<RefusedMoney['why'], (money: RefusedMoney) => string>> = {
  'no-access': () => 'Credits: the owner or an admin can give this member access to those of the team.',
  'overflow-off': () => 'Credits: switch automatic overflow on for this member.',
  shortage: ({ neededNanos }) =>
    `Money: this request may need ${formatUsd(neededNanos ?? 0)}; add credits or top up.`,
  member: () => 'The cap of this member: the owner or an admin can raise it.',
  key: () => 'The cap of this key: its holder can raise it.',
  wallet: () => 'The cap of the wallet behind the credits: the owner can raise it.',
}

const SEAT = 'Upgrade, or take another seat.'
const API_KEY = 'Put an API key in place of the Token Plan Key: it spends the wallet.'
const whyHelps: Readonly<Record<RefusalRecord['why'], readonly string[]>> = {
  'outside-coverage': [API_KEY],
  'not-in-plan': ['A plan with this model, or credits.', API_KEY],
  'no-plan': ['Ask the owner of the team for a seat or for access to credits.', API_KEY],
  'window-empty': [SEAT, API_KEY],
  'credits-empty': ['Ask the owner of the team for a seat.', API_KEY],
  'wallet-empty': [],
  'cap-reached': [],
}
