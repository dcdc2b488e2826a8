import { findModel, type Model } from '../catalogue/catalogue.ts'
import { Fault } from '../faults.ts'
import { answerJson } from './answer-json.ts'
import type { Call } from './call.ts'
import { callerOf, type World } from './serve.ts'

/** The text models, in both shapes of list; `id` answers one of them. Needs a key, costs nothing. */
export async function serveModels(call: Call, world: World, id: string | undefined): Promise<void> {
  await callerOf(call, world.keyring)
  const shape: (model: Model) => object = call.dialect === 'anthropic' ? anthropicModel : openaiModel
  if (id !== undefined) {
    const model = findModel(world.catalogue, id)
    if (model?.modality !== 'text') throw new Fault('model_unknown', JSON.stringify(id.slice(0, 100)))
    answerJson(call, shape(model))
    return
  }
  const models = [...world.catalogue.models.values()].filter(({ modality }) => modality === 'text')
  const data = models.map(shape)
  answerJson(
    call,
    call.dialect === 'anthropic'
      ? { data, has_more: false, first_id: models[0]?.id ?? null, last_id: models.at(-1)?.id ?? null }
      : { object: 'list', data },
  )
}

function anthropicModel(model: Model) {
  const created = new Date(model.createdAt * 1000).toISOString().replace('.000Z', 'Z')
  return { id: model.id, created_at: created, display_name: model.title, type: 'model' }
}

function openaiModel(model: Model) {
  return { id: model.id, object: 'model', created: model.createdAt, owned_by: 'minimax' }
}
