import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { pattern, pieces, read, sha256 } from '../../test/contract/media-store-contract.ts'
import { clockOver } from '../clock.ts'
import { Fault, type FaultName } from '../faults.ts'
import { idsFrom } from '../ids.ts'
import { migrate } from '../store/migrate.ts'
import { openSqlite } from '../store/sqlite.ts'
import { Media } from './media.ts'
import { MediaFault, type MediaStore } from './media-store.ts'
import { folderStore } from './store-folder.ts'
import { startSweeper } from './sweeper.ts'

const HOUR_MS = 3_600_000
const STARTS_AT = Date.UTC(2026, 5, 10, 9, 30)
const QUOTA = 1_000_000
const ORIGIN = 'https://plan.example'
const about = { name: 'sound.mp3', purpose: 't2a', contentType: 'audio/mpeg', expiresAt: null }

const folder = mkdtempSync(path.join(tmpdir(), 'tokenplan-files-'))
const store = await openSqlite(path.join(folder, 'rows.db'))
await migrate(store)
after(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})
const ids = idsFrom(() => STARTS_AT)
const secret = Buffer.alloc(32, 7)

/** Media with a clock of its own; the bucket of a test may fail where it likes. */
function mediaWith(objects: Partial<MediaStore> = {}) {
  const time = { now: STARTS_AT }
  const clock = clockOver(() => time.now)
  const place = mkdtempSync(path.join(folder, 'media-'))
  const parts = { ...folderStore(place), ...objects }
  const media = new Media({ store, ids, clock, secret, objects: parts, bytesPerTeam: QUOTA })
  const lying = () =>
    readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
  return { media, clock, time, lying, owner: { team: ids.next(), member: ids.next() } }
}

const bytes = (count: number) => pieces(pattern(count), 50_000)

async function rowsOf(team: number): Promise<number> {
  const [row] = await store.read('select count(*) as rows from file where team = ?', [team])
  return Number(row?.rows)
}

function refusedAs(kind: FaultName, says = /./) {
  return (error: unknown) => error instanceof Fault && error.kind === kind && says.test(error.message)
}

test('what is put is found, listed newest first, opened, and known by its hash', async () => {
  const { media, owner } = mediaWith()
  const first = await media.put(owner, about, bytes(100_000))
  const second = await media.put(owner, { ...about, purpose: 'retrieval' }, bytes(10))
  assert.deepEqual(
    [first.bytes, first.sha256, first.createdAt],
    [100_000, sha256(pattern(100_000)), STARTS_AT],
  )
  assert.deepEqual(await media.find(owner.team, first.id), first)
  assert.deepEqual(await media.list(owner.team, undefined, 10), [second, first])
  assert.deepEqual(await media.list(owner.team, undefined, 1), [second])
  assert.deepEqual(await media.list(owner.team, 't2a', 10), [first])
  assert.ok((await read(await media.open(first))).equals(pattern(100_000)))
  assert.ok(
    (await read(await media.open(first, { start: 7, end: 9 }))).equals(pattern(100_000).subarray(7, 10)),
  )
})

test('another team neither finds, lists nor removes it', async () => {
  const { media, owner } = mediaWith()
  const file = await media.put(owner, about, bytes(10))
  const other = ids.next()
  assert.equal(await media.find(other, file.id), undefined)
  assert.deepEqual(await media.list(other, undefined, 10), [])
  assert.equal(await media.remove(other, file.id), false)
  assert.deepEqual(await media.find(owner.team, file.id), file)
})

test('the quota is exact: as much as fits, and not one byte more, in one file or in many at once', async () => {
  const { media, owner, lying } = mediaWith()
  await media.put(owner, about, bytes(QUOTA - 10))
  await assert.rejects(
    media.put(owner, about, bytes(11)),
    refusedAs('storage_full', /999,990 of 1,000,000 bytes are used, .* and 10 are free/),
  )
  const outcomes = await Promise.allSettled(
    Array.from({ length: 8 }, () => media.put(owner, about, bytes(4), 4)),
  )
  assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 2)
  const kept = await media.list(owner.team, undefined, 10)
  assert.equal(kept.length, 3)
  assert.deepEqual([await rowsOf(owner.team), lying()], [3, 3])
  // Another team's room is its own, and what is removed is free at once.
  await media.put({ team: ids.next(), member: 1 }, about, bytes(QUOTA))
  assert.equal(await media.remove(owner.team, kept[0]?.id ?? 0), true)
  await media.put(owner, about, bytes(6))
})

