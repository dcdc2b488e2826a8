import type { Statement, Store } from '../store/store.ts'
import type { HoldOp, Op } from './op.ts'
import type { SubscriptionState, TeamState } from './state.ts'

/**
 * A question to a book that several servers share, answered inside one transaction that has locked its subjects. `run`
 * only reads; what it answers is applied, written and committed before anybody hears of it.
 */
export type Job<answer = unknown> = {
  readonly team: number
  /** 0 for none. */
  readonly subscription: number
  /** The id of the hold that it ends or grows, 0 for none; what became of it meanwhile is looked up. */
  readonly hold: number
  /** Reads what `run` needs beside the states, once the subjects are locked. */
  look?(read: Store['read']): Promise<unknown>
  run(found: Found): Work<answer>
}

export type Found = {
  readonly subscription: SubscriptionState | null
  readonly team: TeamState | null
  /** Plan time of the database, never below that of anything that happened to the subjects. */
  readonly now: number
  /** What became of the job's hold: it still runs, it has ended, a sweep ended it, and that was settled late. */
  readonly fate: Fate
  /** What `look` answered. */
  readonly looked: unknown
  /** That hold as it stands now; null when it runs no more. */
  open(): HoldOp | null
}

export type Fate = 'running' | 'ended' | 'swept' | 'settled-late'

export type Work<answer> = {
  readonly ops: readonly Op[]
  readonly statements?: readonly Statement[]
  /** Made when the ops are applied, so that it may look at what they left. */
  answer(): answer
}
