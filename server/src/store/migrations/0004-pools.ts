import type { Step } from '../postgres-schema.ts'

/** Money that grows with a stream, caps of a month, the wallet behind the credits, and what is put right afterwards. */
export const pools: readonly Step[] = [
  // Further money of a running stream; `hold_part` is what was held at first.
  `create table slice (
    hold bigint not null, number bigint not null, account bigint not null, at bigint not null,
    nanos bigint not null, available_nanos bigint not null, primary key (hold, number, account)) without rowid`,

  // What a request really used that had been ended by a sweep before it said so: the operator's, nobody else's.
  `create table late_end (
    hold bigint primary key, at bigint not null, ending bigint not null, made_units bigint not null,
    absorbed_nanos bigint not null, input_tokens bigint not null, output_tokens bigint not null,
    cache_read_tokens bigint not null, cache_write_tokens bigint not null, estimated bigint not null)`,

  // Given back by the operator after the end. `nanos` stand in the ledger under the correction's own id.
  `create table correction (
    id bigint primary key, at bigint not null, hold bigint not null, units bigint not null, nanos bigint not null,
    actor text not null, reason text not null)`,
  `create index correction_by_hold on correction (hold)`,

  ...['slice', 'late_end', 'correction'].flatMap((table) =>
    ['update', 'delete'].map(
      (verb) => `create trigger ${table}_no_${verb} before ${verb} on ${table}
        begin select raise(abort, '${table} is append-only'); end`,
    ),
  ),

  // What ended requests cost, by the month of their holds: a cache of the charges, as a balance is; verify proves it.
  `create table spent (
    team bigint not null, month bigint not null, member bigint not null, secret bigint not null,
    credits_nanos bigint not null, overflow_nanos bigint not null, wallet_nanos bigint not null,
    primary key (team, month, member, secret)) without rowid`,
  // Books that are older than this one have charges already. Those in Postgres are not.
  {
    sqlite: [
      `insert into spent
        select hold.team, cast(strftime('%Y%m', hold.at / 1000, 'unixepoch') as integer), hold.member, hold.secret,
          -sum(case when account.kind = 'lot' then entry.nanos else 0 end), 0,
          -sum(case when account.kind = 'wallet' then entry.nanos else 0 end)
        from entry join hold on hold.id = entry.tx join account on account.id = entry.account
        where account.team is not null group by 1, 2, 3, 4`,
    ],
    postgres: [],
  },
  `alter table team add column wallet_on bigint not null default 0`,
  `alter table team add column wallet_cap_nanos bigint`,
  `alter table member add column cap_nanos bigint`,
  `alter table secret add column cap_nanos bigint`,
  `create index secret_capped on secret (team) where cap_nanos is not null`,
]
