import { type Entitlement, quotasAt, type WindowRule } from '../catalogue/catalogue.ts'
import type { Row, Store } from '../store/sqlite.ts'
import { poolOf } from './decide.ts'
import { type Ending, endings, type KeyKind, type Part, type Pool, type Tokens } from './op.ts'

/** What the rows say of one request. Instants are plan time; of money an account says whose it is. */
export type RequestRecord = {
  readonly id: number
  readonly at: number
  readonly team: { readonly id: number; readonly name: string }
  readonly member: number
  readonly key: { readonly kind: KeyKind; readonly publicId: string; readonly name: string }
  readonly subscription: number | null
  readonly resource: string
  readonly model: string
  readonly pool: Pool
  readonly askedUnits: number
  /** Of these the plan's. */
  readonly planUnits: number
  /** As it was just before; null where the plan pays none of it. `rules`: more than one where the rows leave it open. */
  readonly window: {
    readonly usedUnits: number
    readonly limitUnits: number
    readonly rules: readonly WindowRule[]
  } | null
  readonly priceVersion: number
  readonly held: readonly Share[]
  readonly slices: readonly (Share & { readonly number: number; readonly at: number })[]
  readonly end: RecordedEnd | null
  readonly charges: readonly Share[]
  readonly late: LateEnd | null
  readonly corrections: readonly RecordedCorrection[]
}

export type Share = {
  readonly account: number
  readonly pool: Part['pool']
  /** Of credits. */
  readonly lot: { readonly kind: 'granted' | 'bought'; readonly expiresAt: number } | null
  readonly nanos: number
}

export type LateEnd = {
  readonly at: number
  readonly ending: Ending
  /** null: written by a version that did not count them. */
  readonly madeUnits: number | null
  readonly absorbedNanos: number
  readonly tokens: Tokens
}

/** `planUnits`: those that the plan keeps. */
export type RecordedEnd = LateEnd & { readonly planUnits: number; readonly nanos: number }

export type RecordedCorrection = {
  readonly id: number
  readonly at: number
  readonly units: number
  readonly nanos: number
  readonly reason: string
  readonly shares: readonly Share[]
}

const HOLD = `select hold.*, team.name as team_name, resource_label.name as resource_name,
    model_label.name as model_name, secret.kind as key_kind, secret.public_id, secret.name as key_name,
    subscription.entitlements
  from hold left join subscription on subscription.id = hold.subscription
    left join team on team.id = hold.team left join label resource_label on resource_label.id = hold.resource
    left join label model_label on model_label.id = hold.model left join secret on secret.id = hold.secret
  where hold.id = ?`
const ACCOUNT = 'account.id as account, account.kind as account_kind, lot.kind as lot_kind, lot.expires_at'
const HELD = `select hold_part.nanos, ${ACCOUNT} from hold_part join account on account.id = hold_part.account
  left join lot on lot.account = account.id where hold_part.hold = ?`
const SLICES = `select slice.number, slice.at, slice.nanos, ${ACCOUNT} from slice
  join account on account.id = slice.account left join lot on lot.account = account.id
  where slice.hold = ? order by slice.number, slice.account`
const CHARGES = `select -entry.nanos as nanos, ${ACCOUNT} from entry join account on account.id = entry.account
  left join lot on lot.account = account.id where entry.tx = ? and account.team is not null`
const GIVEN_BACK = `select correction.id as correction, entry.nanos, ${ACCOUNT} from correction
  join entry on entry.tx = correction.id join account on account.id = entry.account
  left join lot on lot.account = account.id where correction.hold = ? and account.team is not null`

/** Everything that the books hold about a request; null for one that was never admitted. */
export async function readRequest(store: Pick<Store, 'read'>, id: number): Promise<RequestRecord | null> {
  const [hold] = await store.read(HOLD, [id])
  if (!hold) return null
  const [held, slices, charges, [end], [late], corrections, givenBack] = await Promise.all([
    store.read(HELD, [id]),
    store.read(SLICES, [id]),
    store.read(CHARGES, [id]),
    store.read('select * from hold_end where hold = ?', [id]),
    store.read('select * from late_end where hold = ?', [id]),
    store.read('select id, at, units, nanos, reason from correction where hold = ? order by id', [id]),
    store.read(GIVEN_BACK, [id]),
  ])
  const shares = { held: held.map(shareOf).sort(inOrder), slices: slices.map(sliceOf) }
  return {
    ...askedFor(hold, [...shares.held, ...shares.slices]),
    ...shares,
    end: end ? endOf(end) : null,
    charges: charges.map(shareOf).sort(inOrder),
    late: late ? lateOf(late) : null,
    corrections: corrections.map((row) => correctionOf(row, givenBack)),
  }
}

