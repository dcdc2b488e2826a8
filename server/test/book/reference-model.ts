import type { Entitlement, WindowRule } from '../../src/catalogue/catalogue.ts'

/**
 * What the book should do, in the plainest words there are: a list of everything that was ever held, sums over the whole
 * list at every question; no ring, no counter, no cache. Slow and obviously right (design §4 and §6).
 */
export type Request = {
  readonly id: number
  readonly keyKind: 'plan' | 'api'
  readonly resource: string | null
  readonly highspeed: boolean
  readonly units: number
  readonly nanos: number
  /** Sold one by one: plan and credits may share the request (§4.6). */
  readonly unitPrice: { readonly nanos: number; readonly per: number } | null
  /** Text keeps its unit when we crash, media nothing (§4.10). */
  readonly crashUnits: number
}
/** `made`: of media the pieces that came; null for text, and where the ending says it all. `price`: of all that, in money. */
export type Outcome = { readonly ending: Ending; readonly price: number; readonly made: number | null }
export type Ending = 'done' | 'failed' | 'client-left-before' | 'client-left-after' | 'cut-after' | 'crashed'
export type Pool = 'plan' | 'credits' | 'wallet' | 'plan+credits'

/** Design §4.10: whether a text request keeps its unit, and whether anything was delivered that money or media owe. */
const table: Readonly<Record<Ending, { readonly keeps: 0 | 1; readonly owes: boolean }>> = {
  done: { keeps: 1, owes: true },
  failed: { keeps: 0, owes: false },
  'client-left-before': { keeps: 0, owes: false },
  'client-left-after': { keeps: 1, owes: true },
  'cut-after': { keeps: 0, owes: true },
  crashed: { keeps: 0, owes: false },
}

export type Money = { readonly account: number; readonly nanos: number }
export type LotTerms = Money & { readonly kind: 'granted' | 'bought'; readonly expiresAt: number }
export type Terms = {
  readonly entitlements: readonly Entitlement[]
  readonly endsAt: number | null
  /** Credits access and automatic overflow. */
  readonly creditsTakePart: boolean
  readonly lots: readonly LotTerms[]
  readonly wallet: Money
}
export type Verdict =
  | { readonly pool: Pool; readonly units: number; readonly parts: readonly Money[] }
  | { readonly why: string }

type End = { at: number; madeUnits: number; units: number; charges: Money[]; absorbedNanos: number }
/** `units` are the plan's, `asked` all of them. */
type Hold = Request & { pool: Pool; at: number; asked: number; parts: readonly Money[]; end: End | null }

/** Who pays what of a request. */
type Share = { readonly pool: Pool; readonly planUnits: number; readonly nanos: number; readonly now: number }

export class ReferenceModel {
  readonly terms: Terms
  #holds: Hold[] = []
  #funds: Money[] = []

  constructor(terms: Terms) {
    this.terms = terms
  }

  ask(request: Request, now: number): Verdict {
    const { creditsTakePart, endsAt, wallet } = this.terms
    const all = { planUnits: 0, nanos: request.nanos, now }
    if (request.keyKind === 'api')
      return this.#pay(request, { ...all, pool: 'wallet' }, [wallet]) ?? { why: 'wallet-empty' }
    if (request.resource === null) return { why: 'outside-coverage' }
    const subscribed = endsAt === null || now < endsAt
    const entitlement = subscribed ? this.entitlement(request, now) : undefined
    // All windows must have room (§4.1).
    const left = entitlement ? Math.min(...this.lefts(entitlement.resource, now)) : 0
    if (entitlement && left >= request.units)
      return this.#hold(request, { pool: 'plan', planUnits: request.units, nanos: 0, now }, [])
    const rest = request.unitPrice && left > 0 ? priceOf(request.units - left, request.unitPrice) : null
    const share: Share =
      rest === null
        ? { ...all, pool: 'credits' }
        : { pool: 'plan+credits', planUnits: left, nanos: rest, now }
    const paid = creditsTakePart ? this.#pay(request, share, this.#burning(now)) : null
    if (paid) return paid
    if (entitlement) return { why: 'window-empty' }
    if (subscribed) return { why: 'not-in-plan' }
    return { why: creditsTakePart ? 'credits-empty' : 'no-plan' }
  }

  end(id: number, outcome: Outcome, at: number): End {
    const hold = this.#holds.find((held) => held.id === id)
    if (!hold || hold.end) throw new Error(`${id} is not running`)
    const { ending, price, made } = outcome
    const { keeps, owes } = table[ending]
    const came = made === null ? hold.asked * keeps : owes ? made : 0
    const madeUnits = ending === 'crashed' ? hold.crashUnits : Math.min(hold.asked, came)
    // Of what was made the plan pays first, money the rest (§4.6).
    const units = Math.min(madeUnits, hold.units)
    const due = hold.unitPrice ? priceOf(Math.max(0, came - hold.units), hold.unitPrice) : price
    let rest = hold.pool !== 'plan' && owes ? due : 0
    // What was taken last is given back first, so what was taken first is charged first (§4.6).
    const charges = hold.parts.map((part) => {
      const nanos = Math.min(part.nanos, rest)
      rest -= nanos
      return { account: part.account, nanos }
    })
    hold.end = { at, madeUnits, units, charges, absorbedNanos: rest }
    return hold.end
  }

  fund(money: Money): void {
    this.#funds.push(money)
  }

  /** What was never written was never taken. */
  forget(id: number): void {
    this.#holds = this.#holds.filter((hold) => hold.id !== id)
  }

