import { createHmac, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { BASE62, randomBase62 } from '../ids.ts'

/**
 * A secret is `sk-cp-` or `sk-api-`, a public id, a random part and a checksum, all base62. The public id finds the row,
 * the checksum lets a typing error fail at once and lets scanners tell a real key from noise. Stored is an HMAC alone.
 */
export type KeyKind = 'plan' | 'api'

const PREFIXES: Readonly<Record<KeyKind, string>> = { plan: 'sk-cp-', api: 'sk-api-' }
const PUBLIC_LENGTH = 10
const RANDOM_LENGTH = 32
const CHECKSUM_LENGTH = 6

export type MintedSecret = {
  readonly secret: string
  readonly kind: KeyKind
  readonly publicId: string
  readonly mac: string
  readonly lastFour: string
}

/** The only moment at which the secret exists in clear; show it once. */
export function mintSecret(kind: KeyKind, pepper: Buffer): MintedSecret {
  const publicId = randomBase62(PUBLIC_LENGTH)
  const body = `${PREFIXES[kind]}${publicId}${randomBase62(RANDOM_LENGTH)}`
  const secret = body + checksum(body)
  return { secret, kind, publicId, mac: macOf(secret, pepper), lastFour: secret.slice(-4) }
}

/** Undefined for anything that cannot be one of ours; no look-up is made for it. */
export function parseSecret(text: string): { readonly kind: KeyKind; readonly publicId: string } | undefined {
  const kind = text.startsWith(PREFIXES.plan) ? 'plan' : text.startsWith(PREFIXES.api) ? 'api' : undefined
  if (!kind) return undefined
  const start = PREFIXES[kind].length
  if (text.length !== start + PUBLIC_LENGTH + RANDOM_LENGTH + CHECKSUM_LENGTH) return undefined
  const body = text.slice(0, -CHECKSUM_LENGTH)
  if (text.slice(-CHECKSUM_LENGTH) !== checksum(body)) return undefined
  return { kind, publicId: text.slice(start, start + PUBLIC_LENGTH) }
}

export function macOf(secret: string, pepper: Buffer): string {
  return createHmac('sha256', pepper).update(secret).digest('hex')
}

export function macMatches(secret: string, pepper: Buffer, mac: string): boolean {
  const expected = Buffer.from(mac, 'hex')
  const actual = createHmac('sha256', pepper).update(secret).digest()
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

/** CRC-32 in base62: 6 digits hold 35 bits. */
function checksum(body: string): string {
  let rest = crc32(body)
  let text = ''
  for (let digit = 0; digit < CHECKSUM_LENGTH; digit++) {
    text = BASE62[rest % 62] + text
    rest = Math.floor(rest / 62)
  }
  return text
}
