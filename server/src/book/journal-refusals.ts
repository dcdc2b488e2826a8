import type { WindowRule } from '../catalogue/catalogue.ts'
import type { Store } from '../store/sqlite.ts'
import type { RefusalOp } from './op.ts'
import { isCapped, type NoMoney, type Refusal, type WindowReport } from './refusal.ts'

/** Refusals as rows of whole numbers; NaN is null. The numbers of these tables are stored. */
export const refusalWhys = {
  'outside-coverage': 1,
  'not-in-plan': 2,
  'no-plan': 3,
  'window-empty': 4,
  'credits-empty': 5,
  'wallet-empty': 6,
  'cap-reached': 7,
} as const satisfies Record<Refusal['why'], number>

export const windowRules = {
  sliding: 1,
  daily: 2,
  weekly: 3,
  slot: 4,
  anchored: 5,
} as const satisfies Record<WindowRule['kind'], number>

export const moneyWhys = {
  'no-access': 1,
  'overflow-off': 2,
  shortage: 3,
  member: 4,
  key: 5,
  wallet: 6,
} as const

/** A second row of one request would fail the batch of all others. */
export const REFUSAL = `insert into refusal values (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
  on conflict (id) do nothing`

export function refusalRow(op: RefusalOp): number[] {
  const { refusal } = op
  const window = refusal.why === 'window-empty' ? refusal.window : null
  return [
    op.id,
    op.at,
    op.team,
    op.member,
    op.secret,
    op.subscription === 0 ? Number.NaN : op.subscription,
    op.resourceLabel,
    op.modelLabel,
    op.units,
    refusalWhys[refusal.why],
    ...(window ? windowColumns(window) : Array<number>(8).fill(Number.NaN)),
    ...moneyColumns(moneyOf(refusal)),
  ]
}

function windowColumns({ rule, ...window }: WindowReport): number[] {
  const { usedUnits, heldUnits, limitUnits, nextFreeAt, usefulAt, fullAt } = window
  const lengthMs = 'windowMs' in rule ? rule.windowMs : 0
  const instants = [nextFreeAt, usefulAt, fullAt].map((at) => (Number.isFinite(at) ? at : Number.NaN))
  return [windowRules[rule.kind], lengthMs, usedUnits, heldUnits, limitUnits, ...instants]
}

function moneyOf(refusal: Refusal): NoMoney | null {
  if ('credits' in refusal) return refusal.credits
  if (refusal.why === 'cap-reached') return refusal.capped
  return 'shortage' in refusal ? refusal.shortage : null
}

/** why, needed, balance, held or spent, the wallet's balance and what is held of it, cap, its end. */
function moneyColumns(why: NoMoney | null): number[] {
  const none = Number.NaN
  if (why === null) return [none, none, none, none, none, none, none, none]
  if (typeof why === 'string') return [moneyWhys[why], none, none, none, none, none, none, none]
  if (isCapped(why)) {
    return [moneyWhys[why.cap], why.neededNanos, none, why.spentNanos, none, none, why.capNanos, why.resetsAt]
  }
  const { neededNanos, balanceNanos, heldNanos, wallet } = why
  const beside = [wallet?.balanceNanos ?? none, wallet?.heldNanos ?? none]
  return [moneyWhys.shortage, neededNanos, balanceNanos, heldNanos, ...beside, none, none]
}

export const KEPT_MS = 7 * 86_400_000
/** A client that asks without end for a week must not fill the disk. */
const MOST_KEPT = 1_000_000
/** So few at a time that requests do not wait for the writer. */
const AT_A_TIME = 2_000

const OLDEST = `select id, at from refusal order by id limit ${AT_A_TIME}`
const BEYOND = `select id from refusal order by id desc limit 1 offset ${MOST_KEPT}`

/** Deletes refusals of more than seven days ago, and of what is left all but the newest million. Answers how many. */
export async function forgetRefusals(
  store: Pick<Store, 'read' | 'job'>,
  now: number,
  stopping: AbortSignal,
): Promise<number> {
  const [beyond] = await store.read(BEYOND)
  const lastBeyond = Number(beyond?.id ?? 0)
  let forgotten = 0
  while (!stopping.aborted) {
    const oldest = await store.read(OLDEST)
    // Ids rise with time, so the first that is to stay ends it.
    const kept = oldest.findIndex(({ id, at }) => Number(at) >= now - KEPT_MS && Number(id) > lastBeyond)
    const old = kept < 0 ? oldest : oldest.slice(0, kept)
    const last = old.at(-1)
    if (!last) break
    await store.job([{ sql: 'delete from refusal where id <= ?', params: [Number(last.id)] }])
    forgotten += old.length
    if (old.length < AT_A_TIME) break
  }
  return forgotten
}
