import type { AnswerReport } from './text-answer.ts'

/** Money is held for so many tokens of output at a time while a stream runs (design §4.9). */
export const SLICE_TOKENS = 1024

/** Bytes of text in one token, for deciding whether output is paid. Fewer than any tokenizer has on average over a slice. */
const FEWEST_BYTES_PER_TOKEN = 3

/** More than any context there is: an engine that reports a larger number is not believed, and prices stay exact. */
const MOST_TOKENS = 10_000_000

/** What is held for the output of a stream before it begins. */
export function firstSlice(outputLimit: number | null): number {
  return Math.min(outputLimit ?? SLICE_TOKENS, SLICE_TOKENS)
}

/**
 * What must be held so that `wantedTokens` are paid for: one slice more than `heldTokens` or as many as it needs. No
 * more than the caller's own limit can cost before all of that is held, and beyond it what an engine delivers all the same.
 */
export function heldAfter(heldTokens: number, wantedTokens: number, outputLimit: number | null): number {
  const slices = Math.max(1, Math.ceil((wantedTokens - heldTokens) / SLICE_TOKENS))
  const next = heldTokens + slices * SLICE_TOKENS
  return outputLimit !== null && heldTokens < outputLimit ? Math.min(outputLimit, next) : next
}

/**
 * So many tokens, as `countTokens` counts them, may be an answer that keeps to this limit: it counts rather too many. Who
 * can pay for the limit and for no more must not lose an end for that.
 */
export function mostWithin(outputLimit: number | null): number {
  return 2 * (outputLimit ?? 0)
}

/**
 * Output delivered so far, in tokens, rather too many than too few: by its bytes; by its events, of which each has a token
 * at least and which may be single letters; or by what the engine itself reports in passing, which also knows of thinking
 * that it does not show. What is charged in the end is counted by `estimateTokens` or reported.
 */
export function countTokens(report: AnswerReport, outputEvents: number): number {
  const byBytes = Math.ceil(report.deliveredBytes / FEWEST_BYTES_PER_TOKEN)
  return Math.min(MOST_TOKENS, Math.max(byBytes, outputEvents, report.tokens?.output ?? 0))
}
