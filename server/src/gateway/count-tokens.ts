import { findModel } from '../catalogue/catalogue.ts'
import { Fault } from '../faults.ts'
import { byteLength } from '../modalities/splice.ts'
import { readTextRequest, scanOf } from '../modalities/text-request.ts'
import { answerJson } from './answer-json.ts'
import { readBody, TEXT_BODY_BYTES } from './body.ts'
import type { Call } from './call.ts'
import { callerOf, type World } from './serve.ts'

/** Bytes of JSON in one token: tools and structure make it more than the 4 of plain text would. */
const BYTES_PER_TOKEN = 4

/**
 * `POST /anthropic/v1/messages/count_tokens`: free. Counted here for every engine, because few of them can; clients use
 * it to keep a conversation inside the context, for which an estimate from the bytes serves.
 */
export async function serveCountTokens(call: Call, world: World): Promise<void> {
  await callerOf(call, world.keyring)
  const scan = scanOf('anthropic')
  const chunks = await readBody(call, TEXT_BODY_BYTES, scan)
  const request = readTextRequest(scan, 'anthropic')
  if (findModel(world.catalogue, request.model)?.modality !== 'text') {
    throw new Fault('model_unknown', JSON.stringify(request.model.slice(0, 100)))
  }
  answerJson(call, { input_tokens: Math.max(1, Math.ceil(byteLength(chunks) / BYTES_PER_TOKEN)) })
}
