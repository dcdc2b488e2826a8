import { createHmac, timingSafeEqual } from 'node:crypto'

/** A link to one file until one instant: whoever has it needs no key, and can make no other of it. */
export function linkTo(secret: Buffer, file: number, expiresAt: number): string {
  // Rounded down: a link never outlives what it was made for.
  const expires = String(Math.floor(expiresAt / 1000))
  return `/v1/files/${file}/content?expires=${expires}&signature=${signatureOf(secret, file, expires)}`
}

/** When the link ends, in ms; undefined where it was not made here. */
export function endOfLink(
  secret: Buffer,
  file: number,
  expires: string,
  signature: string,
): number | undefined {
  const ours = Buffer.from(signatureOf(secret, file, expires))
  const theirs = Buffer.from(signature)
  if (ours.length !== theirs.length || !timingSafeEqual(ours, theirs)) return undefined
  return Number(expires) * 1000
}

function signatureOf(secret: Buffer, file: number, expires: string): string {
  return createHmac('sha256', secret).update(`${file}/${expires}`).digest('base64url')
}
