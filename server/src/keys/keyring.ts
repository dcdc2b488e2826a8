import { hash } from 'node:crypto'
import type { Kysely } from 'kysely'
import { type Database, queriesOver } from '../store/kysely.ts'
import { type Store, StoreFault } from '../store/store.ts'
import { type KeyKind, macMatches, parseSecret } from './secret.ts'

/** Who is calling. A Token Plan Key's quota is its seat's; the same key works without one when credits are there. */
export type Caller = {
  readonly kind: KeyKind
  readonly secret: number
  readonly team: number
  readonly member: number
  /** null: no seat. */
  readonly subscription: number | null
}

type Known = Caller & { readonly mac: string; readonly revokedAt: number | null }

/** Callers kept in memory; the least recently loaded goes first. */
const CAPACITY = 100_000

/** Other servers that may revoke keys: whether one that they have revoked would be known to be, and how to find out. */
export type Others = { readonly isCurrent: () => boolean; readonly ask: () => Promise<void> }
const NO_OTHERS: Others = { isCurrent: () => true, ask: () => Promise.resolve() }

/** Recognises secrets. Rows are read once and kept until something about them changes. */
export class Keyring {
  readonly #queries: Kysely<Database>
  readonly #pepper: Buffer
  readonly #others: Others
  readonly #known = new Map<string, Known>()
  /** Secrets whose MAC was right, by their SHA-256: a look-up for a call, and no secret kept in clear. */
  readonly #verified = new Map<string, Known>()
  /** Rises with every forget(): a row that was read before it may be out of date. */
  #generation = 0

  constructor(store: Pick<Store, 'read'>, pepper: Buffer, others: Others = NO_OTHERS) {
    this.#queries = queriesOver(store)
    this.#pepper = pepper
    this.#others = others
  }

  /**
   * The caller behind a secret; undefined when it is unknown, wrong or revoked. Unknown and wrong look the same from
   * outside. Answers at once for a secret that is in memory, so the common path costs no turn of the event loop.
   */
  recognise(secret: string): Caller | undefined | Promise<Caller | undefined> {
    return this.#others.isCurrent() ? this.#recognise(secret) : this.#recogniseLater(secret)
  }

  /** What takes so long to be told is too old as well. */
  async #recogniseLater(secret: string): Promise<Caller | undefined> {
    await this.#others.ask()
    if (!this.#others.isCurrent()) throw new StoreFault('the database takes a second to say which keys count')
    return this.#recognise(secret)
  }

  #recognise(secret: string): Caller | undefined | Promise<Caller | undefined> {
    const digest = hash('sha256', secret, 'base64')
    const verified = this.#verified.get(digest)
    if (verified) return verified
    const parsed = parseSecret(secret)
    if (!parsed) return undefined
    const known = this.#known.get(parsed.publicId)
    if (known) return this.#checked(known, secret, digest)
    return this.#load(parsed.publicId, secret, digest)
  }

  /** After a revocation, a seat that moved, a member who left. */
  forget(): void {
    this.#generation++
    this.#known.clear()
    this.#verified.clear()
  }

  #checked(known: Known, secret: string, digest: string): Caller | undefined {
    if (known.revokedAt !== null || !macMatches(secret, this.#pepper, known.mac)) return undefined
    if (this.#verified.size >= CAPACITY) this.#verified.clear()
    this.#verified.set(digest, known)
    return known
  }

  async #load(publicId: string, secret: string, digest: string): Promise<Caller | undefined> {
    const generation = this.#generation
    const row = await this.#secretOf(publicId)
    if (generation !== this.#generation) return this.#load(publicId, secret, digest)
    if (!row) return undefined
    const { kind, id, team, member, mac } = row
    // An API key spends the wallet alone, whatever seat its owner has.
    const subscription = kind === 'plan' ? row.subscription : null
    const known = { kind, secret: id, team, member, subscription, mac, revokedAt: row.revoked_at }
    if (this.#known.size >= CAPACITY) this.#known.delete(this.#known.keys().next().value ?? '')
    this.#known.set(publicId, known)
    return this.#checked(known, secret, digest)
  }

  #secretOf(publicId: string) {
    return this.#queries
      .selectFrom('secret')
      .leftJoin('seat', (join) =>
        join.onRef('seat.team', '=', 'secret.team').onRef('seat.member', '=', 'secret.member'),
      )
      .select(['secret.id', 'secret.kind', 'secret.team', 'secret.member', 'secret.mac', 'secret.revoked_at'])
      .select('seat.subscription')
      .where('secret.public_id', '=', publicId)
      .executeTakeFirst()
  }
}

/**
 * The secret in a request: `Authorization: Bearer` first, then `x-api-key`; of two the one that has our form counts
 * (design §4.16). Null when there is none at all.
 */
export function presentedSecret(
  authorization: string | undefined,
  apiKey: string | undefined,
): string | null {
  const bearer = authorization === undefined ? undefined : withoutScheme(authorization)
  if (bearer === undefined || apiKey === undefined) return bearer || apiKey?.trim() || null
  return parseSecret(bearer) || !parseSecret(apiKey.trim()) ? bearer : apiKey.trim()
}

function withoutScheme(authorization: string): string {
  if (authorization.startsWith('Bearer sk-')) return authorization.slice(7)
  const match = /^bearer(?:\s+(.*))?$/i.exec(authorization.trim())
  return (match ? (match[1] ?? '') : authorization).trim()
}
