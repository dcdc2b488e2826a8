import type { Entitlement, WindowRule } from '../../src/catalogue/catalogue.ts'
import {
  type Change,
  type Growth,
  type Lack,
  type LotTerms,
  type Money,
  type Outcome,
  priceOf,
  type Request,
  type Rules,
  secretOf,
  type Terms,
  table,
  type Verdict,
} from './terms.ts'

type End = { at: number; madeUnits: number; units: number; charges: Money[]; absorbedNanos: number }
/** `units` are the plan's, `asked` all of them. */
type Hold = Request & {
  at: number
  /** Of UTC. */
  month: string
  asked: number
  parts: readonly Money[]
  slices: (readonly Money[])[]
  end: End | null
}

/** What the plan pays of a request, and what money has to. */
type Share = { readonly planUnits: number; readonly nanos: number; readonly now: number }

/**
 * What the book should do, in the plainest words there are: a list of everything that was ever held, sums over the whole
 * list at every question; no ring, no counter, no cache. Slow and obviously right (design §4 and §6).
 */
export class ReferenceModel {
  readonly terms: Terms
  rules: Rules
  readonly lots: LotTerms[]
  #holds: Hold[] = []
  #forgotten: Hold[] = []
  #funds: Money[] = []
  #expired: Money[] = []

  constructor(terms: Terms) {
    this.terms = terms
    this.rules = terms.rules
    this.lots = [...terms.lots]
  }

  ask(request: Request, now: number): Verdict {
    const all = { planUnits: 0, nanos: request.nanos, now }
    if (request.keyKind === 'api') {
      const paid = this.#pay(request, all)
      return typeof paid === 'object'
        ? paid
        : refusal(paid === 'short' ? 'wallet-empty' : 'cap-reached', paid)
    }
    if (request.resource === null) return refusal('outside-coverage', null)
    const { endsAt } = this.terms
    const subscribed = request.seated && (endsAt === null || now < endsAt)
    const entitlement = subscribed ? this.entitlement(request, now) : undefined
    // All windows must have room (§4.1).
    const left = entitlement ? Math.min(...this.lefts(entitlement.resource, now)) : 0
    if (entitlement && left >= request.units)
      return this.#hold(request, { planUnits: request.units, nanos: 0, now }, [])
    const rest = request.unitPrice && left > 0 ? priceOf(request.units - left, request.unitPrice) : null
    const paid = this.#pay(request, rest === null ? all : { planUnits: left, nanos: rest, now })
    if (typeof paid === 'object') return paid
    if (entitlement) return refusal('window-empty', paid)
    if (paid === 'wallet' || paid === 'key' || paid === 'member') return refusal('cap-reached', paid)
    if (subscribed) return refusal('not-in-plan', null)
    return paid === 'short' ? refusal('credits-empty', paid) : refusal('no-plan', null)
  }

