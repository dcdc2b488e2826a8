import type { Hono } from 'hono'
import type { Book, MeterReport, SpanReport } from '../book/book.ts'
import { spendable } from '../book/lots.ts'
import { toldUnits } from '../book/refusal.ts'
import { type CapUse, capUse } from '../book/spending.ts'
import type { TeamState } from '../book/state.ts'
import type { Return } from '../book/windows/window.ts'
import type { Catalogue, Model, Resource, Unit } from '../catalogue/catalogue.ts'
import { Fault } from '../faults.ts'
import { windowName } from '../gateway/refusals.ts'
import { type Caller, type Keyring, presentedSecret } from '../keys/keyring.ts'
import type { Nanos } from '../money.ts'
import type { Store } from '../store/sqlite.ts'
import { errorBody } from './error-body.ts'

/** What a key may know of itself: what is left, when it comes back, what else can pay. Instants in ms of plan time. */
export type OwnQuota = {
  readonly kind: Caller['kind']
  readonly team: { readonly id: string; readonly name: string }
  readonly plan: { readonly name: string; readonly endsAt: number | null } | null
  readonly now: number
  readonly resources: readonly ResourceQuota[]
  /** null for an API key and for a member without access to the team's credits. */
  readonly credits: Credits | null
  /** null for a Token Plan Key. */
  readonly wallet: { readonly balanceNanos: Nanos; readonly heldNanos: Nanos } | null
  /** What the wallet pays for a Token Plan Key; null where it does not step in. */
  readonly walletOverflow: { readonly spendableNanos: Nanos; readonly cap: CapUse | null } | null
  /** The most this key spends in a month; null without a cap. */
  readonly keyCap: CapUse | null
}

export type ResourceQuota = Pick<Resource, 'id' | 'title' | 'shownAs'> & {
  readonly unit: Unit
  readonly inPlan: boolean
  /** An engine of this server makes it. */
  readonly served: boolean
  /** All of them must have room. */
  readonly windows: readonly WindowQuota[]
}

export type WindowQuota = {
  /** `5-hour`, `daily`, `weekly`, `7-day`: the word that refusals use. */
  readonly name: string
  /** Units of running requests are counted in; they are told in `held` too. */
  readonly used: number
  readonly held: number
  readonly limit: number
  /** Units of an earlier window that were given back in this one, beside its limit. */
  readonly granted: number
  /** limit − used + granted: more than the limit where units are granted. */
  readonly left: number
  readonly startsAt: number
  readonly endsAt: number
  readonly nextFreeAt: number
  readonly usefulAt: number
  readonly fullAt: number
  readonly returns: readonly Return[]
}

export type Credits = {
  /** False while automatic overflow is switched off for this member. */
  readonly takesPart: boolean
  /** Of what has not expired. */
  readonly balanceNanos: Nanos
  /** By running requests, also of lots that have expired since: a hold keeps its lot. */
  readonly heldNanos: Nanos
  /** What this key can spend now: no more than the caps leave. */
  readonly spendableNanos: Nanos
  /** The most this member spends beyond the plan in a month; null without a cap. */
  readonly cap: CapUse | null
  readonly lots: readonly {
    readonly kind: 'granted' | 'bought'
    readonly balanceNanos: Nanos
    readonly expiresAt: number
  }[]
}

export type QuotaSources = {
  readonly book: Pick<Book, 'plan' | 'money' | 'now'>
  readonly catalogue: Catalogue
  readonly keyring: Keyring
  readonly makes: (model: Model) => boolean
  readonly read: Store['read']
}

/** `GET /api/own-quota`: the key's own quota, readable with the key alone and never limited. */
export function ownQuota(app: Hono, sources: QuotaSources): void {
  app.get('/api/own-quota', async (c) => {
    const secret = presentedSecret(c.req.header('authorization'), c.req.header('x-api-key'))
    const caller = secret === null ? undefined : await sources.keyring.recognise(secret)
    c.header('cache-control', 'no-store')
    if (!caller) return c.json(errorBody(new Fault(secret === null ? 'key_missing' : 'key_unknown')), 401)
    return c.json(await quotaOf(caller, sources))
  })
}

