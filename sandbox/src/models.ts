import type { JsonObject } from './json.ts'

export const defaultModels: readonly string[] = [
  'MiniMax-M2.7',
  'MiniMax-M2.7-highspeed',
  'MiniMax-M2.5',
  'MiniMax-M2.5-highspeed',
  'MiniMax-M2.1',
  'MiniMax-M2.1-highspeed',
  'MiniMax-M2',
]

export function openaiModel(id: string): JsonObject {
  return { id, object: 'model', created: createdAt(id), owned_by: 'minimax' }
}

export function openaiModels(ids: readonly string[]): JsonObject {
  return { object: 'list', data: ids.map(openaiModel) }
}

export function anthropicModel(id: string): JsonObject {
  const created = new Date(createdAt(id) * 1000).toISOString().replace('.000Z', 'Z')
  return { id, created_at: created, display_name: id, type: 'model' }
}

export function anthropicModels(ids: readonly string[]): JsonObject {
  return {
    data: ids.map(anthropicModel),
    first_id: ids[0] ?? null,
    has_more: false,
    last_id: ids.at(-1) ?? null,
  }
}

/** The two dates MiniMax publishes; the rest get the older one. */
function createdAt(id: string): number {
  return id.startsWith('MiniMax-M2.7') ? 1_773_799_200 : 1_770_948_000
}
