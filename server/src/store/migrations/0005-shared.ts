import type { Step } from '../postgres-schema.ts'

/** What several servers over one database share beside the rows. One that is alone has it in memory. */
export const shared: readonly Step[] = [
  {
    sqlite: [],
    postgres: [
      // A subscription or a team: who decides about it holds its row. `last_at` keeps its time from falling.
      `create table subject (id bigint primary key, version bigint not null, last_at bigint not null)`,
      // What happened to a subject, so that a server that knows an older version reads what is new and no more.
      `create table op (
        subject bigint not null, version bigint not null, op text not null, primary key (subject, version))`,
      // Running requests, as they are held now, and who runs them.
      `create table open_hold (
        id bigint primary key, team bigint not null, subscription bigint, node bigint not null, op text not null)`,
      `create index open_hold_by_team on open_hold (team)`,
      `create index open_hold_by_subscription on open_hold (subscription) where subscription is not null`,
      // Serving processes, each start another one. "slot" keeps the ids that they mint apart.
      `create sequence node_number`,
      `create table node (id bigint primary key, slot bigint not null unique, beat_at bigint not null)`,
      // Rises with every change of a secret or a seat, in the same commit: what servers remember of keys is old then.
      `insert into setting values ('keys_version', '0')`,
      `create function keys_changed() returns trigger language plpgsql as $$ begin
        update setting set value = cast(cast(value as bigint) + 1 as text) where name = 'keys_version';
        return null; end $$`,
      `create trigger secret_changed after update or delete on secret for each statement execute function keys_changed()`,
      `create trigger seat_changed after insert or update or delete on seat
        for each statement execute function keys_changed()`,
    ],
  },
]