  used(resource: string, rule: WindowRule, now: number): number {
    if (rule.kind === 'anchored') return this.#usedSinceBegun(resource, rule.windowMs, now)
    let used = 0
    for (const hold of this.#holds) {
      if (hold.resource !== resource) continue
      const back = hold.end ? hold.units - hold.end.units : 0
      if (rule.kind === 'sliding') {
        if (now - hold.at < rule.windowMs) used += hold.units - back
        continue
      }
      if (periodName(rule, hold.at) === periodName(rule, now)) used += hold.units
      // A unit given back after its day has ended is granted for the current day (§4.2).
      if (hold.end && periodName(rule, hold.end.at) === periodName(rule, now)) used -= back
    }
    return used
  }

  /** Each window begins with the first use after the one before has ended; a grant needs one that runs. */
  #usedSinceBegun(resource: string, windowMs: number, now: number): number {
    let begunAt = Number.NEGATIVE_INFINITY
    const holds = this.#holds.filter((hold) => hold.resource === resource && hold.units > 0)
    for (const { at, end } of holds) {
      // What is given back in the millisecond of its taking began nothing.
      const undone = end?.at === at && end.units === 0
      if (!undone && at >= begunAt + windowMs) begunAt = at
    }
    if (now >= begunAt + windowMs) return 0
    const taken = holds.map(({ at, units }) => (at >= begunAt ? units : 0))
    const back = holds.map(({ at, units, end }) =>
      end && (at >= begunAt || end.at > begunAt) ? units - end.units : 0,
    )
    return total(taken) - total(back)
  }

  /** The plan's right to the resource at `now`, if any. */
  entitlement(request: Request, now: number): Entitlement | undefined {
    const found = this.terms.entitlements.find(({ resource }) => resource === request.resource)
    if (!found || (request.highspeed && !found.highspeed)) return undefined
    return limitOf(found, 0, now) > 0 ? found : undefined
  }

  lefts(resource: string, now: number): number[] {
    const entitlement = this.terms.entitlements.find((candidate) => candidate.resource === resource)
    if (!entitlement) return []
    return entitlement.quotas.map(
      ({ rule }, index) => limitOf(entitlement, index, now) - this.used(resource, rule, now),
    )
  }

  heldUnits(resource: string): number {
    return total(this.#holds.map((hold) => (hold.resource === resource && !hold.end ? hold.units : 0)))
  }

  balanceOf(account: Money): number {
    return (
      account.nanos +
      inAccount(account, this.#funds) -
      total(this.#holds.map((hold) => inAccount(account, hold.end?.charges ?? [])))
    )
  }

  heldIn(account: Money): number {
    return total(this.#holds.map((hold) => (hold.end ? 0 : inAccount(account, hold.parts))))
  }

  absorbed(): number {
    return total(this.#holds.map((hold) => hold.end?.absorbedNanos ?? 0))
  }

  /** Earliest expiry first, granted before bought (§4.7). */
  #burning(now: number): LotTerms[] {
    const live = this.terms.lots.filter((lot) => now < lot.expiresAt)
    const kinds = ['granted', 'bought']
    return live.sort(
      (a, b) =>
        a.expiresAt - b.expiresAt || kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || a.account - b.account,
    )
  }

  /** All of it, or nothing is taken. */
  #pay(request: Request, share: Share, accounts: readonly Money[]): Verdict | null {
    let missing = share.nanos
    const parts: Money[] = []
    for (const account of accounts) {
      const nanos = Math.min(missing, this.balanceOf(account) - this.heldIn(account))
      if (nanos > 0) parts.push({ account: account.account, nanos })
      missing -= nanos
    }
    return missing > 0 ? null : this.#hold(request, share, parts)
  }

  #hold(request: Request, { pool, planUnits: units, now }: Share, parts: readonly Money[]): Verdict {
    this.#holds.push({ ...request, pool, at: now, asked: request.units, units, parts, end: null })
    return { pool, units, parts }
  }
}

/** Rounded up once; amounts here are small. */
export function priceOf(units: number, { nanos, per }: { nanos: number; per: number }): number {
  return Math.ceil((units * nanos) / per)
}

/** A promotion that has ended leaves its base (§4.4). */
export function limitOf({ quotas, promotion }: Entitlement, index: number, now: number): number {
  const over = promotion && promotion.endsAt !== null && now >= promotion.endsAt
  return (over ? promotion.baseQuotas : quotas)[index]?.limitUnits ?? 0
}

function inAccount({ account }: Money, parts: readonly Money[]): number {
  return total(parts.map((part) => (part.account === account ? part.nanos : 0)))
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

const names = new Map<string, string>()

/**
 * The date on the wall there, or that of the week's Monday, or the date and the slot's number: equal names, same period.
 * Slots here change at no hour that comes twice.
 */
export function periodName(rule: Extract<WindowRule, { readonly zone: string }>, at: number): string {
  const { kind, zone } = rule
  // Asked for the same instants again and again; formatting a date is slow.
  const known = names.get(`${kind} ${zone} ${at}`)
  if (known) return known
  const wall = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(at)
  const monday = new Date(`${wall}T00:00:00Z`)
  if (kind === 'weekly') monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7))
  const name = monday.toISOString().slice(0, 10)
  const named =
    kind === 'slot' ? `${name} ${Math.floor((hourIn(zone, at) * 3_600_000) / rule.windowMs)}` : name
  names.set(`${kind} ${zone} ${at}`, named)
  return named
}

function hourIn(zone: string, at: number): number {
  const hour = new Intl.DateTimeFormat('en-US', { timeZone: zone, hour: 'numeric', hourCycle: 'h23' })
  return Number(hour.format(at))
}
