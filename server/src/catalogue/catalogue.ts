import type { Nanos } from '../money.ts'

/**
 * How units come back. A weekly window starts on Monday 00:00 in its zone; slots of `windowMs`, at most a day, follow one
 * another from every midnight of theirs on; an anchored window begins with the first use after the last one has ended.
 */
export type WindowRule =
  | { readonly name: string; readonly kind: 'sliding'; readonly windowMs: number }
  | { readonly name: string; readonly kind: 'anchored'; readonly windowMs: number }
  | { readonly name: string; readonly kind: 'daily' | 'weekly'; readonly zone: string }
  | { readonly name: string; readonly kind: 'slot'; readonly windowMs: number; readonly zone: string }

export type Quota = { readonly rule: WindowRule; readonly limitUnits: number }

/** "Limited free": once it has ended, the base holds; a base of 0 units means no entitlement at all. */
export type Promotion = {
  readonly baseUnits: number
  readonly baseQuotas: readonly Quota[]
  readonly endsAt: number | null
}

export type Entitlement = {
  readonly resource: string
  /** Text: may highspeed models of the resource be called on this plan's quota. */
  readonly highspeed: boolean
  /** All windows must have room. */
  readonly quotas: readonly Quota[]
  readonly promotion?: Promotion
}

export type Plan = {
  readonly id: string
  readonly name: string
  readonly monthNanos: Nanos
  readonly yearNanos: Nanos
  readonly highspeed: boolean
  readonly entitlements: readonly Entitlement[]
}

export type Unit = 'request' | 'character' | 'image' | 'video' | 'song'

/** `shownAs` is the resource's name in the `remains` answers. */
export type Resource = {
  readonly id: string
  readonly unit: Unit
  readonly shownAs: string
  readonly title: string
}

export type TokenPrices = {
  readonly inputNanosPerMillion: Nanos
  readonly outputNanosPerMillion: Nanos
  readonly cacheReadNanosPerMillion: Nanos
  readonly cacheWriteNanosPerMillion: Nanos
}

/** The price of `per` units; `when` tells variants apart (`768P 6s`), `covered` says which belong to the model's resource. */
export type UnitPrice = {
  readonly when: string
  readonly per: number
  readonly unit: Unit
  readonly nanos: Nanos
  readonly covered: boolean
}

export type Modality = 'text' | 'speech' | 'image' | 'video' | 'music' | 'voices' | 'search' | 'vision'

export type Model = {
  readonly id: string
  readonly title: string
  readonly modality: Modality
  /** null: outside the coverage, so only an API key can use it. */
  readonly resource: string | null
  readonly highspeed: boolean
  /** Seconds since the epoch, as model lists send it; 0 where no date is known. */
  readonly createdAt: number
  /** 0 for models without a context. */
  readonly contextTokens: number
  readonly tokenPrices: TokenPrices | null
  readonly unitPrices: readonly UnitPrice[]
}

export type Alias = { readonly pattern: string; readonly model: string }

/** Per team and minute. `tokensPerMinute` counts what the model is sold by: tokens, characters or images. */
export type RateLimit = {
  readonly name: string
  readonly models: readonly string[]
  readonly requestsPerMinute: number | null
  readonly tokensPerMinute: number | null
  readonly connections: number | null
}

export type CreditTerms = {
  readonly stepCredits: number
  readonly minimumCredits: number
  readonly stepNanos: Nanos
  readonly lotLifetimeMs: number
}

export type MediaTerms = {
  readonly outputLifetimeMs: number
  readonly unusedVoiceLifetimeMs: number
  readonly bytesPerTeam: number
  readonly longestSongMs: number
}

export type Catalogue = {
  readonly name: string
  readonly version: number
  readonly zone: string
  readonly windows: ReadonlyMap<string, WindowRule>
  readonly resources: ReadonlyMap<string, Resource>
  readonly models: ReadonlyMap<string, Model>
  /** Lower-cased id to model, for callers who write `minimax-m2.7`. */
  readonly modelsByLowerId: ReadonlyMap<string, Model>
  readonly aliases: readonly Alias[]
  readonly plans: ReadonlyMap<string, Plan>
  readonly rateLimits: { readonly enforce: boolean; readonly rules: readonly RateLimit[] }
  readonly credits: CreditTerms
  readonly media: MediaTerms
}

/** The exact id first, then the id in another case, then the aliases in their order. */
export function findModel(catalogue: Catalogue, id: string): Model | undefined {
  const exact = catalogue.models.get(id)
  if (exact !== undefined) return exact
  const lower = id.toLowerCase()
  const named = catalogue.modelsByLowerId.get(lower)
  if (named !== undefined) return named
  const alias = catalogue.aliases.find(({ pattern }) => matchesPattern(pattern.toLowerCase(), lower))
  return alias && catalogue.models.get(alias.model)
}

/** A pattern is an exact id, or a beginning followed by `*`. */
export function matchesPattern(pattern: string, id: string): boolean {
  return pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern
}

/** The quotas in force at an instant: a promotion that has ended leaves its base. The one place that knows this rule. */
export function quotasAt(entitlement: Entitlement, atMs: number): readonly Quota[] {
  const { promotion, quotas } = entitlement
  return promotion && promotion.endsAt !== null && atMs >= promotion.endsAt ? promotion.baseQuotas : quotas
}

/** What a plan grants of a resource at an instant; undefined where nothing is left of it. */
export function entitlementAt(plan: Plan, resource: string, atMs: number): Entitlement | undefined {
  const entitlement = plan.entitlements.find((candidate) => candidate.resource === resource)
  const quotas = entitlement && quotasAt(entitlement, atMs)
  if (!quotas || quotas === entitlement.quotas) return entitlement
  if (entitlement.promotion?.baseUnits === 0) return undefined
  return { resource, highspeed: entitlement.highspeed, quotas }
}

/** The price of a variant of a model that is not sold by tokens. */
export function findUnitPrice(model: Model, when = ''): UnitPrice | undefined {
  return model.unitPrices.find((price) => price.when === when)
}
