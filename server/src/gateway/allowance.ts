import type { Book } from '../book/book.ts'
import type { HoldOp } from '../book/op.ts'
import type { NoMoney } from '../book/refusal.ts'
import { heldAfter, mostWithin, SLICE_TOKENS } from '../modalities/slices.ts'
import { priceTokens } from '../money.ts'

export type Enlarged =
  | { readonly kind: 'held' }
  | { readonly kind: 'refused'; readonly why: NoMoney | 'revoked' }
  /** The books are down. */
  | { readonly kind: 'failed'; readonly error: unknown }

type Terms = {
  readonly book: Pick<Book, 'more'>
  /** The key still counts: who has revoked it expects that it spends no more. */
  readonly isKeyValid: () => boolean | Promise<boolean>
  readonly hold: HoldOp
  /** Tokens of output that are in the hold. */
  readonly outputTokens: number
  readonly outputLimit: number | null
  readonly nanosPerMillion: number
}

/** Less than this left: the next slice is asked for, so that a stream at its usual pace never waits for the disk. */
const EARLY_TOKENS = SLICE_TOKENS / 2

/** What is held for the output of one stream; it grows with it (design §4.9). */
export class Allowance {
  readonly #terms: Terms
  #hold: HoldOp
  #tokens: number
  /** Passes without being held: the limit is, there is no money for more, and the count may be too high. */
  #trusted = 0
  #growing: Promise<Enlarged> | undefined

  constructor(terms: Terms) {
    this.#terms = terms
    this.#hold = terms.hold
    this.#tokens = terms.outputTokens
  }

  /** The hold as it is now, once nothing is being added to it: `more` and the end must not meet. */
  async lastHold(): Promise<HoldOp> {
    await this.#growing
    return this.#hold
  }

  covers(tokens: number): boolean {
    return tokens <= Math.max(this.#tokens, this.#trusted)
  }

  /** Nothing is held ahead beyond the caller's own limit: most engines keep to it. */
  runsShort(tokens: number): boolean {
    return this.#tokens - tokens < EARLY_TOKENS && !this.#isWhole()
  }

  get isGrowing(): boolean {
    return this.#growing !== undefined
  }

  /** Holds at least `tokens` of output, durably, or says why not; one at a time. */
  async grow(tokens: number): Promise<Enlarged> {
    // Told as a value: who ends the hold waits for this too, and must not fail by it.
    this.#growing = this.#grow(tokens).catch((error: unknown) => ({ kind: 'failed', error }))
    const enlarged = await this.#growing
    this.#growing = undefined
    return enlarged
  }

  async #grow(tokens: number): Promise<Enlarged> {
    const { book, outputLimit, nanosPerMillion, isKeyValid } = this.#terms
    if (!(await isKeyValid())) return { kind: 'refused', why: 'revoked' }
    const wanted = heldAfter(this.#tokens, tokens, outputLimit)
    // The difference of two prices, so that many slices cost what one hold of their size would.
    const nanos = priceTokens(wanted, nanosPerMillion) - priceTokens(this.#tokens, nanosPerMillion)
    if (nanos > 0) {
      const answer = await book.more(this.#hold, nanos)
      if (answer.kind === 'refused') return this.#isWithin(tokens) ? { kind: 'held' } : answer
      this.#hold = answer.hold
    }
    this.#tokens = wanted
    return { kind: 'held' }
  }

  #isWithin(tokens: number): boolean {
    const most = mostWithin(this.#terms.outputLimit)
    if (!this.#isWhole() || tokens > most) return false
    this.#trusted = most
    return true
  }

  #isWhole(): boolean {
    const { outputLimit } = this.#terms
    return outputLimit !== null && this.#tokens >= outputLimit
  }
}
