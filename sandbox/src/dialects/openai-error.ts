/** The error types that MiniMax's OpenAI-shaped paths use, by HTTP status. */
const TYPES: Readonly<Record<number, string>> = {
  400: 'bad_request_error',
  401: 'authorized_error',
  402: 'insufficient_balance_error',
  403: 'permission_error',
  404: 'not_found_error',
  422: 'unprocessable_entity_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
}

export function openaiErrorType(status: number): string {
  return TYPES[status] ?? (status < 500 ? 'bad_request_error' : 'server_error')
}
