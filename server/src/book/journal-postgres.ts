import { assert } from '../assert.ts'
import type { PostgresStore } from '../store/postgres.ts'
import { isOfStatement, OutcomeUnknown } from '../store/postgres-faults.ts'
import type { Transaction } from '../store/postgres-transaction.ts'
import type { Row, Statement } from '../store/store.ts'
import { apply, resume } from './apply.ts'
import { BookDown } from './book-down.ts'
import { grown } from './decide.ts'
import type { Fate, Found, Job } from './jobs.ts'
import { bulksOf, changesOf, correctionsOf } from './journal-rows.ts'
import { endings, type HoldOp, type Op } from './op.ts'
import { subjectReads } from './reads-sqlite.ts'
import { type Subject, Subjects } from './subjects.ts'
import type { Outcomes } from './turns.ts'

/**
 * The journal of a book that several servers share. One transaction a batch: the subjects are locked in the order of
 * their ids, what others did to them since is read by a second statement, everything is decided, refusals included, then
 * written and committed; only what is committed stays in memory. Statements see what was committed before each began, so
 * nothing that is read after the lock can be stale.
 */
export type SharedJournal = {
  /** Answers when it is committed. Throws when nothing of it was written. */
  write(jobs: readonly Job[]): Promise<Outcomes>
  /** Rows that change nothing of what is decided on. Throws BookDown. */
  commit(statements: readonly Statement[]): Promise<void>
  /** Whether an error of `write` is the fault of what a single job brought along. */
  isOfOne(error: unknown): boolean
}

/** How far the database's clock, with the offset that an operator has given it, is from the machine's. */
export type Told = (databaseNow: number, offsetMs: number) => void

export function journalPostgres(store: PostgresStore, node: () => number, told: Told): SharedJournal {
  const subjects = new Subjects()
  return {
    isOfOne: isOfStatement,
    async commit(statements) {
      try {
        await store.job(statements)
      } catch (error) {
        throw BookDown.from(error)
      }
    },
    async write(jobs) {
      const ids = [...new Set(jobs.flatMap(idsOf))].sort((a, b) => a - b)
      let transaction = ''
      let outcomes: Outcomes = []
      try {
        await store.transact(async (tx) => {
          const batch = await locked(tx, subjects, ids, jobs)
          transaction = batch.transaction
          told(batch.now, batch.offsetMs)
          const looked = await Promise.all(jobs.map((job) => job.look?.(tx.query)))
          outcomes = decideAll(batch, jobs, looked)
          writeAll(tx, batch, node())
        })
        // What was not there may have been made by this very batch; it is read when it is asked for.
        subjects.forget(ids.filter((id) => isNobody(subjects.get(id))))
        return outcomes
      } catch (error) {
        // Some of what is in memory was never committed.
        subjects.forget(ids)
        if (error instanceof OutcomeUnknown && (await wasCommitted(store, transaction))) return outcomes
        throw error
      }
    },
  }
}

function isNobody(subject: Subject | undefined): boolean {
  return !subject?.team && !subject?.subscription
}

function idsOf(job: Job): number[] {
  return job.subscription === 0 ? [job.team] : [job.team, job.subscription]
}

async function wasCommitted(store: PostgresStore, transaction: string): Promise<boolean> {
  const [row] = await store.read('select pg_xact_status(cast(? as xid8)) as status', [transaction])
  return row?.status === 'committed'
}

const LOCK = 'select id, version, last_at from subject where id = any(?::bigint[]) order by id for update'
const OPEN_SUBJECTS =
  'insert into subject select id, 0, 0 from unnest(?::bigint[]) as id order by id on conflict do nothing'
const NOW = `select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as now,
  coalesce((select cast(value as bigint) from setting where name = 'clock_offset_ms'), 0) as ahead,
  cast(pg_current_xact_id() as text) as transaction`
const FATES = `select open.id, hold_end.ending, late_end.hold as late, open_hold.op as running
  from unnest(?::bigint[]) as open (id) left join open_hold on open_hold.id = open.id
  left join hold_end on hold_end.hold = open.id left join late_end on late_end.hold = open.id`
const NEWS = `select op.subject, op.version, op.op from op
  join unnest(?::bigint[], ?::bigint[]) as known (id, version) on op.subject = known.id and op.version > known.version
  order by op.subject, op.version`
const RUNNING = `select op from open_hold where team = any(?::bigint[]) or subscription = any(?::bigint[]) order by id`

