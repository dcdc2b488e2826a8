import { findModel } from '../catalogue/catalogue.ts'
import { readVideo, variantOf } from '../modalities/video-request.ts'
import type { Call } from './call.ts'
import { jobOf } from './makings.ts'
import { readJson } from './read-json.ts'
import { callerOf, type World } from './serve.ts'
import { serveTask } from './serve-task.ts'

/** Two pictures of 20 MB in base64. */
const MOST_BYTES = 60 * 1024 * 1024

/** POST /v1/video_generation. */
export async function serveVideo(call: Call, world: World): Promise<void> {
  const caller = await callerOf(call, world.keyring)
  const body = await readJson(call, MOST_BYTES)
  const read = readVideo(body)
  const model = findModel(world.catalogue, read.model)
  // Of an unknown model the offer says so.
  const request = model?.modality === 'video' ? { ...read, variant: variantOf(model, read) } : read
  const { callbackUrl } = read
  const job = jobOf(
    { call, world, caller, body },
    { request, modality: 'video', path: '/v1/video_generation', sole: true },
  )
  if (callbackUrl !== null) await world.callbacks.check(callbackUrl)
  await serveTask(call, world, job, {
    kind: 'video',
    callbackUrl,
    answer: (task, engine) => ({ ...engine, task_id: String(task.id) }),
  })
}
