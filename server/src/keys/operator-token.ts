import { timingSafeEqual } from 'node:crypto'
import { derive } from '../ids.ts'

/** What the operator shows; derived, so that it is the same on every node and over restarts. */
export function operatorTokenFrom(rootSecret: Buffer): string {
  return `op-${derive(rootSecret, 'operator-token').toString('hex').slice(0, 40)}`
}

export function isOperator(authorization: string | undefined, token: string): boolean {
  const given = Buffer.from(authorization?.replace(/^bearer\s+/i, '') ?? '')
  const expected = Buffer.from(token)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
