import { queries, statementOf } from '../store/kysely.ts'
import type { Statement } from '../store/sqlite.ts'
import type { MintedSecret } from './secret.ts'

export type SecretOwner = {
  readonly id: number
  readonly team: number
  readonly member: number
  readonly name: string
}

export function insertSecret(minted: MintedSecret, owner: SecretOwner, createdAt: number): Statement {
  return statementOf(
    queries.insertInto('secret').values({
      ...owner,
      public_id: minted.publicId,
      kind: minted.kind,
      mac: minted.mac,
      last_four: minted.lastFour,
      created_at: createdAt,
      revoked_at: null,
    }),
  )
}

export function revokeSecret(id: number, revokedAt: number): Statement {
  return statementOf(
    queries
      .updateTable('secret')
      .set({ revoked_at: revokedAt })
      .where('id', '=', id)
      .where('revoked_at', 'is', null),
  )
}