type Batch = {
  readonly now: number
  readonly offsetMs: number
  readonly transaction: string
  readonly subjects: ReadonlyMap<number, Subject>
  readonly fates: Map<number, Fate>
  /** Running holds as texts. */
  readonly running: ReadonlyMap<number, unknown>
  readonly ops: Op[]
  readonly statements: Statement[]
  /** What is new to each subject, for the other servers. */
  readonly news: { readonly subject: number; readonly version: number; readonly op: Op }[]
}

/** Locks, and brings what is known of the subjects up to the version that is locked. */
async function locked(
  tx: Transaction,
  known: Subjects,
  ids: readonly number[],
  jobs: readonly Job[],
): Promise<Batch> {
  const list = Float64Array.from(ids)
  const holds = Float64Array.from(new Set(jobs.flatMap(({ hold }) => (hold === 0 ? [] : [hold]))))
  const unknown = ids.filter((id) => !known.get(id))
  if (unknown.length > 0) tx.queue([{ sql: OPEN_SUBJECTS, params: [Float64Array.from(unknown)] }])
  const [heads, [time], fates] = await Promise.all([
    tx.query(LOCK, [list]),
    tx.query(NOW),
    holds.length > 0 ? tx.query(FATES, [holds]) : [],
  ])
  const lastAt = Math.max(...heads.map((head) => Number(head.last_at)))
  const offsetMs = Number(time?.ahead)
  const now = Math.max(Number(time?.now) + offsetMs, lastAt)
  await catchUp(tx, known, heads, now)
  const subjects = new Map<number, Subject>()
  for (const id of ids) {
    const subject = known.get(id)
    assert(subject, `subject ${id} is known once it is locked`)
    subjects.set(id, subject)
  }
  return {
    now,
    offsetMs,
    transaction: String(time?.transaction),
    subjects,
    fates: new Map(fates.map((row) => [Number(row.id), fateOf(row)])),
    running: new Map(fates.map((row) => [Number(row.id), row.running])),
    ops: [],
    statements: [],
    news: [],
  }
}

function fateOf({ running, late, ending }: Row): Fate {
  if (running !== null) return 'running'
  if (late !== null) return 'settled-late'
  return Number(ending) === endings.crashed ? 'swept' : 'ended'
}

async function catchUp(tx: Transaction, known: Subjects, heads: readonly Row[], now: number): Promise<void> {
  const behind = heads.filter((head) => (known.get(Number(head.id))?.version ?? -1) < Number(head.version))
  const stale = behind.flatMap((head) => known.get(Number(head.id)) ?? [])
  if (stale.length > 0) await readNews(tx, stale)
  // New, or so far behind that what happened since is no longer kept.
  for (const head of behind) {
    const id = Number(head.id)
    if (known.get(id)?.version !== Number(head.version)) known.put(await load(tx, head, now))
  }
}

async function readNews(tx: Transaction, stale: readonly Subject[]): Promise<void> {
  const ids = Float64Array.from(stale, ({ id }) => id)
  const versions = Float64Array.from(stale, ({ version }) => version)
  const byId = new Map(stale.map((subject) => [subject.id, subject]))
  for (const row of await tx.query(NEWS, [ids, versions])) {
    const subject = byId.get(Number(row.subject))
    // A gap: what is missing was pruned, and the subject is read anew.
    if (!subject || subject.version + 1 !== Number(row.version)) continue
    const op = JSON.parse(String(row.op)) as Op
    apply(subject, op)
    subject.version++
    subject.lastAt = Math.max(subject.lastAt, op.at)
  }
}

async function load(tx: Transaction, head: Row, now: number): Promise<Subject> {
  const id = Number(head.id)
  const reads = subjectReads(
    { read: tx.query },
    (column) => `cast(coalesce(json_agg(${column}), '[]') as text)`,
  )
  const subscription = await reads.subscription(id, now)
  const team = subscription ? null : await reads.team(id, now)
  const list = Float64Array.of(id)
  for (const row of await tx.query(RUNNING, [list, list])) {
    const hold = JSON.parse(String(row.op)) as HoldOp
    resume({ subscription: hold.subscription === id ? subscription : null, team }, hold)
  }
  return { id, version: Number(head.version), lastAt: Number(head.last_at), subscription, team }
}

/** Job after job, each on what the ones before have left. One that throws takes nothing, and is told. */
function decideAll(batch: Batch, jobs: readonly Job[], looked: readonly unknown[]): Outcomes {
  return jobs.map((job, index) => {
    try {
      const work = job.run({ ...foundBy(batch, job), looked: looked[index] })
      for (const op of work.ops) take(batch, op)
      batch.statements.push(...(work.statements ?? []))
      return { answer: work.answer() }
    } catch (error) {
      return { error }
    }
  })
}

