import { asText, type JsonObject } from '../json.ts'
import { MediaFault } from '../lab/fault.ts'
import type { Exchange } from '../serve.ts'
import { invalid, obey, queryOf, readJson, SUCCESS, sendMedia } from './answer.ts'
import { openCallback } from './callback.ts'
import type { Desk } from './desk.ts'
import type { Task } from './tasks.ts'
import { readVideoAsk, type VideoAsk } from './video-request.ts'

const KIND = 'video'
const REFUSED = new MediaFault(1027, 'output new_sensitive')

/** `POST /v1/video_generation`: the film comes later, under the task's number. */
export async function startVideo(exchange: Exchange, desk: Desk): Promise<void> {
  const ask = readVideoAsk(await readJson(exchange, MAX_BODY_BYTES), desk.seed)
  if (!(await obey(exchange, ask.markers))) return
  const callback = ask.callbackUrl === undefined ? undefined : openCallback(ask.callbackUrl)
  const task = desk.tasks.start({
    kind: KIND,
    leastMs: ask.markers.taskMs,
    fails: ask.markers.failures > 0,
    refusal: REFUSED,
    work: (begun) => film(desk, ask, begun),
    turned: (turned) => callback?.tell(messageOf(turned)),
  })
  await sendMedia(exchange, { task_id: task.id }, ask.markers)
}

/** Two pictures below 20 MB each, in base64. */
const MAX_BODY_BYTES = 56 * 1024 * 1024

async function film(desk: Desk, { order, markers }: VideoAsk, begun: () => void): Promise<JsonObject> {
  if (markers.failures > 0) return {}
  const bytes = await desk.lab.make('video', order, { started: begun })
  const label = { filename: 'output.mp4', purpose: 'video_generation', mime: 'video/mp4' }
  const file = await desk.shelf.put(bytes, label)
  return { file_id: String(file.id), video_width: order.width, video_height: order.height }
}

/** `GET /v1/query/video_generation?task_id=` */
export async function queryVideo(exchange: Exchange, desk: Desk): Promise<void> {
  const id = queryOf(exchange).get('task_id') ?? ''
  const task = desk.tasks.find(KIND, id)
  if (task === undefined) throw invalid('task_id is no video task here')
  await sendMedia(exchange, stateOf(task))
}

/** A film that was refused says so in `base_resp` too; clients look there. */
function stateOf({ id, state, result, fault }: Task): JsonObject {
  const failed = fault && { status_code: fault.code, status_msg: fault.message }
  return {
    task_id: id,
    status: state,
    file_id: '',
    video_width: 0,
    video_height: 0,
    ...result,
    ...(failed && { base_resp: failed }),
  }
}

const STATUS: Readonly<Record<string, string>> = {
  Processing: 'processing',
  Success: 'success',
  Fail: 'failed',
}

function messageOf(task: Task): JsonObject {
  const { base_resp, file_id } = stateOf(task)
  return {
    task_id: task.id,
    status: STATUS[task.state] ?? 'processing',
    file_id: asText(file_id) ?? '',
    base_resp: base_resp ?? SUCCESS,
  }
}
