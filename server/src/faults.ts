/**
 * Every way this server says no, in one closed table (design §8). HTTP status, MiniMax code, the public sentence and the
 * hint derive from here for all dialects, the docs pages and the command line. What is not in it is a 500.
 */
export type FaultKind = {
  readonly status: number
  /** MiniMax's internal code (wire: `(2056)` at the end of a message, `base_resp.status_code`). */
  readonly code: number
  readonly says: string
  readonly hint: string
  /** Exit code of the command line. */
  readonly exit: number
}

export const faults = {
  key_missing: {
    status: 401,
    code: 1004,
    says: 'login fail: no key in the request',
    hint: "Send it as 'Authorization: Bearer sk-cp-…' or 'x-api-key: sk-cp-…'.",
    exit: 3,
  },
  key_unknown: {
    status: 401,
    code: 2049,
    says: 'invalid api key',
    hint: 'Check the key for typing errors, or take a new one from /account/token-plan.',
    exit: 3,
  },
  operator_only: {
    status: 401,
    code: 1004,
    says: 'this needs the operator token',
    hint: "Send 'Authorization: Bearer <operatorToken>'.",
    exit: 3,
  },
  body_broken: {
    status: 400,
    code: 2013,
    says: 'invalid params, the body is not a JSON object',
    hint: 'Send one JSON object, encoded as UTF-8.',
    exit: 2,
  },
  param_invalid: {
    status: 400,
    code: 2013,
    says: 'invalid params',
    hint: 'Correct the named field. Nothing was charged.',
    exit: 2,
  },
  body_too_large: {
    status: 413,
    code: 2013,
    says: 'invalid params, the body is too large',
    hint: 'Nothing was charged.',
    exit: 2,
  },
  body_too_slow: {
    status: 408,
    code: 1001,
    says: 'the request did not arrive in time',
    hint: 'Send it again. Nothing was charged.',
    exit: 5,
  },
  path_unknown: {
    status: 404,
    code: 2013,
    says: 'invalid params, there is nothing at this path',
    hint: 'See /docs/token-plan/other-tools for the base URL of your client.',
    exit: 2,
  },
  method_wrong: {
    status: 405,
    code: 2013,
    says: 'invalid params, this path takes another method',
    hint: 'See the allow header.',
    exit: 2,
  },
  model_unknown: {
    status: 404,
    code: 2013,
    says: 'invalid params, unknown model',
    hint: 'GET /v1/models lists the models of this server.',
    exit: 2,
  },
  task_unknown: {
    status: 404,
    code: 2013,
    says: 'invalid params, there is no such task',
    hint: 'Ask for a task with a key of the team that began it.',
    exit: 2,
  },
  request_unknown: {
    status: 404,
    code: 2013,
    says: 'invalid params, there is no such request',
    hint: 'Ask with a key of the member whose request it was, and the id from its x-request-id header.',
    exit: 2,
  },
  request_refused: {
    status: 404,
    code: 2013,
    says: 'invalid params, this request was refused, so it has no receipt',
    hint: 'Nothing was held or charged.',
    exit: 2,
  },
  subject_unknown: {
    status: 404,
    code: 2013,
    says: 'invalid params, there is no such team, member or key',
    hint: 'Take its id from the console, or from the receipt of one of its requests.',
    exit: 2,
  },
  correction_refused: {
    status: 409,
    code: 2013,
    says: 'invalid params, this cannot be given back',
    hint: 'Nothing was changed. The receipt of the request says what it cost and what was given back.',
    exit: 2,
  },
  voice_taken: {
    status: 400,
    code: 2039,
    says: 'voice id duplicate, your team has a voice of this name',
    hint: 'Choose another name, or delete the voice with POST /v1/delete_voice. Nothing was charged.',
    exit: 2,
  },
  file_unknown: {
    status: 404,
    code: 2013,
    says: 'invalid params, there is no such file',
    hint: 'GET /v1/files/list lists the files of your team.',
    exit: 2,
  },
  file_too_large: {
    status: 413,
    code: 2013,
    says: 'invalid params, the file is too large',
    hint: 'A file may have up to 512 MB. Nothing was charged.',
    exit: 2,
  },
  storage_full: {
    status: 413,
    code: 2013,
    says: 'invalid params, the storage of your team is full',
    hint: 'Delete what is not needed with POST /v1/files/delete. Nothing was charged.',
    exit: 4,
  },
  link_invalid: {
    status: 403,
    code: 2013,
    says: 'invalid params, this link to a file is not valid',
    hint: 'GET /v1/files/retrieve makes a new one.',
    exit: 3,
  },
  range_invalid: {
    status: 416,
    code: 2013,
    says: 'invalid params, the range begins behind the end of the file',
    hint: 'See the content-range header.',
    exit: 2,
  },
  media_down: {
    status: 503,
    code: 1000,
    says: 'files cannot be written or read right now',
    hint: 'Try again in some seconds. Nothing was charged.',
    exit: 6,
  },
  window_empty: {
    status: 429,
    code: 2056,
    says: 'usage limit exceeded',
    hint: 'Buy credits, upgrade or take another seat, use your API key, or wait.',
    exit: 4,
  },
  cap_reached: {
    status: 429,
    code: 2056,
    says: 'usage limit exceeded',
    hint: 'Have the cap raised, or wait until running requests or the month end.',
    exit: 4,
  },
  not_in_plan: {
    status: 403,
    code: 2061,
    says: 'your current token plan not support model',
    hint: 'Add credits, choose a plan with it, or use your API key.',
    exit: 4,
  },
  credits_empty: {
    status: 402,
    code: 1008,
    says: 'insufficient balance',
    hint: 'Ask the owner of the team to buy credits or to assign you a seat.',
    exit: 4,
  },
  no_plan: {
    status: 403,
    code: 2062,
    says: 'no active token plan',
    hint: 'Ask the owner of the team for a seat or for credits access.',
    exit: 4,
  },
  wallet_empty: {
    status: 402,
    code: 1008,
    says: 'insufficient balance',
    hint: 'Top up the wallet of the team. An API key never spends a plan or credits.',
    exit: 4,
  },
  dialect_unspoken: {
    status: 501,
    code: 2013,
    says: 'invalid params, no engine behind this model speaks this dialect',
    hint: 'Use an endpoint of a dialect it speaks.',
    exit: 2,
  },
  upstream_failed: {
    status: 502,
    code: 1000,
    says: 'the engine behind this model failed',
    hint: 'Try again. Nothing was charged.',
    exit: 6,
  },
  answer_cut: {
    status: 502,
    code: 1000,
    says: 'the engine behind this model stopped in the middle of its answer',
    hint: 'Try again. The plan gave its unit back; credits or a wallet paid only for what was delivered.',
    exit: 6,
  },
  answer_stopped: {
    status: 503,
    code: 1000,
    says: 'the books cannot be written right now, so this answer was stopped in the middle',
    hint: 'Try again in some seconds. Credits or a wallet paid only for what was delivered.',
    exit: 6,
  },
  upstream_unreachable: {
    status: 502,
    code: 1000,
    says: 'the engine behind this model cannot be reached',
    hint: 'Try again later. Nothing was charged.',
    exit: 6,
  },
  upstream_misconfigured: {
    status: 502,
    code: 1000,
    says: 'the engine behind this model refused the credentials of this server',
    hint: 'Tell the operator. Nothing was charged.',
    exit: 6,
  },
  upstream_busy: {
    status: 529,
    code: 1039,
    says: 'the engine behind this model is overloaded',
    hint: 'Try again in some seconds. Nothing was charged.',
    exit: 6,
  },
  upstream_slow: {
    status: 504,
    code: 1001,
    says: 'the engine behind this model did not answer in time',
    hint: 'Try again. Nothing was charged.',
    exit: 5,
  },
  store_down: {
    status: 503,
    code: 1000,
    says: 'the books cannot be read or written right now, so nothing is served',
    hint: 'Try again in some seconds. Nothing was charged.',
    exit: 6,
  },
  draining: {
    status: 503,
    code: 1000,
    says: 'this server is stopping',
    hint: 'Try again in some seconds. Nothing was charged.',
    exit: 6,
  },
  internal: {
    status: 500,
    code: 1000,
    says: 'internal error',
    hint: 'Tell the operator the request id.',
    exit: 1,
  },
} as const satisfies Record<string, FaultKind>

