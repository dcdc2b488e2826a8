import type { Corrected } from '../book/correct.ts'
import { Fault } from '../faults.ts'
import { idOfText, idText } from '../ids.ts'
import { revokeSecret } from '../keys/statements.ts'
import { formatCredits, formatUsd, type Nanos } from '../money.ts'
import { audited, type OperatorSources } from './operator-acts.ts'

/** A key that must not work any more; one that does not already is left as it is. */
export async function revoke(sources: OperatorSources, key: string) {
  const { book, keyring, read } = sources
  const [secret] = await read('select id, team, revoked_at from secret where public_id = ?', [key])
  if (!secret) throw new Fault('subject_unknown', `key ${key}`)
  if (secret.revoked_at !== null) return { key, revokedAt: Number(secret.revoked_at) }
  const revokedAt = book.now()
  const detail = { team: Number(secret.team), key }
  await book.command([], [revokeSecret(Number(secret.id), revokedAt), audited(sources, 'key.revoke', detail)])
  keyring.forget()
  return { key, revokedAt }
}

export type CorrectionBody = {
  readonly requestId: string
  readonly units: number
  readonly credits?: Nanos | undefined
  readonly usd?: Nanos | undefined
  readonly reason: string
}

/** Gives back what an ended request had cost: units into their window, money to where it came from. */
export async function correct(sources: OperatorSources, body: CorrectionBody) {
  const { book, catalogue, ids } = sources
  const { requestId, units, reason } = body
  const hold = idOfText(requestId)
  if (hold === undefined) throw new Fault('request_unknown', 'an id has 14 or 32 hexadecimal digits')
  const nanos = body.credits ?? body.usd ?? 0
  const newLot = { account: ids.next(), lifetimeMs: catalogue.credits.lotLifetimeMs }
  const wanted = { id: ids.next(), hold, units, nanos, actor: 'operator', reason, newLot }
  const detail = { request: idText(hold), units, nanos, reason }
  const corrected = await book.correct(wanted, [audited(sources, 'request.correction', detail)])
  if (corrected.kind === 'unknown' && (await wasRefused(sources, hold)))
    throw new Fault('correction_refused', 'the request was refused, so it has cost nothing')
  if (corrected.kind !== 'corrected') throw refusedFor(corrected, idText(hold))
  const { op } = corrected
  return {
    correction: String(op.id),
    request: idText(hold),
    units,
    credits: formatCredits(nanos),
    usd: formatUsd(nanos),
    givenTo: op.credits.map(({ account, nanos: given, newLotExpiresAt }) => ({
      account: String(account),
      usd: formatUsd(given),
      newLotExpiresAt,
    })),
  }
}

async function wasRefused({ read }: OperatorSources, id: number): Promise<boolean> {
  return (await read('select id from refusal where id = ?', [id])).length > 0
}

function refusedFor(corrected: Exclude<Corrected, { kind: 'corrected' }>, requestId: string): Fault {
  switch (corrected.kind) {
    case 'unknown':
      return new Fault('request_unknown', requestId)
    case 'running':
      return new Fault('correction_refused', 'the request is still running')
    case 'too-much': {
      const { leftUnits, leftNanos } = corrected
      return new Fault(
        'correction_refused',
        `of this request ${leftUnits} units and ${formatUsd(leftNanos)} (${formatCredits(leftNanos)} credits) are left to give back`,
      )
    }
  }
}
