import type { Readable } from 'node:stream'
import type { Kysely } from 'kysely'
import { assert } from '../assert.ts'
import { type Clock, isoSeconds } from '../clock.ts'
import { Fault } from '../faults.ts'
import { type Ids, randomName } from '../ids.ts'
import { type Database, queries, queriesOver, statementOf } from '../store/kysely.ts'
import type { Store } from '../store/sqlite.ts'
import { cleanName, cleanType } from './clean.ts'
import {
  type About,
  type Arrival,
  deleteRows,
  dueFiles,
  type FileOwner,
  fileOf,
  insertArrival,
  keepArrival,
  keptFiles,
  type MediaFile,
  markDeleted,
  usedBytes,
} from './file-rows.ts'
import { endOfLink, linkTo } from './links.ts'
import { type ByteRange, MediaFault, type MediaStore, type Stored } from './media-store.ts'

export type MediaParts = {
  readonly store: Store
  readonly objects: MediaStore
  /** Signs links. */
  readonly secret: Buffer
  readonly ids: Ids
  readonly clock: Clock
  readonly bytesPerTeam: number
}

export const LARGEST_FILE_BYTES = 512 * 1024 * 1024
export const OUTPUT_LINK_MS = 24 * 3_600_000
/** Real time, longer than any request may take. */
const ARRIVAL_MS = 3_600_000
const SWEPT_AT_ONCE = 200

/**
 * The files of all teams: rows in the database, bytes in a MediaStore. A row is there before its bytes and goes after
 * them, so that a crash leaves nothing that is not found again; and before the first byte comes it holds its room in the
 * team's quota.
 */
export class Media {
  readonly #parts: MediaParts
  readonly #queries: Kysely<Database>

  constructor(parts: MediaParts) {
    this.#parts = parts
    this.#queries = queriesOver({ read: parts.store.read })
  }