function foundBy(batch: Batch, job: Job): Omit<Found, 'looked'> {
  return {
    subscription: batch.subjects.get(job.subscription)?.subscription ?? null,
    team: batch.subjects.get(job.team)?.team ?? null,
    now: batch.now,
    fate: batch.fates.get(job.hold) ?? 'ended',
    open() {
      if (batch.fates.get(job.hold) !== 'running') return null
      return JSON.parse(String(batch.running.get(job.hold))) as HoldOp
    },
  }
}

function take(batch: Batch, op: Op): void {
  batch.ops.push(op)
  if (op.kind === 'end') batch.fates.set(op.hold.id, 'ended')
  if (op.kind === 'late') batch.fates.set(op.hold.id, 'settled-late')
  for (const id of touchedBy(op)) {
    const subject = batch.subjects.get(id)
    if (!subject) continue
    apply(subject, op)
    subject.version++
    subject.lastAt = Math.max(subject.lastAt, op.at)
    batch.news.push({ subject: id, version: subject.version, op })
  }
}

/** The subjects whose state an op changes. A plan-paid request leaves its team as it was. */
function touchedBy(op: Op): number[] {
  switch (op.kind) {
    case 'hold':
      return touchedByHold(op)
    case 'end':
      return touchedByHold(op.hold)
    case 'slice':
      return [op.hold.team]
    case 'late':
    case 'refusal':
      return []
    case 'correction':
      return op.units > 0 ? [op.team, op.subscription] : [op.team]
    default:
      return [op.team]
  }
}

function touchedByHold({ team, subscription, parts }: HoldOp): number[] {
  const ofPlan = subscription === 0 ? [] : [subscription]
  return parts.length > 0 ? [team, ...ofPlan] : ofPlan
}

const HEADS = `update subject set version = head.version, last_at = head.last_at
  from unnest(?::bigint[], ?::bigint[], ?::bigint[]) as head (id, version, last_at) where subject.id = head.id`
const PUT_NEWS = `insert into op select cast(new->>'subject' as bigint), cast(new->>'version' as bigint), new->>'op'
  from json_array_elements(cast(? as json)) as new`
const PUT_OPEN = `insert into open_hold select cast(new->>'id' as bigint), cast(new->>'team' as bigint),
  cast(new->>'subscription' as bigint), ?, new->>'op' from json_array_elements(cast(? as json)) as new
  on conflict (id) do update set op = excluded.op`
const CLOSE = 'delete from open_hold where id = any(?::bigint[])'

/** Sent together with the commit, whose answer tells whether all of it went well. */
function writeAll(tx: Transaction, batch: Batch, node: number): void {
  const { ops, news, statements } = batch
  if (ops.length === 0 && statements.length === 0) return
  const changed = [...new Set(news.map(({ subject }) => subject))].flatMap(
    (id) => batch.subjects.get(id) ?? [],
  )
  const [opened, closed] = openHolds(ops)
  tx.queue([
    {
      sql: HEADS,
      params: [
        Float64Array.from(changed, ({ id }) => id),
        Float64Array.from(changed, ({ version }) => version),
        Float64Array.from(changed, ({ lastAt }) => lastAt),
      ],
    },
    {
      sql: PUT_NEWS,
      params: [JSON.stringify(news.map((each) => ({ ...each, op: JSON.stringify(each.op) })))],
    },
    { sql: PUT_OPEN, params: [node, JSON.stringify(opened.map(openRow))] },
    { sql: CLOSE, params: [Float64Array.from(closed)] },
    ...statements,
    ...changesOf(ops),
    ...correctionsOf(ops),
  ])
  tx.queue([], bulksOf(ops))
}

function openHolds(ops: readonly Op[]): [opened: readonly HoldOp[], closed: readonly number[]] {
  const opened = new Map<number, HoldOp>()
  const closed: number[] = []
  for (const op of ops) {
    if (op.kind === 'hold') opened.set(op.id, op)
    else if (op.kind === 'slice') opened.set(op.hold.id, grown(op.hold, op.parts))
    else if (op.kind === 'end') {
      if (!opened.delete(op.hold.id)) closed.push(op.hold.id)
    }
  }
  return [[...opened.values()], closed]
}

function openRow(hold: HoldOp) {
  const subscription = hold.subscription === 0 ? null : hold.subscription
  return { id: hold.id, team: hold.team, subscription, op: JSON.stringify(hold) }
}
