import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { derive } from '../ids.ts'

/**
 * Documents that prove themselves without this server: `{"receipt": …, "signature": …}`, signed with Ed25519 over the
 * canonical JSON of what is in it: keys sorted, no white space, whole numbers alone.
 */
export type Plain =
  | string
  | number
  | boolean
  | null
  | readonly Plain[]
  | { readonly [name: string]: Plain | undefined }

/** RFC 8037; `kid` is the thumbprint of RFC 7638, so that anybody can compute it. */
export type PublicKey = {
  readonly alg: 'EdDSA'
  readonly crv: 'Ed25519'
  readonly kid: string
  readonly kty: 'OKP'
  readonly use: 'sig'
  readonly x: string
}

export type Signer = { readonly publicKey: PublicKey; seal(receipt: Plain): string }

/** What stands before a seed of 32 bytes in PKCS #8 (RFC 8410 §7). */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

export function signerFrom(seed: Buffer): Signer {
  const der = Buffer.concat([PKCS8_ED25519, seed])
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const { x } = createPublicKey(secret).export({ format: 'jwk' })
  const publicKey = publicKeyOf(String(x))
  return {
    publicKey,
    seal(receipt) {
      const value = sign(null, Buffer.from(canonical(receipt)), secret).toString('base64url')
      const signature = { algorithm: 'Ed25519', key_id: publicKey.kid, value }
      return canonical({ receipt, signature })
    },
  }
}

/** What this server signs receipts with. */
export function receiptSigner(rootSecret: Buffer): Signer {
  return signerFrom(derive(rootSecret, 'receipts'))
}

function publicKeyOf(x: string): PublicKey {
  const named = canonical({ crv: 'Ed25519', kty: 'OKP', x })
  const kid = createHash('sha256').update(named).digest('base64url')
  return { alg: 'EdDSA', crv: 'Ed25519', kid, kty: 'OKP', use: 'sig', x }
}

/** Undefined for what is no public key of Ed25519. */
export function readPublicKey(text: string): PublicKey | undefined {
  const jwk = parsed(text)
  if (!isObject(jwk) || jwk.kty !== 'OKP' || jwk.crv !== 'Ed25519' || typeof jwk.x !== 'string')
    return undefined
  return isBase64Url(jwk.x, 32) ? publicKeyOf(jwk.x) : undefined
}

export type Verdict =
  | { readonly kind: 'right'; readonly receipt: Readonly<Record<string, unknown>> }
  | { readonly kind: 'changed' }
  | { readonly kind: 'other-key'; readonly keyId: string }
  /** Nothing to judge, and why. */
  | { readonly kind: 'no-receipt'; readonly why: string }

/**
 * Judges a document by its bytes. White space between its parts is free, so that it may be printed prettily; anything
 * else must be as it was issued, or a second field of the same name could say something else to who reads it.
 */
export function judge(text: string, key: PublicKey): Verdict {
  const document = parsed(text)
  if (document === undefined) return { kind: 'no-receipt', why: 'it is not JSON, or was cut short' }
  const { receipt, signature, ...more } = isObject(document) ? document : {}
  if (!isObject(receipt) || !isObject(signature) || typeof signature.value !== 'string') {
    return { kind: 'no-receipt', why: 'it is not a receipt with its signature' }
  }
  const isAlone = Object.keys(more).length === 0
  if (!isAlone || !isSignature(signature) || !isCanonical(document, text)) return { kind: 'changed' }
  if (signature.key_id !== key.kid) return { kind: 'other-key', keyId: signature.key_id }
  const { crv, kty, x } = key
  const publicKey: KeyObject = createPublicKey({ key: { crv, kty, x }, format: 'jwk' })
  const signed = Buffer.from(canonical(receipt as Plain))
  const isRight = verify(null, signed, publicKey, Buffer.from(signature.value, 'base64url'))
  return isRight ? { kind: 'right', receipt } : { kind: 'changed' }
}

type Signature = { readonly algorithm: 'Ed25519'; readonly key_id: string; readonly value: string }

function isSignature(fields: Readonly<Record<string, unknown>>): fields is Signature {
  const { algorithm, key_id, value, ...more } = fields
  const hasKey = typeof key_id === 'string' && isBase64Url(key_id, 32)
  const hasValue = typeof value === 'string' && isBase64Url(value, 64)
  return algorithm === 'Ed25519' && hasKey && hasValue && Object.keys(more).length === 0
}

/** Also that no bit is set behind the last byte, which a decoder would not see. */
function isBase64Url(text: string, bytes: number): boolean {
  const decoded = Buffer.from(text, 'base64url')
  return decoded.length === bytes && decoded.toString('base64url') === text
}

function isCanonical(document: unknown, text: string): boolean {
  const compact = text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, '$1')
  try {
    return canonical(document as Plain) === compact
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** Throws RangeError for what has no canonical form: fractions, and numbers that JavaScript cannot count exactly. */
export function canonical(value: Plain): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new RangeError(`not a whole number: ${value}`)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (isList(value)) return `[${value.map(canonical).join(',')}]`
  const fields = Object.keys(value)
    .sort()
    .flatMap((name) => {
      const field = value[name]
      return field === undefined ? [] : [`${JSON.stringify(name)}:${canonical(field)}`]
    })
  return `{${fields.join(',')}}`
}

function isList(value: object): value is readonly Plain[] {
  return Array.isArray(value)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Whoever asks says what it is not.
    return undefined
  }
}
