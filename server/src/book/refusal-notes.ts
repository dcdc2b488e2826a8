import type { Ask } from './decide.ts'
import type { RefusalOp } from './op.ts'
import type { Refusal } from './refusal.ts'

/** More than people read; a client that asks on and on must not fill the disk, nor the batches of others. */
const MOST_A_SECOND = 1_000

/** Which refusals are kept: of each second the first so many. */
export class RefusalNotes {
  #second = 0
  #count = 0

  /** What to write of a refusal; undefined where this second has had enough of them. */
  of(ask: Ask, subscription: number | null, refusal: Refusal, at: number): RefusalOp | undefined {
    const second = Math.floor(at / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#count = 0
    }
    if (++this.#count > MOST_A_SECOND) return undefined
    const { id, team, member, secret, resourceLabel, modelLabel, units } = ask
    const seat = subscription ?? 0
    return {
      kind: 'refusal',
      id,
      at,
      team,
      member,
      secret,
      subscription: seat,
      resourceLabel,
      modelLabel,
      units,
      refusal,
    }
  }
}
