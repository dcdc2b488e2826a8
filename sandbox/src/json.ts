/** What JSON.parse gives, read without trust: every reader answers undefined for the wrong kind. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json | undefined
}

export function asObject(value: Json | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}

export function asList(value: Json | undefined): readonly Json[] | undefined {
  return Array.isArray(value) ? value : undefined
}

export function asText(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function parseObject(text: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(text) as Json)
  } catch {
    return undefined
  }
}
