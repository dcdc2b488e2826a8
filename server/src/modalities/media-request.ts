export type JsonObject = { readonly [name: string]: unknown }

/** What the gateway needs to know of a request that is not text. */
export type MediaRequest = {
  /** The caller's id of a model; for endpoints that take none our id of the catalogue. */
  readonly model: string
  /** Which unit price of the model: `768P 6s`, …; '' for most. */
  readonly variant: string
  /** Asked of the resource: characters, images, one video, one song, one request. */
  readonly units: number
  /** Speech and images: the plan pays what it covers, credits the rest (design §4.6). */
  readonly divisible: boolean
  readonly stream: boolean
  /** What goes upstream: the caller's body, with fields we do not know in it. */
  readonly body: JsonObject
}

/** A request that is one unit of its resource, whatever its size. */
export function onePiece(model: string, body: JsonObject, stream = false): MediaRequest {
  return { model, variant: '', units: 1, divisible: false, stream, body }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field of an answer that should be an object; empty where it is not, as answers are not ours to refuse. */
export function objectIn(json: unknown, name: string): JsonObject {
  const value = isObject(json) ? json[name] : undefined
  return isObject(value) ? value : {}
}

export function without(body: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([key]) => key !== name))
}

/** Engines are not trusted with our arithmetic: whole and not negative, or nothing. Some write counts as strings. */
export function countIn(json: JsonObject, name: string): number | null {
  const value = json[name]
  const count = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null
}

/** '' counts as nothing. */
export function textIn(json: JsonObject, name: string): string | null {
  const value = json[name]
  return typeof value === 'string' && value !== '' ? value : null
}
