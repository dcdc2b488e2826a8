import type { ExpressionBuilder, Kysely } from 'kysely'
import { type Database, queries, queriesOver, statementOf } from '../store/kysely.ts'
import type { Statement, Store } from '../store/sqlite.ts'

/** What an engine keeps for a team under an id: voices, the features of a cover. */
export type EngineId = Database['engine_id']
export type EngineIdKind = EngineId['kind']

export const VOICE_KINDS = ['voice_cloning', 'voice_generation'] as const
export type VoiceKind = (typeof VOICE_KINDS)[number]

/**
 * Several teams share an engine's account, so what one of them made there is the others' to guess. Each such id has an
 * owner here, and only the owner's requests reach it.
 */
export class EngineIds {
  readonly #queries: Kysely<Database>

  constructor(store: Pick<Store, 'read'>) {
    this.#queries = queriesOver(store)
  }

  /** Instants are plan time: what has expired is gone, whether it was removed already or not. */
  voice(team: number, name: string, now: number): Promise<EngineId | undefined> {
    return this.#named(team, name, VOICE_KINDS)
      .where((built) => isLiving(built, now))
      .executeTakeFirst()
  }

  coverFeature(team: number, name: string, now: number): Promise<EngineId | undefined> {
    return this.#named(team, name, ['cover_feature'])
      .where((built) => isLiving(built, now))
      .executeTakeFirst()
  }

  /** True when an engine keeps this id for a team, whichever: what goes by its own name goes by no other. */
  async isKept(id: string): Promise<boolean> {
    const row = await this.#queries
      .selectFrom('engine_id')
      .select('id')
      .where('remote_id', '=', id)
      .executeTakeFirst()
    return row !== undefined
  }

  voicesOf(team: number, now: number): Promise<EngineId[]> {
    return this.#queries
      .selectFrom('engine_id')
      .selectAll()
      .where('team', '=', team)
      .where('kind', 'in', VOICE_KINDS)
      .where((built) => isLiving(built, now))
      .orderBy('id')
      .execute()
  }

  /** What has expired and is still here, to be removed here and at its engine. */
  expired(now: number): Promise<EngineId[]> {
    return this.#queries.selectFrom('engine_id').selectAll().where('expires_at', '<=', now).execute()
  }

  /** Of these the voices that a team had under a name which is free again. */
  expiredVoices(team: number, name: string, now: number): Promise<EngineId[]> {
    return this.#named(team, name, VOICE_KINDS).where('expires_at', '<=', now).execute()
  }

  #named(team: number, name: string, kinds: readonly EngineIdKind[]) {
    return this.#queries
      .selectFrom('engine_id')
      .selectAll()
      .where('team', '=', team)
      .where('name', '=', name)
      .where('kind', 'in', kinds)
  }
}

function isLiving(built: ExpressionBuilder<Database, 'engine_id'>, now: number) {
  return built.or([built('expires_at', 'is', null), built('expires_at', '>', now)])
}

/**
 * Never fails: it is committed with the end of a hold, and an end that cannot be written would keep all others from
 * being written. It takes the place of what has expired; features that an engine finds again begin their day anew.
 */
export function ownEngineId(row: EngineId): Statement {
  return statementOf(
    queries
      .insertInto('engine_id')
      .values(row)
      .onConflict((taken) =>
        taken
          .columns(['team', 'kind', 'name'])
          .doUpdateSet(row)
          .where((built) =>
            built.or([
              built('engine_id.expires_at', '<=', row.created_at),
              built('engine_id.kind', '=', 'cover_feature'),
            ]),
          ),
      ),
  )
}

/** A voice that was used once is paid for and stays (wire: unused voices alone are removed). */
export function payForVoice(id: number, at: number): Statement {
  return statementOf(
    queries.updateTable('engine_id').set({ paid_at: at, expires_at: null }).where('id', '=', id),
  )
}

export function disownEngineId(id: number): Statement {
  return statementOf(queries.deleteFrom('engine_id').where('id', '=', id))
}

/** Changes no row where it was paid for in the meantime. */
export function disownExpired(id: number, now: number): Statement {
  return statementOf(queries.deleteFrom('engine_id').where('id', '=', id).where('expires_at', '<=', now))
}
