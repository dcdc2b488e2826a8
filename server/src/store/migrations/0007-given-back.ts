import type { Step } from '../postgres-schema.ts'

/** What a window is read back from lies together: its units in an index, what came back of them in a table. */
export const givenBack: readonly Step[] = [
  // Units that a request returned at its end, and units of a correction: `tx` is the hold's id, or the correction's.
  // `at` is when they had been taken. A copy of what holds, ends and corrections say; verify proves it.
  `create table given_back (
    subscription bigint not null, ended_at bigint not null, tx bigint not null, at bigint not null,
    resource bigint not null, units bigint not null, primary key (subscription, ended_at, tx)) without rowid`,
  `insert into given_back
    select hold.subscription, hold_end.at, hold.id, hold.at, hold.resource, hold.units - hold_end.units
    from hold_end join hold on hold.id = hold_end.hold
    where hold.subscription is not null and hold_end.units < hold.units
    union all select hold.subscription, correction.at, correction.id, hold.at, hold.resource, correction.units
    from correction join hold on hold.id = correction.hold
    where hold.subscription is not null and correction.units > 0`,
  ...['update', 'delete'].map(
    (verb) => `create trigger given_back_no_${verb} before ${verb} on given_back
      begin select raise(abort, 'given_back is append-only'); end`,
  ),

  `drop index hold_by_subscription`,
  `create index hold_by_subscription on hold (subscription, at, resource, units) where subscription is not null`,
  // Nothing looks for long tasks any more: what they gave back is found by when they did.
  `drop index task_long`,
]