test('what has expired is free and unknown at once, and gone with the next sweep', async () => {
  const { media, owner, time, lying } = mediaWith()
  const file = await media.put(owner, { ...about, expiresAt: STARTS_AT + HOUR_MS }, bytes(QUOTA))
  await media.sweep()
  time.now += HOUR_MS - 1
  assert.ok(await media.find(owner.team, file.id))
  time.now += 1
  assert.equal(await media.find(owner.team, file.id), undefined)
  const young = await media.put(owner, about, bytes(QUOTA))
  assert.equal(lying(), 2)
  await media.rememberRemote(file.id, 'engine', 'x')
  await media.sweep()
  assert.deepEqual([lying(), await rowsOf(owner.team)], [1, 1])
  assert.equal(await media.remoteId(file.id, 'engine'), undefined)
  assert.ok(await media.find(owner.team, young.id))
})

test('a source that breaks off, a form that turns out wrong, a file that is too large leave nothing', async () => {
  const { media, owner, lying } = mediaWith()
  const broken = new Error('left')
  const source = async function* () {
    yield pattern(1000)
    throw broken
  }
  await assert.rejects(media.put(owner, about, source()), (error) => error === broken)
  await assert.rejects(
    media.put(owner, () => Promise.reject(broken), bytes(10)),
    (error) => error === broken,
  )
  await assert.rejects(media.put(owner, about, bytes(11), 10), refusedAs('file_too_large'))
  assert.deepEqual([await rowsOf(owner.team), lying()], [0, 0])
})

test('names and types of callers are made fit to be shown', async () => {
  const { media, owner } = mediaWith()
  const strange = { ...about, name: ' a\0\r\n\u202egpj.exe ', contentType: 'text/html\0; charset=x' }
  const file = await media.put(owner, strange, bytes(1))
  assert.deepEqual([file.name, file.contentType], ['agpj.exe', 'application/octet-stream'])
  const long = await media.put(
    owner,
    { ...about, name: '汉'.repeat(300), contentType: 'Audio/MPEG' },
    bytes(1),
  )
  assert.deepEqual([long.name, long.contentType], ['汉'.repeat(255), 'audio/mpeg'])
  assert.equal((await media.put(owner, { ...about, name: '' }, bytes(1))).name, 'file')
})

test('a store that fails is said to be down, keeps nothing, and its reason stays with us', async () => {
  const down = () => Promise.reject(new MediaFault('ENOSPC: no space left'))
  const { media, owner } = mediaWith({ put: down, read: down })
  const isDown = (error: unknown) =>
    refusedAs('media_down')(error) &&
    !/ENOSPC/.test(String(error)) &&
    /ENOSPC/.test(String((error as Fault).cause))
  await assert.rejects(media.put(owner, about, bytes(10)), isDown)
  assert.equal(await rowsOf(owner.team), 0)
  const { media: works } = mediaWith()
  await assert.rejects(media.open(await works.put(owner, about, bytes(10))), isDown)
})

test('what could not be removed is unknown all the same, and swept later', async () => {
  let isDown = true
  const removed: string[] = []
  const remove = async (place: string) => {
    if (isDown) throw new MediaFault('unreachable')
    removed.push(place)
  }
  const { media, owner } = mediaWith({ remove })
  const [one, two] = [
    await media.put(owner, about, bytes(QUOTA / 2)),
    await media.put(owner, about, bytes(10)),
  ]
  for (const { id } of [one, two]) assert.equal(await media.remove(owner.team, id), true)
  assert.deepEqual(await media.list(owner.team, undefined, 10), [])
  await media.put(owner, about, bytes(QUOTA))
  await assert.rejects(media.sweep(), /unreachable/)
  assert.equal(await rowsOf(owner.team), 3)
  isDown = false
  await media.sweep()
  assert.deepEqual(removed.sort(), [one.place, two.place].sort())
  assert.equal(await rowsOf(owner.team), 1)
})