type AskedFor = Omit<RequestRecord, 'held' | 'slices' | 'end' | 'charges' | 'late' | 'corrections'>

function askedFor(row: Row, shares: readonly Share[]): AskedFor {
  const subscription = row.subscription === null ? null : Number(row.subscription)
  const [askedUnits, planUnits] = [Number(row.asked_units), Number(row.units)]
  const kind = row.key_kind === 'api' ? 'api' : 'plan'
  const planAlone = subscription !== null && planUnits === askedUnits
  return {
    id: Number(row.id),
    at: Number(row.at),
    team: { id: Number(row.team), name: String(row.team_name ?? '') },
    member: Number(row.member),
    key: { kind, publicId: String(row.public_id ?? ''), name: String(row.key_name ?? '') },
    subscription,
    resource: String(row.resource_name ?? ''),
    model: String(row.model_name ?? ''),
    pool: planAlone ? 'plan' : poolOf(subscription !== null, shares, kind),
    askedUnits,
    planUnits,
    window: subscription === null ? null : windowOf(row),
    priceVersion: Number(row.price_version),
  }
}

/** The row has the length of a sliding window alone; of the others the one is meant that was sold with its limit. */
function windowOf(row: Row): RequestRecord['window'] {
  const [usedUnits, limitUnits, windowMs] = [
    Number(row.used_units),
    Number(row.limit_units),
    Number(row.window_ms),
  ]
  const sold = JSON.parse(String(row.entitlements ?? '[]')) as Entitlement[]
  const entitlement = sold.find(({ resource }) => resource === row.resource_name)
  const quotas = (entitlement ? quotasAt(entitlement, Number(row.at)) : []).filter(({ rule }) =>
    windowMs > 0 ? rule.kind === 'sliding' && rule.windowMs === windowMs : rule.kind !== 'sliding',
  )
  const ofLimit = quotas.filter((quota) => quota.limitUnits === limitUnits)
  return { usedUnits, limitUnits, rules: (ofLimit.length > 0 ? ofLimit : quotas).map(({ rule }) => rule) }
}

function shareOf(row: Row): Share {
  const isLot = row.account_kind === 'lot'
  const kind = row.lot_kind === 'granted' ? 'granted' : 'bought'
  return {
    account: Number(row.account),
    pool: isLot ? 'credits' : 'wallet',
    lot: isLot ? { kind, expiresAt: Number(row.expires_at) } : null,
    nanos: Number(row.nanos),
  }
}

function sliceOf(row: Row): RequestRecord['slices'][number] {
  return { ...shareOf(row), number: Number(row.number), at: Number(row.at) }
}

/** As they were asked: lots in the order in which they burn, then the wallet. */
function inOrder(a: Share, b: Share): number {
  const expiry = (share: Share) => share.lot?.expiresAt ?? Number.MAX_SAFE_INTEGER
  const isBought = (share: Share) => Number(share.lot?.kind === 'bought')
  return expiry(a) - expiry(b) || isBought(a) - isBought(b) || a.account - b.account
}

function lateOf(row: Row): LateEnd {
  return {
    at: Number(row.at),
    ending: endingNumbered(Number(row.ending)),
    madeUnits: row.made_units === null ? null : Number(row.made_units),
    absorbedNanos: Number(row.absorbed_nanos),
    tokens: {
      input: Number(row.input_tokens),
      output: Number(row.output_tokens),
      cacheRead: Number(row.cache_read_tokens),
      cacheWrite: Number(row.cache_write_tokens),
      estimated: Number(row.estimated) === 1,
    },
  }
}

function endOf(row: Row): RecordedEnd {
  return { ...lateOf(row), planUnits: Number(row.units), nanos: Number(row.nanos) }
}

function endingNumbered(number: number): Ending {
  const [name] = Object.entries(endings).find(([, stored]) => stored === number) ?? []
  if (name === undefined) throw new RangeError(`no ending has the number ${number}`)
  return name as Ending
}

function correctionOf(row: Row, givenBack: readonly Row[]): RecordedCorrection {
  const id = Number(row.id)
  const ours = givenBack.filter(({ correction }) => Number(correction) === id)
  return {
    id,
    at: Number(row.at),
    units: Number(row.units),
    nanos: Number(row.nanos),
    reason: String(row.reason),
    shares: ours.map(shareOf).sort(inOrder),
  }
}
