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
import { Fault, faults } from '../faults.ts'
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
        `${asked}: it is not in this plan and there are no credits for it. ${faults.not_in_plan.hint}`,
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
  const { limitUnits, usedUnits, usefulAt } = refusal.window
  const headers = {
    'tokenplan-remaining': String(Math.max(0, limitUnits - usedUnits)),
    'tokenplan-reset': String(secondsUntil(usefulAt, now)),
    // Codex shows this sentence and hides ours.
    ...(dialect === 'openai-responses' && { 'x-codex-promo-message': CODEX_SENTENCE }),
  }
  return new Fault('window_empty', windowSentence(refusal, about), headers, resetsAt(refusal.window))
}

const CODEX_SENTENCE =
  'Add credits, upgrade or take another seat, or put your API key in place of the Token Plan Key'

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

function windowSentence(refusal: Refusal & { why: 'window-empty' }, about: About): string {
  const { window, planName, credits } = refusal
  const held = window.heldUnits > 0 ? `, ${window.heldUnits} of them running` : ''
  const money = noMoneySentence(credits)
  return (
    `${windowName(window)} usage limit reached for Token Plan ${planName} ` +
    `(${toldUnits(window).used}/${window.limitUnits} used${held}), resets at ${isoSeconds(resetsAt(window))}. ` +
    `${fitSentence(window, about)}, everything is back at ${isoSeconds(window.fullAt)}. ${money} ` +
    `To go on now: add credits, upgrade or take another seat; or pay as you go: ${switchLine(about.dialect)}`
  )
}

/** When it is worth coming back: not before this request fits, where it ever does. */
function resetsAt({ usefulAt, nextFreeAt }: WindowReport): number {
  return Number.isFinite(nextFreeAt) ? Math.max(usefulAt, nextFreeAt) : usefulAt
}

function fitSentence({ nextFreeAt, limitUnits }: WindowReport, { units, unit }: About): string {
  if (Number.isFinite(nextFreeAt)) {
    const fits = units === 1 ? 'A request fits' : `${units} ${unit}s fit`
    return `${fits} again at ${isoSeconds(nextFreeAt)}`
  }
  return `This request alone is larger than the window: it asks for ${units} ${unit}s, at most ${limitUnits} fit`
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
  return (
    `${caps[cap]} is ${formatUsd(capNanos)} a month; ${formatUsd(spentNanos)} are spent or held by running requests, ` +
    `and this request may need ${formatUsd(neededNanos)}. The month ends at ${isoSeconds(resetsAt)}; ` +
    `${capRaisers[cap]} can raise it`
  )
}

const caps = {
  member: 'the cap on what this member spends beyond the plan',
  key: 'the cap of this key',
  wallet: 'the cap on what the wallet pays beyond plan and credits',
} as const

const capRaisers = {
  member: 'the owner or an admin',
  key: 'its holder',
  wallet: 'the owner',
} as const

const creditsOff = {
  'no-access': 'This member has no access to the credits of the team; the owner or an admin can give it.',
  'overflow-off': 'Automatic overflow to credits is switched off for this member.',
} as const

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
