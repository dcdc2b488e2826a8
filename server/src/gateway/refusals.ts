import {
  type Capped,
  isCapped,
  type NoMoney,
  type Refusal,
  type Shortage,
  toldUnits,
  type WindowReport,
} from '../book/refusal.ts'
import type { Model, Unit } from '../catalogue/catalogue.ts'
import { isoSeconds } from '../clock.ts'
import { Fault } from '../faults.ts'
import type { Dialect } from '../modalities/dialect.ts'
import { formatCredits, formatUsd } from '../money.ts'

type About = {
  readonly asked: string
  readonly model: Model
  readonly dialect: Dialect
  readonly now: number
  /** How many of what the request asked for. */
  readonly units: number
  readonly unit: Unit
}

/** A refusal of the book in words: what is used up, by how much, when it comes back and what helps (design §4.14). */
export function faultOf(refusal: Refusal, about: About): Fault {
  const { asked, model, dialect } = about
  switch (refusal.why) {
    case 'outside-coverage':
      return new Fault(
        'not_in_plan',
        `${asked}: it is outside what a Token Plan Key covers. To pay as you go, ${switchLine(dialect)}`,
      )
    case 'not-in-plan':
      return new Fault(
        'not_in_plan',
        `${asked}: it is not in this plan. ${noMoneySentence(refusal.credits)} ` +
          `To use it: ${moneyHelp(refusal.credits)}, choose a plan with it, or use your API key.`,
      )
    case 'no-plan':
      return new Fault('no_plan')
    case 'credits-empty':
      return new Fault('credits_empty', creditsSentence(refusal.shortage).slice(0, -1))
    case 'wallet-empty':
      return new Fault('wallet_empty', walletSentence(refusal.shortage, model))
    case 'cap-reached':
      return capFault(refusal.capped, about)
    case 'window-empty':
      return windowFault(refusal, about)
  }
}

function windowFault(refusal: Refusal & { why: 'window-empty' }, about: About): Fault {
  const { dialect, now } = about
  const { limitUnits, usedUnits, nextFreeAt, usefulAt } = refusal.window
  // When it is worth coming back: not before this request fits, and never where it never does.
  const resetsAt = Number.isFinite(nextFreeAt) ? Math.max(usefulAt, nextFreeAt) : null
  const headers = {
    'tokenplan-remaining': String(Math.max(0, limitUnits - usedUnits)),
    'tokenplan-reset': String(secondsUntil(resetsAt ?? usefulAt, now)),
    // Codex shows this sentence and hides ours.
    ...(dialect === 'openai-responses' && { 'x-codex-promo-message': codexSentence(refusal.credits) }),
  }
  return new Fault('window_empty', windowSentence(refusal, about, resetsAt), headers, resetsAt)
}

function codexSentence(credits: NoMoney): string {
  const help = moneyHelp(credits)
  return (
    `${help.charAt(0).toUpperCase()}${help.slice(1)}, upgrade or take another seat, ` +
    'or put your API key in place of the Token Plan Key'
  )
}

/** Whole seconds, rounded up, so that who waits so long finds it true. */
export function secondsUntil(at: number, now: number): number {
  return Number.isFinite(at) ? Math.max(0, Math.ceil((at - now) / 1000)) : 0
}

/** `5-hour`, `7-day`, `30-minute`, `daily`, `weekly`. */
export function windowName({ rule }: Pick<WindowReport, 'rule'>): string {
  return 'windowMs' in rule ? lengthName(rule.windowMs) : rule.kind
}

const LENGTHS = [
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
] as const

/** In days only where they are whole and several: a window of 24 hours is no day of the calendar. */
export function lengthName(ms: number): string {
  const fits = LENGTHS.filter(([name, unitMs]) =>
    name === 'day' ? ms % unitMs === 0 && ms > unitMs : ms >= unitMs,
  )
  const [name, unitMs] = fits.at(-1) ?? ['second', 1_000]
  return `${Math.round((ms / unitMs) * 100) / 100}-${name}`
}

