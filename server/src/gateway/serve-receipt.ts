import { type RefusalRecord, readRefusal } from '../book/reads-explain.ts'
import { type RequestRecord, readRequest } from '../book/reads-receipts.ts'
import { Fault } from '../faults.ts'
import { idOfText, idText } from '../ids.ts'
import type { Caller } from '../keys/keyring.ts'
import { isOperator } from '../keys/operator-token.ts'
import type { Signer } from '../keys/signed-document.ts'
import type { Store } from '../store/sqlite.ts'
import { answerJson, answerText } from './answer-json.ts'
import type { Call } from './call.ts'
import { receiptOf } from './receipt.ts'
import { callerOf, type World } from './serve.ts'

/** What answers questions about single requests. */
export type Receipts = {
  readonly read: Store['read']
  readonly signer: Signer
  readonly operatorToken: string
}

export const UNCACHED = ['cache-control', 'no-store']

/** GET /v1/token_plan/receipts/{request_id}: what a request cost, signed. Free, and answered when everything is used up. */
export async function serveReceipt(call: Call, world: World, requestId = ''): Promise<void> {
  const asking = await whoAsks(call, world)
  const record = await ownRecord(idOfText(requestId), asking, world)
  if (!record) throw await withoutReceipt(requestId, asking, world)
  answerText(call, world.receipts.signer.seal(receiptOf(record)), UNCACHED)
}

/** GET /v1/token_plan/receipts/key: what receipts are verified with, for who wants to keep it. Nobody's secret. */
export async function serveReceiptKey(call: Call, world: World): Promise<void> {
  answerJson(call, world.receipts.signer.publicKey)
}

export type Asking = Pick<Caller, 'team' | 'member'> | 'operator'

export async function whoAsks(call: Call, world: World): Promise<Asking> {
  if (isOperator(call.req.headers.authorization, world.receipts.operatorToken)) return 'operator'
  return callerOf(call, world.keyring)
}

/** Somebody else's request and one that never was look the same. */
export async function ownRecord(
  id: number | undefined,
  asking: Asking,
  { book, receipts }: World,
): Promise<RequestRecord | null> {
  if (id === undefined) return null
  const record = await readRequest(receipts, id)
  if (!record || !isTheirs(record, asking)) return null
  if (record.end || book.isOpen(id)) return record
  // It has ended, and its end waits for the next batch.
  await book.drain()
  return readRequest(receipts, id)
}

/** Of whoever's request it was, a refusal is told from one that never was: it can be explained. */
async function withoutReceipt(requestId: string, asking: Asking, world: World): Promise<Fault> {
  const refusal = await ownRefusal(idOfText(requestId), asking, world)
  if (!refusal) return new Fault('request_unknown', requestId.slice(0, 100))
  return new Fault('request_refused', `GET /v1/token_plan/explain/${idText(refusal.id)} says why`)
}

/** As long as refusals are kept. */
export async function ownRefusal(
  id: number | undefined,
  asking: Asking,
  { book, receipts }: World,
): Promise<RefusalRecord | null> {
  if (id === undefined) return null
  const known = await readRefusal(receipts, id, book.now())
  if (known) return isTheirs(known, asking) ? known : null
  // It may wait for the next batch.
  await book.drain()
  const late = await readRefusal(receipts, id, book.now())
  return late && isTheirs(late, asking) ? late : null
}

function isTheirs(of: { readonly team: { readonly id: number }; readonly member: number }, asking: Asking) {
  return asking === 'operator' || (of.team.id === asking.team && of.member === asking.member)
}
