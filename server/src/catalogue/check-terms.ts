import { type CreditTerms, type MediaTerms, type Model, matchesPattern, type RateLimit } from './catalogue.ts'
import { complain, type Field, isWritten, items, members, namedMembers, suggestion } from './fields.ts'
import { duration, optional, text, trueOrFalse, usd, wholeNumber } from './scalars.ts'

const CREDITS_RANGE = { from: 1, to: 1_000_000_000 }
const RATE_RANGE = { from: 1, to: 1_000_000_000 }
const GIGABYTE = 1_000_000_000

export function checkCredits(field: Field): CreditTerms {
  const member = members(field, ['step', 'minimum', 'price', 'lifetime'])
  const terms = {
    stepCredits: wholeNumber(member('step'), CREDITS_RANGE),
    minimumCredits: wholeNumber(member('minimum'), CREDITS_RANGE),
    stepNanos: usd(member('price')),
    lotLifetimeMs: duration(member('lifetime')),
  }
  if (terms.minimumCredits % terms.stepCredits !== 0) {
    complain(
      member('minimum'),
      `must be a multiple of the step, ${terms.stepCredits}, got "${terms.minimumCredits}"`,
    )
  }
  return terms
}

export function checkMedia(field: Field): MediaTerms {
  const member = members(field, ['outputs', 'unused-voices', 'gigabytes-per-team', 'longest-song'])
  return {
    outputLifetimeMs: duration(member('outputs')),
    unusedVoiceLifetimeMs: duration(member('unused-voices')),
    bytesPerTeam: wholeNumber(member('gigabytes-per-team'), { from: 1, to: 1_000_000 }) * GIGABYTE,
    longestSongMs: duration(member('longest-song')),
  }
}

export function checkRateLimits(field: Field, models: ReadonlyMap<string, Model>) {
  const member = members(field, ['enforce', 'rules'])
  const rules: RateLimit[] = []
  const limited = new Map<string, string>()
  for (const [name, inner] of namedMembers(member('rules'))) {
    const rule = checkRateLimit(name, inner, models)
    for (const model of rule.models) {
      const other = limited.get(model)
      if (other) complain(inner, `model ${model} is limited by rule ${other} already`)
      limited.set(model, name)
    }
    rules.push(rule)
  }
  return { enforce: trueOrFalse(member('enforce')), rules }
}

function checkRateLimit(name: string, field: Field, models: ReadonlyMap<string, Model>): RateLimit {
  const member = members(field, ['models', 'requests-per-minute', 'tokens-per-minute', 'connections'])
  const rate = (inner: Field) => wholeNumber(inner, RATE_RANGE)
  const rule = {
    name,
    models: checkPatterns(member('models'), models),
    requestsPerMinute: optional(member('requests-per-minute'), rate, null),
    tokensPerMinute: optional(member('tokens-per-minute'), rate, null),
    connections: optional(member('connections'), rate, null),
  }
  const limits = [rule.requestsPerMinute, rule.tokensPerMinute, rule.connections]
  if (isWritten(field) && limits.every((limit) => limit === null)) complain(field, 'limits nothing')
  return rule
}

function checkPatterns(field: Field, models: ReadonlyMap<string, Model>): string[] {
  const ids = [...models.keys()]
  const matched = items(field).flatMap((item) => {
    const pattern = text(item)
    const found = ids.filter((id) => matchesPattern(pattern, id))
    if (found.length === 0)
      complain(item, `no model is called ${JSON.stringify(pattern)}${suggestion(pattern, ids)}`)
    return found
  })
  return [...new Set(matched)]
}
