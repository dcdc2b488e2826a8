/** The first schema, SQLite's form. Forward only: a change is a new file. */
export const first: readonly string[] = [
  `create table setting (name text primary key, value text not null) without rowid`,

  // Words of the catalogue as integers, so that the journal's rows hold no text.
  `create table label (id bigint primary key, name text not null unique)`,

  `create table person (
    id bigint primary key, email text not null unique, password_hash text not null, created_at bigint not null)`,
  `create table team (
    id bigint primary key, name text not null, is_default bigint not null, created_at bigint not null)`,
  `create table member (
    id bigint primary key, team bigint not null, person bigint not null, role text not null,
    credits_access bigint not null, overflow bigint not null, joined_at bigint not null, unique (team, person))`,
  `create table secret (
    id bigint primary key, public_id text not null unique, kind text not null, team bigint not null,
    member bigint not null, name text not null, mac text not null, last_four text not null,
    created_at bigint not null, revoked_at bigint)`,
  `create table subscription (
    id bigint primary key, team bigint not null, plan text not null, plan_name text not null,
    catalogue text not null, catalogue_version bigint not null, price_nanos bigint not null, period text not null,
    entitlements text not null, started_at bigint not null, ends_at bigint)`,
  `create table seat (
    subscription bigint primary key, team bigint not null, member bigint not null, assigned_at bigint not null,
    unique (team, member))`,

  // The book. Accounts hold money; their balance is a cache of the entries and verify proves it.
  `create table account (
    id bigint primary key, kind text not null, team bigint, balance_nanos bigint not null)`,
  `create index account_by_team on account (team) where team is not null`,
  `create table lot (
    account bigint primary key, team bigint not null, kind text not null, nanos bigint not null,
    bought_at bigint not null, expires_at bigint not null)`,
  `create index lot_by_team on lot (team)`,
  // A hold is the usage record: made before the upstream is called, never changed.
  `create table hold (
    id integer primary key, at bigint not null, team bigint not null, member bigint not null, secret bigint not null,
    subscription bigint, resource bigint not null, model bigint not null, units bigint not null,
    used_units bigint not null, limit_units bigint not null, window_ms bigint not null,
    nanos bigint not null, price_version bigint not null)`,
  `create index hold_by_subscription on hold (subscription, at) where subscription is not null`,
  `create table hold_part (
    hold bigint not null, account bigint not null, nanos bigint not null, available_nanos bigint not null,
    primary key (hold, account)) without rowid`,
  `create table hold_end (
    hold integer primary key, at bigint not null, ending bigint not null, units bigint not null,
    nanos bigint not null, absorbed_nanos bigint not null, input_tokens bigint not null,
    output_tokens bigint not null, cache_read_tokens bigint not null, cache_write_tokens bigint not null,
    estimated bigint not null)`,
  `create table entry (
    id integer primary key, tx bigint not null, at bigint not null, account bigint not null, nanos bigint not null,
    price_version bigint not null)`,
  // What was written about money or usage is never changed; a correction is a new row.
  ...['entry', 'hold', 'hold_part', 'hold_end'].flatMap((table) =>
    ['update', 'delete'].map(
      (verb) => `create trigger ${table}_no_${verb} before ${verb} on ${table}
        begin select raise(abort, '${table} is append-only'); end`,
    ),
  ),

  `create table audit (
    id bigint primary key, at bigint not null, actor text not null, act text not null, detail text not null)`,
]
