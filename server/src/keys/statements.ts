import type { Statement } from '../store/sqlite.ts'
import type { MintedSecret } from './secret.ts'

export type SecretOwner = {
  readonly id: number
  readonly team: number
  readonly member: number
  readonly name: string
}

export function insertSecret(minted: MintedSecret, owner: SecretOwner, createdAt: number): Statement {
  return {
    sql: 'insert into secret values (?,?,?,?,?,?,?,?,?,null)',
    params: [
      owner.id,
      minted.publicId,
      minted.kind,
      owner.team,
      owner.member,
      owner.name,
      minted.mac,
      minted.lastFour,
      createdAt,
    ],
  }
}

export function revokeSecret(id: number, revokedAt: number): Statement {
  return {
    sql: 'update secret set revoked_at = ? where id = ? and revoked_at is null',
    params: [revokedAt, id],
  }
}