test('an arrival that a crash ended holds its room for an hour, then it is swept', async () => {
  const never = () => new Promise<never>(() => undefined)
  const { media, owner, time } = mediaWith({ put: never })
  void media.put(owner, about, bytes(10))
  while ((await rowsOf(owner.team)) === 0) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(await media.list(owner.team, undefined, 10), [])
  const { media: afterwards } = mediaWith()
  await assert.rejects(afterwards.put(owner, about, bytes(10)), refusedAs('storage_full'))
  await media.sweep()
  assert.equal(await rowsOf(owner.team), 1)
  time.now += HOUR_MS
  await media.sweep()
  assert.equal(await rowsOf(owner.team), 0)
})

test('a link is for one file and one end, on the clock of the plans', async () => {
  const { media, owner, clock } = mediaWith()
  const file = await media.put(owner, about, bytes(10))
  const other = await media.put(owner, about, bytes(10))
  const [, expires = '', signature = ''] =
    /expires=(\d+)&signature=(.*)$/.exec(media.urlOf(file, ORIGIN)) ?? []
  assert.ok(media.urlOf(file, ORIGIN).startsWith(`${ORIGIN}/v1/files/${file.id}/content?`))
  assert.equal(Number(expires) * 1000, STARTS_AT + 24 * HOUR_MS)
  assert.deepEqual(await media.findByLink(file.id, expires, signature), file)
  const forged = [
    [other.id, expires, signature],
    [file.id, String(Number(expires) + 1), signature],
    [file.id, `0${expires}`, signature],
    [file.id, expires, `${signature}=`],
    [file.id, expires, signature.toUpperCase()],
    [file.id, expires, ''],
    [ids.next(), expires, signature],
  ] as const
  for (const [id, end, signed] of forged)
    await assert.rejects(media.findByLink(id, end, signed), refusedAs('link_invalid', /signature/))
  clock.advance(24 * HOUR_MS)
  await assert.rejects(
    media.findByLink(file.id, expires, signature),
    refusedAs('link_invalid', /it ended at 2026-06-11T09:30:00Z/),
  )
})

test('a link lives no longer than its file, and dies with it', async () => {
  const { media, owner } = mediaWith()
  const file = await media.put(owner, { ...about, expiresAt: STARTS_AT + 1500 }, bytes(10))
  const query = (url: string) => new URL(url).searchParams
  assert.equal(Number(query(media.urlOf(file, ORIGIN)).get('expires')), (STARTS_AT + 1000) / 1000)
  const kept = await media.put(owner, about, bytes(10))
  const link = query(media.urlOf(kept, ORIGIN, HOUR_MS))
  assert.equal(Number(link.get('expires')) * 1000, STARTS_AT + HOUR_MS)
  await media.remove(owner.team, kept.id)
  const asked = media.findByLink(kept.id, link.get('expires') ?? '', link.get('signature') ?? '')
  await assert.rejects(asked, refusedAs('file_unknown'))
})

test('the ids that upstreams gave are remembered, one for each, the last one counts', async () => {
  const { media, owner } = mediaWith()
  const { id } = await media.put(owner, about, bytes(10))
  assert.equal(await media.remoteId(id, 'one'), undefined)
  await media.rememberRemote(id, 'one', 'a')
  await media.rememberRemote(id, 'two', 'b')
  await media.rememberRemote(id, 'one', 'c')
  assert.deepEqual([await media.remoteId(id, 'one'), await media.remoteId(id, 'two')], ['c', 'b'])
})

test('the sweeper sweeps at once, reports what goes wrong, and is still when it is stopped', async () => {
  const reported: unknown[] = []
  const failing = startSweeper(
    () => Promise.reject(new Error('no bucket')),
    (error) => reported.push(error),
  )
  await new Promise((resolve) => setImmediate(resolve))
  await failing.stop()
  assert.deepEqual(reported.map(String), ['Error: no bucket'])
  // One that hangs does not hold up a stop for long, and has nothing to report after it.
  let fail: (error: Error) => void = () => undefined
  const hanging = startSweeper(
    () => new Promise((_, reject) => (fail = reject)),
    (error) => reported.push(error),
  )
  await hanging.stop()
  fail(new Error('the database is closed'))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(reported.length, 1)
})
