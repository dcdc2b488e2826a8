/** Media: units that two pools pay, and jobs that outlive the request that began them. */
export const tasks: readonly string[] = [
  // What was held before this was text, one unit a call.
  `alter table hold add column asked_units bigint not null default 1`,
  `alter table hold add column crash_units bigint not null default 1`,
  // Not known of what ended before this.
  `alter table hold_end add column made_units bigint`,

  // A job at an engine. Its row is committed with its hold; `remote_id` is set once the engine has taken it on. Instants
  // are plan time, as those of its hold.
  `create table task (
    id bigint primary key, hold bigint not null unique, team bigint not null, member bigint not null,
    kind text not null, model text not null, upstream text not null, remote_id text, state text not null,
    file bigint, width bigint, height bigint, code bigint not null, message text not null, callback_url text,
    first_uses text not null, created_at bigint not null, deadline_at bigint not null, ended_at bigint)`,
  `create index task_running on task (hold) where ended_at is null`,
  `create index task_by_team on task (team, id)`,

  // What an engine keeps for a team under an id: voices, features of a cover. `name` is what the team calls it.
  `create table engine_id (
    id bigint primary key, team bigint not null, member bigint not null, kind text not null, name text not null,
    upstream text not null, remote_id text not null, description text not null, created_at bigint not null,
    expires_at bigint, paid_at bigint, unique (team, kind, name))`,
  `create index engine_id_by_remote on engine_id (remote_id)`,

  // Those that ran longer than any request does, so that a load need not look back further for all of them.
  `create index task_long on task (team, ended_at) where ended_at - created_at > 86400000`,
]
