import { randomBytes, scryptSync } from 'node:crypto'

const COST = { N: 16_384, r: 8, p: 1 }

/** The cost and the salt stand in the text, so that the cost may rise without locking anybody out. */
export function hashPassword(password: string): string {
  const salt = randomBytes(16)
  const hash = scryptSync(password, salt, 32, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), hash.toString('base64url')].join('$')
}