function windowSentence(
  { window, planName, credits }: Refusal & { why: 'window-empty' },
  about: About,
  resetsAt: number | null,
): string {
  const help = `${moneyHelp(credits)}, upgrade or take another seat; or pay as you go: ${switchLine(about.dialect)}`
  const held = window.heldUnits > 0 ? `, ${window.heldUnits} of them running` : ''
  const used = `Token Plan ${planName} (${toldUnits(window).used}/${window.limitUnits} used${held})`
  const money = noMoneySentence(credits)
  if (resetsAt === null) {
    return (
      `this request alone is larger than the ${windowName(window)} window of ${used}: it asks for ${about.units} ` +
      `${about.unit}s, at most ${window.limitUnits} fit. ${money} To go on now: ask for less, ${help}`
    )
  }
  return (
    `${windowName(window)} usage limit reached for ${used}, resets at ${isoSeconds(resetsAt)}. ` +
    `${fitSentence(window, about)}, everything is back at ${isoSeconds(window.fullAt)}. ${money} To go on now: ${help}`
  )
}

function fitSentence({ nextFreeAt }: WindowReport, { units, unit }: About): string {
  return `${units === 1 ? 'A request fits' : `${units} ${unit}s fit`} again at ${isoSeconds(nextFreeAt)}`
}

function noMoneySentence(why: NoMoney): string {
  if (typeof why === 'string') return creditsOff[why]
  // A sentence of its own here; as a fault it goes on after a comma.
  return isCapped(why) ? `T${capSentence(why).slice(1)}.` : creditsSentence(why)
}

/** No window is in it: what is used up is what may be spent in a month. */
function capFault(capped: Capped, { now }: About): Fault {
  const headers = { 'tokenplan-reset': String(secondsUntil(capped.resetsAt, now)) }
  return new Fault('cap_reached', capSentence(capped), headers, capped.resetsAt)
}

function capSentence({ cap, capNanos, spentNanos, neededNanos, resetsAt }: Capped): string {
  const amount = cap === 'member' ? (nanos: number) => `${formatCredits(nanos)} credits` : formatUsd
  return (
    `${caps[cap]} is ${amount(capNanos)} a month; ${amount(spentNanos)} are spent or held by running requests, ` +
    `and this request may need ${amount(neededNanos)}. The month ends at ${isoSeconds(resetsAt)}; what running ` +
    'requests do not use is free again when they end, and the operator of this server can raise the cap'
  )
}

const caps = {
  member: 'the cap on what this member spends beyond the plan',
  key: 'the cap of this key',
  wallet: 'the cap on what the wallet pays beyond plan and credits',
} as const

const creditsOff = {
  'no-access': 'This member has no access to the credits of the team.',
  'overflow-off': 'Automatic overflow to credits is switched off for this member.',
} as const

/** What would make credits pay; switches and caps are the operator's to set (docs/api/operator.md). */
function moneyHelp(why: NoMoney): string {
  if (why === 'no-access') return 'ask the operator of this server for access to credits'
  if (why === 'overflow-off') return 'ask the operator of this server to switch overflow on'
  if (isCapped(why)) return 'ask the operator of this server to raise the cap'
  const heldNanos = why.heldNanos + (why.wallet?.heldNanos ?? 0)
  return heldNanos > 0 ? 'add credits or wait until running requests end' : 'add credits'
}

function creditsSentence({ neededNanos, balanceNanos, heldNanos, wallet }: Shortage): string {
  const beside = wallet
    ? `, and its wallet ${formatUsd(wallet.balanceNanos)}, of which ${formatUsd(wallet.heldNanos)} are held`
    : ''
  return (
    `This request may need ${formatCredits(neededNanos)} credits; the team has ${formatCredits(balanceNanos)}, ` +
    `of which ${formatCredits(heldNanos)} are held by running requests${beside}.`
  )
}

function walletSentence({ neededNanos, balanceNanos, heldNanos }: Shortage, model: Model): string {
  return (
    `a request to ${model.id} may need ${formatUsd(neededNanos)}; the wallet has ${formatUsd(balanceNanos)}, ` +
    `of which ${formatUsd(heldNanos)} are held by running requests`
  )
}

function switchLine(dialect: Dialect): string {
  return `put your API key in place of the Token Plan Key (${keyVariables[dialect]}=sk-api-…).`
}

/** What the clients of a dialect read their key from. */
const keyVariables: Readonly<Record<Dialect, string>> = {
  anthropic: 'ANTHROPIC_AUTH_TOKEN',
  'openai-chat': 'OPENAI_API_KEY',
  'openai-responses': 'OPENAI_API_KEY',
  native: 'MINIMAX_API_KEY',
}