  /** Further money for a stream; from any pool that pays for its key now (§4.9). */
  more(id: number, nanos: number, now: number): Growth {
    const hold = this.#running(id)
    const parts = this.#parts(hold, { nanos, at: hold.at, now })
    if (typeof parts === 'string') return { lack: parts }
    hold.slices.push(parts)
    return { pool: this.#poolOf(hold), parts: partsOf(hold) }
  }

  end(id: number, outcome: Outcome, at: number): End {
    const hold = this.#running(id)
    const { ending, price, made } = outcome
    const { keeps, owes } = table[ending]
    const came = made === null ? hold.asked * keeps : owes ? made : 0
    const madeUnits = ending === 'crashed' ? hold.crashUnits : Math.min(hold.asked, came)
    // Of what was made the plan pays first, money the rest (§4.6).
    const units = Math.min(madeUnits, hold.units)
    const due = hold.unitPrice ? priceOf(Math.max(0, came - hold.units), hold.unitPrice) : price
    let rest = hold.units < hold.asked && owes ? due : 0
    // What was taken last is given back first, so what was taken first is charged first (§4.6).
    const charges = partsOf(hold).map((part) => {
      const nanos = Math.min(part.nanos, rest)
      rest -= nanos
      return { account: part.account, nanos }
    })
    hold.end = { at, madeUnits, units, charges, absorbedNanos: rest }
    return hold.end
  }

  change(change: Change): void {
    const { members, keyCaps } = this.rules
    const account = this.terms.wallet.account + 1 + this.lots.length
    if (change.kind === 'top-up') this.#funds.push({ ...this.terms.wallet, nanos: change.nanos })
    else if (change.kind === 'lot') this.lots.push({ ...change.lot, account })
    else if (change.kind === 'access')
      this.rules = { ...this.rules, members: members.with(change.who, change) }
    else if (change.kind === 'switch') this.rules = { ...this.rules, walletSwitch: change }
    else this.rules = { ...this.rules, keyCaps: keyCaps.with(change.secret, change.capNanos) }
  }

  /** What an expired lot still has goes; what a running request holds of it stays (§4.7). */
  expire(now: number): Money[] {
    const gone = this.lots
      .filter((lot) => lot.expiresAt <= now)
      .map((lot) => ({ account: lot.account, nanos: this.balanceOf(lot) - this.heldIn(lot) }))
      .filter(({ nanos }) => nanos > 0)
    this.#expired.push(...gone)
    return gone
  }

  /** What was never written was never taken. */
  forget(id: number): void {
    this.#forgotten.push(...this.#holds.filter((hold) => hold.id === id))
    this.#holds = this.#holds.filter((hold) => hold.id !== id)
  }

  /** It was written after all, though nobody was told so. */
  recall(id: number): void {
    this.#holds.push(...this.#forgotten.filter((hold) => hold.id === id))
    this.#holds.sort((a, b) => a.at - b.at || a.id - b.id)
    this.#forgotten = this.#forgotten.filter((hold) => hold.id !== id)
  }

  /** Its end was never written. */
  reopen(id: number): void {
    for (const hold of this.#holds) if (hold.id === id) hold.end = null
  }

  get holds(): readonly Readonly<Hold>[] {
    return this.#holds
  }

  get forgotten(): readonly Readonly<Hold>[] {
    return this.#forgotten
  }

  forgetSlice(id: number): void {
    this.#running(id).slices.pop()
  }

  keepExpiries(gone: readonly Money[]): void {
    this.#expired = gone.map(({ account, nanos }) => ({ account, nanos }))
  }

  forgetExpiry(gone: Money): void {
    const index = this.#expired.findIndex(
      ({ account, nanos }) => account === gone.account && nanos === gone.nanos,
    )
    this.#expired.splice(index, 1)
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
    const charged = total(this.#holds.map((hold) => inAccount(account, hold.end?.charges ?? [])))
    return account.nanos + inAccount(account, this.#funds) - charged - inAccount(account, this.#expired)
  }

  heldIn(account: Money): number {
    return total(this.#holds.map((hold) => (hold.end ? 0 : inAccount(account, partsOf(hold)))))
  }

  absorbed(): number {
    return total(this.#holds.map((hold) => hold.end?.absorbedNanos ?? 0))
  }

  /** Charged or still held, of requests of the month of `now`, whenever they end. */
  spent(now: number, of: (hold: Hold, money: Money) => boolean): number {
    const month = monthName(now)
    const holds = this.#holds.filter((hold) => hold.month === month)
    return total(
      holds.flatMap((hold) =>
        (hold.end?.charges ?? partsOf(hold)).map((money) => (of(hold, money) ? money.nanos : 0)),
      ),
    )
  }

  /** Beyond the plan: credits and wallet. */
  spentBy(who: number, now: number): number {
    return this.spent(now, (hold) => hold.keyKind === 'plan' && hold.who === who)
  }

  spentWith(secret: number, now: number): number {
    return this.spent(now, (hold) => secretOf(hold) === secret)
  }

  /** Of the wallet, with Token Plan Keys. */
  overflowed(now: number): number {
    return this.spent(now, (hold, { account }) => hold.keyKind === 'plan' && this.#isWallet(account))
  }

  #isWallet(account: number): boolean {
    return account === this.terms.wallet.account
  }

  #running(id: number): Hold {
    const hold = this.#holds.find((held) => held.id === id)
    if (!hold || hold.end) throw new Error(`${id} is not running`)
    return hold
  }

  /** Earliest expiry first, granted before bought (§4.7). */
  #burning(now: number): LotTerms[] {
    const live = this.lots.filter((lot) => now < lot.expiresAt)
    const kinds = ['granted', 'bought']
    return live.sort(
      (a, b) =>
        a.expiresAt - b.expiresAt || kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || a.account - b.account,
    )
  }

  /** All of it, or nothing is taken. */
  #pay(request: Request, { planUnits, nanos, now }: Share): Verdict | Lack {
    const parts = this.#parts(request, { nanos, at: now, now })
    return typeof parts === 'string' ? parts : this.#hold(request, { planUnits, nanos, now }, parts)
  }

  #hold(request: Request, { planUnits: units, now }: Share, parts: readonly Money[]): Verdict {
    const month = monthName(now)
    const hold = { ...request, at: now, month, asked: request.units, units, parts, slices: [], end: null }
    this.#holds.push(hold)
    return { pool: this.#poolOf(hold), units, parts }
  }

  /** Credits, then the wallet where it takes part; or the first reason why not. `at`: when the request was held. */
  #parts(by: Request, { nanos, at, now }: { nanos: number; at: number; now: number }): Money[] | Lack {
    const { members, walletSwitch, keyCaps } = this.rules
    const member = members[by.who]
    const isPlan = by.keyKind === 'plan'
    if (isPlan && !member?.creditsAccess) return 'no-access'
    if (isPlan && !member?.overflow) return 'overflow-off'
    const wallet = !isPlan || walletSwitch.on ? [this.terms.wallet] : []
    let missing = nanos
    const parts: Money[] = []
    for (const account of [...(isPlan ? this.#burning(now) : []), ...wallet]) {
      const taken = Math.min(missing, this.balanceOf(account) - this.heldIn(account))
      if (taken > 0) parts.push({ account: account.account, nanos: taken })
      missing -= taken
    }
    if (missing > 0) return 'short'
    if (nanos === 0) return []
    // Of a month that is over nothing is counted any more, whatever its streams still need.
    const counted = (spent: number) => (monthName(at) === monthName(now) ? spent : 0)
    const over = (cap: number | null | undefined, spent: number, more: number) =>
      typeof cap === 'number' && more > 0 && counted(spent) + more > cap
    const overflow = total(parts.map((part) => (isPlan && this.#isWallet(part.account) ? part.nanos : 0)))
    if (over(walletSwitch.capNanos, this.overflowed(now), overflow)) return 'wallet'
    const secret = secretOf(by)
    if (over(keyCaps[secret], this.spentWith(secret, now), nanos)) return 'key'
    if (isPlan && over(member?.capNanos, this.spentBy(by.who, now), nanos)) return 'member'
    return parts
  }

  /** In the order in which they pay; what costs nothing is said to be paid by the first that would have. */
  #poolOf({ units, asked, keyKind, ...hold }: Hold): string {
    if (units === asked) return 'plan'
    const paying = partsOf(hold).map(({ account }) => this.#isWallet(account))
    const wallet = keyKind === 'api' || paying.includes(true)
    const credits = keyKind === 'plan' && (paying.includes(false) || !wallet)
    return [units > 0 && 'plan', credits && 'credits', wallet && 'wallet'].filter(Boolean).join('+')
  }
}

function refusal(why: string, lack: Lack | null): Verdict {
  return { why, lack }
}

/** What was held at first, then slice after slice; an account that pays again pays more in its old place. */
function partsOf({ parts, slices }: Pick<Hold, 'parts' | 'slices'>): Money[] {
  const all = [...parts, ...slices.flat()]
  const accounts = [...new Set(all.map(({ account }) => account))]
  return accounts.map((account) => ({ account, nanos: inAccount({ account }, all) }))
}

function monthName(at: number): string {
  return new Date(at).toISOString().slice(0, 7)
}

/** A promotion that has ended leaves its base (§4.4). */
export function limitOf({ quotas, promotion }: Entitlement, index: number, now: number): number {
  const over = promotion && promotion.endsAt !== null && now >= promotion.endsAt
  return (over ? promotion.baseQuotas : quotas)[index]?.limitUnits ?? 0
}

function inAccount({ account }: Pick<Money, 'account'>, parts: readonly Money[]): number {
  return total(parts.map((part) => (part.account === account ? part.nanos : 0)))
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}

type ZonedRule = Extract<WindowRule, { readonly zone: string }>
/** Asked for the same instants again and again; formatting a date is slow. */
const names = new WeakMap<ZonedRule, Map<number, string>>()

/**
 * The date on the wall there, or that of the week's Monday, or the date and the slot's number: equal names, same period.
 * Slots here change at no hour that comes twice.
 */
export function periodName(rule: ZonedRule, at: number): string {
  const known = names.get(rule) ?? new Map<number, string>()
  names.set(rule, known)
  const name = known.get(at) ?? nameOf(rule, at)
  known.set(at, name)
  return name
}

function nameOf(rule: ZonedRule, at: number): string {
  const { kind, zone } = rule
  const wall = dateIn(zone).format(at)
  const monday = new Date(`${wall}T00:00:00Z`)
  if (kind === 'weekly') monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7))
  const name = monday.toISOString().slice(0, 10)
  return kind === 'slot' ? `${name} ${Math.floor((hourIn(zone, at) * 3_600_000) / rule.windowMs)}` : name
}

const dates = new Map<string, Intl.DateTimeFormat>()

function dateIn(zone: string): Intl.DateTimeFormat {
  const date = dates.get(zone) ?? new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' })
  dates.set(zone, date)
  return date
}

const hours = new Map<string, Intl.DateTimeFormat>()

function hourIn(zone: string, at: number): number {
  const options = { timeZone: zone, hour: 'numeric', hourCycle: 'h23' } as const
  const hour = hours.get(zone) ?? new Intl.DateTimeFormat('en-US', options)
  hours.set(zone, hour)
  return Number(hour.format(at))
}