export type FaultName = keyof typeof faults

/** A refusal on its way to the caller. `detail` is public and continues the table's sentence. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly kind: FaultName
  readonly detail: string
  readonly headers: Readonly<Record<string, string>>
  /** When it is worth coming back, ms since the epoch; null where time does not help. */
  readonly resetsAt: number | null

  constructor(
    kind: FaultName,
    detail = '',
    headers: Readonly<Record<string, string>> = {},
    resetsAt: number | null = null,
  ) {
    super(`${faults[kind].says}${detail && `: ${detail}`}`)
    this.kind = kind
    this.detail = detail
    this.headers = headers
    this.resetsAt = resetsAt
  }
}

const SELF_EXPLAINING: ReadonlySet<FaultName> = new Set(['window_empty', 'cap_reached', 'not_in_plan'])

/** The public sentence without the code: what `base_resp.status_msg` carries. */
export function publicSentence(fault: Fault, hint: string = faults[fault.kind].hint): string {
  const { says } = faults[fault.kind]
  // Their details say themselves what helps.
  if (SELF_EXPLAINING.has(fault.kind)) return `${says}, ${fault.detail}`
  return `${says}${fault.detail && `: ${fault.detail}`}. ${hint}`
}

/** Unknown errors become `internal`: their text stays with us. */
export function asFault(error: unknown): Fault {
  return error instanceof Fault ? error : new Fault('internal')
}
