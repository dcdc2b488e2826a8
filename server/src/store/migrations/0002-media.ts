/**
 * Stored files. A row is there before its object and goes after it, so no object is ever without a row: `arriving_until`
 * is set while the bytes come in (real time; a row that outlives it broke off), `deleted_at` until the object is gone.
 */
export const media: readonly string[] = [
  `create table file (
    id bigint primary key, team bigint not null, member bigint not null, purpose text not null, name text not null,
    content_type text not null, bytes bigint not null, place text not null, sha256 text,
    created_at bigint not null, arriving_until bigint, expires_at bigint, deleted_at bigint)`,
  // Lists a team newest first, and holds all that its sum of bytes needs.
  `create index file_by_team on file (team, id, bytes, expires_at, arriving_until) where deleted_at is null`,
  `create index file_by_expiry on file (expires_at) where expires_at is not null`,
  `create index file_arriving on file (arriving_until) where arriving_until is not null`,
  `create index file_deleted on file (deleted_at) where deleted_at is not null`,

  // The ids under which upstreams know our files.
  `create table file_upstream (
    file bigint not null, upstream text not null, remote_id text not null, primary key (file, upstream))`,
]
