import { createHmac, randomFillSync } from 'node:crypto'

/** 2026-01-01T00:00:00Z: ids count milliseconds from here. */
const ID_EPOCH_MS = 1_767_225_600_000
/** The operator's accounts have fixed ids below this one. */
export const FIRST_ID = 1024
/** Ids a millisecond; 41 bits of time and 12 of count stay below 2^53 until 2095. */
const IDS_PER_MS = 4096

export type Ids = { next(): number }

/** Several servers share a database: the lowest bits of an id say which of them minted it. */
export const SLOTS = 64
export type SlottedIds = Ids & {
  /** From here on the ids are those of another slot. */
  takeSlot(slot: number): void
}

/** As `idsFrom`, with 64 ids a millisecond before they run ahead of the time. `after` is the highest id of any server. */
export function slottedIds(realNow: () => number, after: number, first: number): SlottedIds {
  let slot = first
  let last = Math.max(after, FIRST_ID)
  return {
    next() {
      const next = Math.max(last + 1, (realNow() - ID_EPOCH_MS) * IDS_PER_MS)
      last = Math.ceil((next - slot) / SLOTS) * SLOTS + slot
      return last
    },
    takeSlot(taken) {
      slot = taken
    },
  }
}

/**
 * Integer ids that rise with time, so that they sort, need no sequence in the store and tell nobody how many there are.
 * `after` is the highest id already given out: a clock that stepped back must not give one out twice.
 */
export function idsFrom(realNow: () => number, after = 0): Ids {
  let last = Math.max(after, FIRST_ID)
  return {
    next() {
      last = Math.max(last + 1, (realNow() - ID_EPOCH_MS) * IDS_PER_MS)
      return last
    },
  }
}

const POOL_BYTES = 8192
const ID_BYTES = 7
const REQUEST_ID_BYTES = 16
const pool = Buffer.alloc(POOL_BYTES)
let used = POOL_BYTES

/** Where so many random bytes lie in the pool; nobody else gets them. */
function randomAt(bytes: number): number {
  if (used + bytes > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return used - bytes
}

const ID_DIGITS = 14

/** An id as the beginning of a request id: 14 hex digits. */
export function idText(id: number): string {
  return id.toString(16).padStart(ID_DIGITS, '0')
}

/**
 * What callers see of a request: 32 hex digits, the first 14 its id, the rest random. Made of bytes in one go: the digits
 * of a number beyond 32 bits are found by dividing doubles, and a text put together is copied for each header it is in.
 */
export function requestIdOf(id: number): string {
  const at = randomAt(REQUEST_ID_BYTES)
  pool.writeUIntBE(Math.floor(id / 2 ** 32), at, ID_BYTES - 4)
  pool.writeUInt32BE(id % 2 ** 32, at + ID_BYTES - 4)
  return pool.toString('hex', at, at + REQUEST_ID_BYTES)
}

/** Says nothing and cannot be guessed: where a stored file lies. 32 hex digits. */
export function randomName(): string {
  const at = randomAt(REQUEST_ID_BYTES)
  return pool.toString('hex', at, at + REQUEST_ID_BYTES)
}

/** The id inside a request id; undefined when it is not one of ours. */
export function idOfRequestId(text: string): number | undefined {
  return /^[0-9a-f]{32}$/.test(text) ? idOfText(text) : undefined
}

/** The id in the first 14 digits of a request id, or in those alone: the rest is stored nowhere. */
export function idOfText(text: string): number | undefined {
  if (!/^[0-9a-f]{14}([0-9a-f]{18})?$/.test(text)) return undefined
  const id = Number.parseInt(text.slice(0, ID_DIGITS), 16)
  return Number.isSafeInteger(id) ? id : undefined
}

export const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Uniform: bytes of 248 and more are thrown away, so no character is likelier than another. */
export function randomBase62(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomFillSync(Buffer.alloc(length))) {
      if (byte < 248 && text.length < length) text += BASE62[byte % 62]
    }
  }
  return text
}

/** Derived secrets: the same on every node that has the same root secret (HKDF would do no more with a full-entropy root). */
export function derive(rootSecret: Buffer, purpose: string): Buffer {
  return createHmac('sha256', rootSecret).update(`tokenplan/${purpose}`).digest()
}
