/** Ids of a life, small and the same everywhere. */

export const SUBSCRIPTION = 70
export const TEAM = 71
/** The first of `MEMBERS`, whose ids follow one another, as those of their secrets do. */
export const MEMBER = 90
export const SECRET = 95

/** Whose life it is, where several share a database. */
export type Names = { readonly team: number; readonly member: number; readonly subscription: number }
export const NAMES: Names = { team: TEAM, member: MEMBER, subscription: SUBSCRIPTION }

export function secretsOf({ member }: Names): number {
  return member + SECRET - MEMBER
}
export const WALLET = 1000
