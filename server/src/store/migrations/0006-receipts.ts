/** What one request cost or why it was refused, asked for by its id. */
export const receipts: readonly string[] = [
  // The charges of one request, and what was given back of them.
  `create index entry_by_tx on entry (tx)`,

  // Refused requests, for some days: what the refusal said. Nothing of the book hangs on them, so they may be deleted.
  `create table refusal (
    id bigint primary key, at bigint not null, team bigint not null, member bigint not null, secret bigint not null,
    subscription bigint, resource bigint not null, model bigint not null, units bigint not null, why bigint not null,
    window_rule bigint, window_ms bigint, used_units bigint, held_units bigint, limit_units bigint,
    next_free_at bigint, useful_at bigint, full_at bigint,
    money_why bigint, needed_nanos bigint, balance_nanos bigint, taken_nanos bigint,
    wallet_nanos bigint, wallet_held_nanos bigint, cap_nanos bigint, resets_at bigint)`,

  // Lots that have expired are looked for every minute.
  `create index lot_by_expiry on lot (expires_at)`,
]
