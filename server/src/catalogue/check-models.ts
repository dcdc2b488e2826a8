import {
  type Alias,
  type Modality,
  type Model,
  matchesPattern,
  type Resource,
  type TokenPrices,
  type Unit,
  type UnitPrice,
} from './catalogue.ts'
import {
  complain,
  type Field,
  isWritten,
  items,
  members,
  nameField,
  referred,
  someMembers,
} from './fields.ts'
import { instant, oneOf, optional, text, trueOrFalse, usd, wholeNumber } from './scalars.ts'

const UNITS = ['request', 'character', 'image', 'video', 'song'] as const
const MODALITIES = ['text', 'speech', 'image', 'video', 'music', 'voices', 'search', 'vision'] as const
const MODEL_ID = /^[A-Za-z0-9][A-Za-z0-9._+:/-]{0,99}$/
const RESOURCE_ID = /^[a-z][a-z0-9.-]{0,59}$/
const PER = /^(?:([1-9]\d{0,8}) )?(request|character|image|video|song)s?$/

const MODEL_FIELDS = [
  'title',
  'modality',
  'resource',
  'highspeed',
  'released',
  'context',
  'tokens',
  'prices',
] as const
type ModelMember = (name: (typeof MODEL_FIELDS)[number]) => Field

export function checkResources(field: Field): Map<string, Resource> {
  const resources = new Map<string, Resource>()
  const names = new Map<string, string>()
  for (const [id, inner] of someMembers(field)) {
    if (!RESOURCE_ID.test(id)) complain(nameField(field, id), 'a resource id is like speech-hd or image-01')
    const member = members(inner, ['title', 'unit', 'shown-as'])
    const shownAs = optional(member('shown-as'), text, id)
    const taken = names.get(shownAs)
    if (taken) complain(inner, `"remains" would show both ${taken} and ${id} as ${JSON.stringify(shownAs)}`)
    names.set(shownAs, id)
    resources.set(id, { id, unit: oneOf(member('unit'), UNITS), shownAs, title: text(member('title')) })
  }
  return resources
}

export function checkModels(field: Field, resources: ReadonlyMap<string, Resource>): Map<string, Model> {
  const models = new Map<string, Model>()
  const lowerIds = new Map<string, string>()
  for (const [id, inner] of someMembers(field)) {
    const name = nameField(field, id)
    if (!MODEL_ID.test(id)) complain(name, 'a model id has letters, digits and . _ + : / - only')
    const twin = lowerIds.get(id.toLowerCase())
    if (twin) complain(name, `differs from ${twin} only in upper and lower case`)
    lowerIds.set(id.toLowerCase(), id)
    models.set(id, checkModel(id, inner, resources))
  }
  return models
}

function checkModel(id: string, field: Field, resources: ReadonlyMap<string, Resource>): Model {
  const member = members(field, MODEL_FIELDS)
  const modality = oneOf<Modality>(member('modality'), MODALITIES)
  const resourceId = optional(member('resource'), text, null)
  const resource =
    resourceId === null ? undefined : referred(member('resource'), resourceId, resources, 'resource')
  return {
    id,
    title: optional(member('title'), text, id),
    modality,
    resource: resource?.id ?? null,
    highspeed: optional(member('highspeed'), trueOrFalse, false),
    ...(modality === 'text' ? soldByTokens(member) : soldByPieces(member, resource)),
  }
}

type Sale = Pick<Model, 'createdAt' | 'contextTokens' | 'tokenPrices' | 'unitPrices'>

function soldByTokens(member: ModelMember): Sale {
  if (isWritten(member('prices')))
    complain(member('prices'), 'a text model is sold by "tokens", not by "prices"')
  return {
    createdAt: toSeconds(instant(member('released'))),
    contextTokens: wholeNumber(member('context'), { from: 1, to: 100_000_000 }),
    tokenPrices: checkTokenPrices(member('tokens')),
    unitPrices: [],
  }
}

function soldByPieces(member: ModelMember, resource: Resource | undefined): Sale {
  for (const name of ['tokens', 'context'] as const) {
    if (isWritten(member(name))) complain(member(name), 'is for text models only; others have "prices"')
  }
  return {
    createdAt: toSeconds(optional(member('released'), instant, 0)),
    contextTokens: 0,
    tokenPrices: null,
    unitPrices: checkUnitPrices(member('prices'), resource),
  }
}

function toSeconds(ms: number): number {
  return Math.floor(ms / 1_000)
}

/** A cached token without a price of its own costs what any input token costs. */
function checkTokenPrices(field: Field): TokenPrices {
  const member = members(field, ['input', 'output', 'cache-read', 'cache-write'])
  const inputNanosPerMillion = usd(member('input'))
  return {
    inputNanosPerMillion,
    outputNanosPerMillion: usd(member('output')),
    cacheReadNanosPerMillion: optional(member('cache-read'), usd, inputNanosPerMillion),
    cacheWriteNanosPerMillion: optional(member('cache-write'), usd, inputNanosPerMillion),
  }
}

function checkUnitPrices(field: Field, resource: Resource | undefined): UnitPrice[] {
  const prices: UnitPrice[] = []
  for (const item of items(field)) {
    const price = checkUnitPrice(item, resource)
    const twin = prices.some(({ when }) => when === price.when)
    if (twin) complain(item, `a second price for ${JSON.stringify(price.when)}: tell them apart with "when"`)
    prices.push(price)
  }
  if (field.tree?.kind === 'list' && prices.length === 0) complain(field, 'must hold at least one price')
  return prices
}

function checkUnitPrice(field: Field, resource: Resource | undefined): UnitPrice {
  const member = members(field, ['when', 'usd', 'per', 'covered'])
  const { per, unit } = checkPer(member('per'))
  const nanos = usd(member('usd'))
  const covered = optional(member('covered'), trueOrFalse, resource !== undefined)
  if (covered && !resource) complain(member('covered'), 'a model without a resource has nothing covered')
  // A free step on the way (the preprocessing of a cover) makes no piece, so it may have another unit.
  if (covered && resource && nanos > 0 && unit !== resource.unit) {
    complain(
      member('per'),
      `resource ${resource.id} counts each ${resource.unit}, got ${JSON.stringify(unit)}`,
    )
  }
  return { when: optional(member('when'), text, ''), per, unit, nanos, covered }
}

function checkPer(field: Field): { per: number; unit: Unit } {
  const written = text(field)
  const [, count = '1', unit] = PER.exec(written) ?? []
  if (unit !== undefined) return { per: Number(count), unit: unit as Unit }
  if (written !== '')
    complain(field, `must be like "image" or "1000000 characters", got ${JSON.stringify(written)}`)
  return { per: 1, unit: 'request' }
}

export function checkAliases(field: Field, models: ReadonlyMap<string, Model>): Alias[] {
  if (!isWritten(field)) return []
  const aliases: Alias[] = []
  for (const [pattern, target] of someMembers(field)) {
    const name = nameField(field, pattern)
    if (pattern.slice(0, -1).includes('*')) complain(name, 'a "*" may only stand at the end')
    if (models.has(pattern)) complain(name, 'never applies: a model has this very id')
    const earlier = aliases.find((alias) =>
      matchesPattern(alias.pattern.toLowerCase(), pattern.toLowerCase()),
    )
    if (earlier) complain(name, `never applies: ${JSON.stringify(earlier.pattern)} above it matches first`)
    const model = text(target)
    if (model !== '') referred(target, model, models, 'model')
    aliases.push({ pattern, model })
  }
  return aliases
}