  /**
   * Stores all of the source or nothing. `about` may be told when the bytes are here, for a form may name the purpose
   * last. `mostBytes` is the room that is held until then.
   */
  async put(
    owner: FileOwner,
    about: About | ((bytes: number) => Promise<About>),
    source: AsyncIterable<Buffer>,
    mostBytes = LARGEST_FILE_BYTES,
  ): Promise<MediaFile> {
    if (owner.id !== undefined) await this.#forgetArrival(owner.id)
    const arrival = await this.#hold(owner, mostBytes)
    try {
      const stored = await this.#parts.objects.put(arrival.place, this.#bounded(source, arrival, mostBytes))
      return await this.#keep(
        arrival,
        typeof about === 'function' ? await about(stored.bytes) : about,
        stored,
      )
    } catch (error) {
      // Where even this fails the sweeper does it, once the time of the arrival is over.
      await this.#discard(arrival).catch(() => undefined)
      throw faultOf(error)
    }
  }

  /** Undefined for another team's file, as for one that never was. */
  async find(team: number, id: number): Promise<MediaFile | undefined> {
    const row = await this.#kept().where('team', '=', team).where('id', '=', id).executeTakeFirst()
    return row && fileOf(row)
  }

  /** Newest first; without a purpose all of them. */
  async list(team: number, purpose: string | undefined, most: number): Promise<MediaFile[]> {
    const all = this.#kept().where('team', '=', team).orderBy('id', 'desc').limit(most)
    const rows = await (purpose === undefined ? all : all.where('purpose', '=', purpose)).execute()
    return rows.map(fileOf)
  }

  /** False where the team has no such file. Once it is true nobody finds it, even if its bytes cannot be removed yet. */
  async remove(team: number, id: number): Promise<boolean> {
    const file = await this.find(team, id)
    if (!file) return false
    const [changes] = await this.#parts.store.job([markDeleted(team, id, this.#parts.clock.planNow())])
    // Where it fails the sweeper does it, and says so.
    await this.#discard(file).catch(() => undefined)
    return changes?.[0] === 1
  }

  async open(file: MediaFile, range?: ByteRange): Promise<Readable> {
    try {
      return await this.#parts.objects.read(file.place, range)
    } catch (error) {
      throw faultOf(error)
    }
  }

  /** A link that needs no key, for `lifeMs` of plan time and never longer than the file lives. */
  urlOf(file: MediaFile, origin: string, lifeMs = OUTPUT_LINK_MS): string {
    const end = this.#parts.clock.planNow() + lifeMs
    return origin + linkTo(this.#parts.secret, file.id, Math.min(end, file.expiresAt ?? end))
  }

  /** The file behind a link. Throws where the link is forged or over, or its file deleted. */
  async findByLink(id: number, expires: string, signature: string): Promise<MediaFile> {
    const end = endOfLink(this.#parts.secret, id, expires, signature)
    if (end === undefined) throw new Fault('link_invalid', 'its signature does not belong to it')
    if (end <= this.#parts.clock.planNow()) throw new Fault('link_invalid', `it ended at ${isoSeconds(end)}`)
    const row = await this.#kept().where('id', '=', id).executeTakeFirst()
    if (!row) throw new Fault('file_unknown', String(id))
    return fileOf(row)
  }

  /** The id under which an upstream knows a file that it was sent before. */
  async remoteId(file: number, upstream: string): Promise<string | undefined> {
    const known = this.#queries.selectFrom('file_upstream').select('remote_id')
    const row = await known.where('file', '=', file).where('upstream', '=', upstream).executeTakeFirst()
    return row?.remote_id
  }

  async rememberRemote(file: number, upstream: string, remoteId: string): Promise<void> {
    const remembered = queries
      .insertInto('file_upstream')
      .values({ file, upstream, remote_id: remoteId })
      .onConflict((known) => known.columns(['file', 'upstream']).doUpdateSet({ remote_id: remoteId }))
    await this.#parts.store.job([statementOf(remembered)])
  }

  /** Removes what has expired, what was deleted while its bytes could not be removed, and what never arrived. */
  async sweep(stopping?: AbortSignal): Promise<void> {
    const failures: unknown[] = []
    for (let isMore = true; isMore; ) {
      const due = await dueFiles(this.#queries, this.#parts.clock).limit(SWEPT_AT_ONCE).execute()
      const gone: number[] = []
      for (const { id, place } of due) {
        if (stopping?.aborted) break
        // One that cannot be removed does not keep the others; it waits for the next sweep.
        const removed = this.#parts.objects.remove(place)
        await removed.then(
          () => gone.push(id),
          (error) => failures.push(error),
        )
      }
      await this.#parts.store.job(gone.flatMap(deleteRows))
      isMore = gone.length === SWEPT_AT_ONCE
    }
    if (failures.length > 0) throw failures[0]
  }

  #kept() {
    return keptFiles(this.#queries, this.#parts.clock)
  }

  async #hold({ team, member, id }: FileOwner, mostBytes: number): Promise<Arrival> {
    const { store, ids, clock, bytesPerTeam } = this.#parts
    const [before] = await usedBytes(this.#queries, team, clock).execute()
    const bytes = Math.min(mostBytes, bytesPerTeam - Number(before?.bytes ?? 0))
    if (bytes <= 0) throw this.#full(Number(before?.bytes ?? 0))
    const arrival = {
      id: id ?? ids.next(),
      team,
      member,
      place: randomName(),
      bytes,
      createdAt: clock.planNow(),
    }
    const [, sums] = await store.job([
      insertArrival(arrival, clock.realNow() + ARRIVAL_MS),
      statementOf(usedBytes(queries, team, clock)),
    ])
    const [after] = (sums ?? []) as { bytes: number }[]
    if (Number(after?.bytes) <= bytesPerTeam) return arrival
    // Two that came at once had each counted without the other.
    await store.job(deleteRows(arrival.id))
    throw this.#full(Number(after?.bytes) - bytes)
  }

  /** A process before this one broke off while the file with this id came in. */
  async #forgetArrival(id: number): Promise<void> {
    const begun = this.#queries.selectFrom('file').select(['id', 'place']).where('id', '=', id)
    const row = await begun.where('arriving_until', 'is not', null).executeTakeFirst()
    if (row) await this.#discard(row)
  }

  /** Ends the source as soon as it is more than may come. */
  async *#bounded(source: AsyncIterable<Buffer>, { bytes: held }: Arrival, mostBytes: number) {
    let bytes = 0
    for await (const chunk of source) {
      bytes += chunk.length
      if (bytes > mostBytes) throw new Fault('file_too_large')
      if (bytes > held) throw this.#full(this.#parts.bytesPerTeam - held)
      yield chunk
    }
  }

  async #keep(arrival: Arrival, about: About, stored: Stored): Promise<MediaFile> {
    const { purpose, expiresAt } = about
    const told = {
      purpose,
      expiresAt,
      name: cleanName(about.name),
      contentType: cleanType(about.contentType),
    }
    const file = { ...arrival, ...told, ...stored }
    const [changes] = await this.#parts.store.job([keepArrival(file)])
    assert(changes?.[0] === 1, 'a file took longer to arrive than an arrival lasts')
    return file
  }

  /** The bytes first: while the row is there they are found again. */
  async #discard({ id, place }: Pick<Arrival, 'id' | 'place'>): Promise<void> {
    await this.#parts.objects.remove(place)
    await this.#parts.store.job(deleteRows(id))
  }

  #full(usedBytes: number): Fault {
    const { bytesPerTeam } = this.#parts
    const free = Math.max(0, bytesPerTeam - usedBytes).toLocaleString('en')
    const used = `${usedBytes.toLocaleString('en')} of ${bytesPerTeam.toLocaleString('en')} bytes are used`
    return new Fault('storage_full', `${used}, uploads under way included, and ${free} are free`)
  }
}

/** A caller learns that it is not to blame; what went wrong is the operator's to know. */
function faultOf(error: unknown): unknown {
  if (!(error instanceof MediaFault)) return error
  const fault = new Fault('media_down')
  fault.cause = error.message
  return fault
}
