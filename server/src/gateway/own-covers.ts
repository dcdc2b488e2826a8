import { Fault } from '../faults.ts'
import { ownEngineId } from '../media/engine-ids.ts'
import { type JsonObject, textIn } from '../modalities/media-request.ts'
import type { Statement } from '../store/sqlite.ts'
import { storable } from '../store/storable.ts'
import type { Arrived } from './making.ts'
import type { MediaJob } from './media-job.ts'

/** The features of a song that was looked at for a cover are its team's, for a day (wire: 24 h). */
const FEATURE_LIFETIME_MS = 86_400_000

export function ownCover(job: MediaJob, answer: JsonObject): readonly Statement[] {
  const feature = storable(textIn(answer, 'cover_feature_id') ?? '')
  const [target] = job.targets
  if (feature === '' || !target) return []
  const { call, caller } = job
  return [
    ownEngineId({
      id: call.id,
      team: caller.team,
      member: caller.member,
      kind: 'cover_feature',
      name: feature,
      upstream: target.upstream.name,
      remote_id: feature,
      description: '',
      created_at: job.now,
      expires_at: job.now + FEATURE_LIFETIME_MS,
      paid_at: null,
    }),
  ]
}

/** The engine that knows the features a cover names; undefined where it names none. */
export async function coverFeature(
  { world, caller }: Arrived,
  body: JsonObject,
): Promise<string | undefined> {
  const name = textIn(body, 'cover_feature_id')
  if (name === null) return undefined
  const feature = await world.engineIds.coverFeature(caller.team, storable(name), world.book.now())
  if (feature) return feature.upstream
  throw new Fault('param_invalid', 'cover_feature_id: there is none with this id, or its 24 hours are over')
}