async function quotaOf(caller: Caller, { book, catalogue, makes, read }: QuotaSources): Promise<OwnQuota> {
  const { kind, team, member, secret, subscription } = caller
  const plan = subscription === null ? null : await book.plan(subscription, team)
  const money = await book.money(team)
  const [row] = await read('select name from team where id = ?', [team])
  // Asked last, so that an instant of the reports above never lies after it by a millisecond.
  const now = book.now()
  const keyCap =
    money && capUse(money.spending, money.keyCaps.get(secret), money.spending.secrets.get(secret), now)
  return {
    kind,
    team: { id: String(team), name: String(row?.name ?? '') },
    plan: plan && { name: plan.name, endsAt: plan.endsAt },
    now,
    resources: kind === 'api' ? [] : resourcesOf(catalogue, plan?.meters ?? [], makes),
    credits: kind === 'plan' && money ? creditsOf(money, member, keyCap, now) : null,
    wallet:
      kind === 'api' && money
        ? { balanceNanos: money.wallet.balanceNanos, heldNanos: money.wallet.heldNanos }
        : null,
    walletOverflow: kind === 'plan' && money ? walletOverflowOf(money, member, keyCap, now) : null,
    keyCap,
  }
}

function resourcesOf(
  catalogue: Catalogue,
  meters: readonly MeterReport[],
  makes: QuotaSources['makes'],
): ResourceQuota[] {
  const made = [...catalogue.models.values()].filter(makes)
  return [...catalogue.resources.values()].map(({ id, title, unit, shownAs }) => {
    const spans = meters.find(({ resource }) => resource === id)?.windows ?? []
    // A promotion that ended over a base of nothing leaves a limit of 0, which is no right to the resource.
    const inPlan = spans.length > 0 && spans.every(({ limitUnits }) => limitUnits > 0)
    const served = made.some(({ resource }) => resource === id)
    return { id, title, unit, shownAs, inPlan, served, windows: inPlan ? spans.map(windowQuota) : [] }
  })
}

function windowQuota(span: SpanReport): WindowQuota {
  const { used, granted, left } = toldUnits(span)
  return {
    name: windowName(span),
    used,
    // A request that began before the window's own beginning is running, but no longer counted by it.
    held: Math.min(span.heldUnits, used),
    limit: span.limitUnits,
    granted,
    left,
    startsAt: span.startsAt,
    endsAt: span.endsAt,
    nextFreeAt: span.nextFreeAt,
    usefulAt: span.usefulAt,
    fullAt: span.fullAt,
    returns: span.returns(),
  }
}

/** It stands behind the credits, so it pays for those alone who may spend them. */
function walletOverflowOf(
  money: TeamState,
  member: number,
  keyCap: CapUse | null,
  now: number,
): OwnQuota['walletOverflow'] {
  const access = money.members.get(member)
  const { on, capNanos } = money.walletSwitch
  if (!on || !access?.creditsAccess || !access.overflow) return null
  const cap = capUse(money.spending, capNanos, money.spending.overflowNanos, now)
  const spendableNanos = within(spendable(money.wallet), cap, keyCap, memberCapOf(money, member, now))
  return { spendableNanos, cap }
}

function memberCapOf({ members, spending }: TeamState, member: number, now: number): CapUse | null {
  return capUse(spending, members.get(member)?.capNanos, spending.members.get(member), now)
}

/** The most that the caps leave of it. */
function within(nanos: Nanos, ...caps: readonly (CapUse | null)[]): Nanos {
  const left = caps.map((cap) => (cap ? cap.limitNanos - cap.spentNanos : nanos))
  return Math.max(0, Math.min(nanos, ...left))
}

function creditsOf(money: TeamState, member: number, keyCap: CapUse | null, now: number): Credits | null {
  const access = money.members.get(member)
  if (!access?.creditsAccess) return null
  const lots = money.lots.filter((lot) => lot.expiresAt > now && lot.balanceNanos > 0)
  const spendableNanos = lots.reduce((sum, lot) => sum + spendable(lot), 0)
  const cap = memberCapOf(money, member, now)
  return {
    takesPart: access.overflow,
    balanceNanos: lots.reduce((sum, lot) => sum + lot.balanceNanos, 0),
    heldNanos: money.lots.reduce((sum, lot) => sum + lot.heldNanos, 0),
    spendableNanos: access.overflow ? within(spendableNanos, cap, keyCap) : 0,
    cap,
    lots: lots.map(({ kind, balanceNanos, expiresAt }) => ({ kind, balanceNanos, expiresAt })),
  }
}
