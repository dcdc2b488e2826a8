import { assert } from '../assert.ts'
import type { TokenPrices } from '../catalogue/catalogue.ts'
import { type Nanos, priceTokens } from '../money.ts'
import { firstSlice } from './slices.ts'
import type { AnswerReport } from './text-answer.ts'
import type { TextRequest } from './text-request.ts'
import type { ReportedTokens } from './text-usage.ts'

/** Output held at the most for an answer in one piece that names no limit or a higher one (design §4.9). */
export const MOST_OUTPUT_HELD = 8192

/** Bytes of text in one token, for counting what an engine did not report. English and code: 3.5 to 4.5. */
const BYTES_PER_TOKEN = 4

/**
 * The output tokens that are held before an engine is asked. For an answer in one piece that is all, and the limit sent
 * upstream is lowered to it; a stream begins with a slice and holds more as it runs.
 */
export function heldOutput({ stream, outputLimit }: Pick<TextRequest, 'stream' | 'outputLimit'>): number {
  return stream ? firstSlice(outputLimit) : Math.min(outputLimit ?? MOST_OUTPUT_HELD, MOST_OUTPUT_HELD)
}

/** What a request can cost: a token per byte of the body at the dearest input price, and the output that is held. */
export function holdPrice(prices: TokenPrices, bodyBytes: number, outputTokens: number): Nanos {
  const dearest = Math.max(
    prices.inputNanosPerMillion,
    prices.cacheWriteNanosPerMillion,
    prices.cacheReadNanosPerMillion,
  )
  return priceTokens(bodyBytes, dearest) + priceTokens(outputTokens, prices.outputNanosPerMillion)
}

/** One rounding, up, for each charge line. */
export function usagePrice(prices: TokenPrices, tokens: ReportedTokens): Nanos {
  const nanos =
    priceTokens(tokens.input, prices.inputNanosPerMillion) +
    priceTokens(tokens.output, prices.outputNanosPerMillion) +
    priceTokens(tokens.cacheRead, prices.cacheReadNanosPerMillion) +
    priceTokens(tokens.cacheWrite, prices.cacheWriteNanosPerMillion)
  assert(Number.isSafeInteger(nanos), 'the price of a request is a safe integer')
  return nanos
}

/** Counted from the bytes that went through, where the engine did not say. */
export function estimateTokens(bodyBytes: number, report: AnswerReport): ReportedTokens {
  return {
    input: Math.ceil(bodyBytes / BYTES_PER_TOKEN),
    output: Math.ceil(report.deliveredBytes / BYTES_PER_TOKEN),
    cacheRead: 0,
    cacheWrite: 0,
  }
}
