import type { RecordedCorrection, RecordedEnd, RequestRecord, Share } from '../book/reads-receipts.ts'
import { toldUnits } from '../book/refusal.ts'
import type { WindowRule } from '../catalogue/catalogue.ts'
import { idText } from '../ids.ts'
import type { Plain } from '../keys/signed-document.ts'
import { formatCredits, formatUsd } from '../money.ts'

/** The receipt of a request as its holder gets it: made from the rows whenever it is asked for. Whole numbers alone. */
export function receiptOf(record: RequestRecord): Plain {
  const { id, at, team, member, key, end } = record
  return {
    kind: 'tokenplan.receipt',
    version: 1,
    id: idText(id),
    status: end ? 'ended' : 'running',
    admitted: instantOf(at),
    ended: end ? instantOf(end.at) : null,
    ending: end?.ending ?? null,
    team: { id: String(team.id), name: team.name },
    member: { id: String(member) },
    key: { kind: key.kind, prefix: keyPrefix(key), name: key.name },
    model: record.model,
    resource: record.resource,
    pool: record.pool,
    units: unitsOf(record),
    window: windowOf(record),
    money: moneyOf(record),
    tokens: end && end.ending !== 'crashed' ? tokensOf(end) : null,
    late: record.late && {
      at: instantOf(record.late.at),
      ending: record.late.ending,
      made: record.late.madeUnits,
      absorbed: amountOf(record.late.absorbedNanos),
      tokens: tokensOf(record.late),
    },
    corrections: record.corrections.map(correctionOf),
  }
}

/** What may be shown of a key: enough to tell it from others, nothing that could be used. */
export function keyPrefix({ kind, publicId }: RequestRecord['key']): string {
  return `${kind === 'api' ? 'sk-api-' : 'sk-cp-'}${publicId}`
}

export function instantOf(ms: number): Plain {
  return { ms, iso: new Date(ms).toISOString() }
}

function unitsOf({ askedUnits, planUnits, end }: RequestRecord): Plain {
  return {
    asked: askedUnits,
    // What a crash keeps was not counted as made by anybody: nobody can tell.
    made: end && end.ending !== 'crashed' ? end.madeUnits : null,
    held_by_plan: planUnits,
    paid_by_plan: end ? end.planUnits : null,
  }
}

function windowOf({ window, planUnits }: RequestRecord): Plain {
  if (!window) return null
  const { limitUnits, rules } = window
  const { used, granted, left } = toldUnits(window)
  const [rule, ...others] = rules.map(ruleOf)
  // Of a signed document each word must be certain: of several it is said that it was one of them.
  const isCertain = others.length === 0 && rule
  return {
    ...(isCertain ? rule : { rule: null, length_ms: null }),
    one_of: isCertain ? null : rules.map(ruleOf),
    limit: limitUnits,
    used_before: used,
    granted_before: granted,
    left_after: left - planUnits,
  }
}

function ruleOf(rule: WindowRule) {
  return { rule: rule.kind, length_ms: 'windowMs' in rule ? rule.windowMs : null }
}

function moneyOf({ held, slices, end, charges, priceVersion }: RequestRecord): Plain {
  const charged = charges.filter(({ nanos }) => nanos > 0)
  return {
    price_version: priceVersion,
    held_at_first: amountOf(sum(held)),
    held: amountOf(sum(held) + sum(slices)),
    slices: slices.map(({ number, at, ...share }) => ({ number, at: instantOf(at), ...shareOf(share) })),
    charged: end && amountOf(end.nanos),
    charged_to: end && charged.map(shareOf),
    absorbed: end && amountOf(end.absorbedNanos),
  }
}

function sum(shares: readonly Share[]): number {
  return shares.reduce((total, { nanos }) => total + nanos, 0)
}

function shareOf({ account, pool, lot, nanos }: Share): { readonly [name: string]: Plain } {
  const of = lot && { kind: lot.kind, expires: instantOf(lot.expiresAt) }
  return { pool, account: String(account), lot: of, amount: amountOf(nanos) }
}

/** In nanos, which are exact, and as people read it. */
export function amountOf(nanos: number): Plain {
  return { nanos, credits: formatCredits(nanos), usd: formatUsd(nanos) }
}

function tokensOf({ tokens }: Pick<RecordedEnd, 'tokens'>): Plain {
  const { input, output, cacheRead, cacheWrite, estimated } = tokens
  return { input, output, cache_read: cacheRead, cache_write: cacheWrite, estimated }
}

function correctionOf({ id, at, units, nanos, reason, shares }: RecordedCorrection): Plain {
  return {
    id: String(id),
    at: instantOf(at),
    units,
    given_back: amountOf(nanos),
    given_to: shares.map(shareOf),
    reason,
  }
}
