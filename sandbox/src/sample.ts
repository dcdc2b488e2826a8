import { asList, asObject, asText, type Json, type JsonObject } from './json.ts'

/** The smallest value that a JSON schema allows, for structured answers and calls the client insists on. */
export function sampleOf(schema: Json | undefined, root = schema, depth = 0): Json {
  const shape = resolve(asObject(schema), asObject(root))
  if (shape === undefined || depth > MAX_DEPTH) return 'sandbox'
  const given = shape.const ?? shape.default ?? asList(shape.enum)?.[0]
  if (given !== undefined) return given
  const choice = (asList(shape.anyOf) ?? asList(shape.oneOf) ?? asList(shape.allOf))?.[0]
  if (choice !== undefined) return sampleOf(choice, root, depth + 1)
  const type =
    asText(shape.type) ?? asText(asList(shape.type)?.[0]) ?? (shape.properties ? 'object' : 'string')
  if (type === 'object') return sampleObject(shape, root, depth)
  if (type === 'array') return sampleArray(shape, root, depth)
  if (type === 'integer' || type === 'number') return typeof shape.minimum === 'number' ? shape.minimum : 1
  if (type === 'boolean') return true
  return type === 'null' ? null : 'sandbox'
}

const MAX_DEPTH = 12
const MAX_ITEMS = 8

function sampleObject(shape: JsonObject, root: Json | undefined, depth: number): JsonObject {
  const properties = asObject(shape.properties) ?? {}
  const names = asList(shape.required) ?? []
  const wanted = names.filter((name) => typeof name === 'string')
  return Object.fromEntries(wanted.map((name) => [name, sampleOf(properties[name], root, depth + 1)]))
}

function sampleArray(shape: JsonObject, root: Json | undefined, depth: number): Json[] {
  const least = typeof shape.minItems === 'number' ? shape.minItems : 1
  return Array.from({ length: Math.min(least, MAX_ITEMS) }, () => sampleOf(shape.items, root, depth + 1))
}

/** Follows `#/$defs/Name` and the like, inside the same schema only. */
function resolve(shape: JsonObject | undefined, root: JsonObject | undefined): JsonObject | undefined {
  const ref = asText(shape?.$ref)
  if (ref === undefined) return shape
  let target: JsonObject | undefined = root
  for (const step of ref.replace(/^#\/?/, '').split('/'))
    target = step === '' ? target : asObject(target?.[step])
  return target?.$ref === undefined ? target : undefined
}
