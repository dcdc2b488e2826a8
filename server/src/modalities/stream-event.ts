/** What the events of all dialects may have, as far as anybody here looks. Nothing in it is as promised. */
export type StreamEvent = {
  readonly type?: string
  readonly usage?: unknown
  readonly error?: unknown
  readonly message?: { readonly usage?: unknown }
  readonly response?: { readonly usage?: unknown; readonly output?: unknown }
  readonly base_resp?: { readonly status_code?: unknown }
  readonly delta?: unknown
  readonly content_block?: unknown
  readonly item?: unknown
  readonly choices?:
    | readonly { readonly finish_reason?: unknown; readonly delta?: unknown; readonly message?: unknown }[]
    | null
}
