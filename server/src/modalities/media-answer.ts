import { countIn, objectIn, textIn } from './media-request.ts'

/** How an engine of the provider's wire says yes or no, whatever the HTTP status: 0 is yes. */
export type Outcome = { readonly code: number; readonly message: string }

/** "unknown error" of the provider's table. */
const UNKNOWN = 1000

/** An answer without a code is a yes, as engines of other makers have none; a code we cannot read is not. */
export function readOutcome(json: unknown): Outcome {
  const outcome = objectIn(json, 'base_resp')
  const said = outcome.status_code ?? 0
  return {
    code: countIn({ said }, 'said') ?? UNKNOWN,
    message: textIn(outcome, 'status_msg') ?? '',
  }
}
