import { readFile } from 'node:fs/promises'
import { mintId } from '../ids.ts'
import type { JsonObject } from '../json.ts'
import { extensionOf, mimeOf } from '../lab/audio/spec.ts'
import { makeInPieces } from '../lab/pieces.ts'
import type { Exchange } from '../serve.ts'
import { invalid, obey, queryOf, readJson, sendMedia } from './answer.ts'
import type { Desk } from './desk.ts'
import { readFileId } from './fields.ts'
import { readScript, readSettings, type Script, type Settings } from './speech-request.ts'
import { usageCharacters } from './usage-characters.ts'

const KIND = 'narration'
const MAX_CHARACTERS = 50_000
const MAX_FILE_CHARACTERS = 100_000
/** No text of that many characters has more. */
const MAX_FILE_BYTES = 4 * MAX_FILE_CHARACTERS

/** `POST /v1/t2a_async_v2`: says at once under which number the audio will be. */
export async function startNarration(exchange: Exchange, desk: Desk): Promise<void> {
  const body = await readJson(exchange)
  const settings = readSettings(body, desk.voices, { channels: 2, rateField: 'audio_sample_rate' })
  const script = await readLongScript(body, desk)
  if (!(await obey(exchange, script.markers))) return
  const fileId = desk.mintNumber()
  const task = desk.tasks.start({
    kind: KIND,
    result: { file_id: fileId },
    leastMs: script.markers.taskMs,
    fails: script.markers.failures > 0,
    work: (begun) => narrate(desk, { settings, script, fileId }, begun),
  })
  const answer = {
    task_id: Number(task.id),
    task_token: mintId(),
    file_id: fileId,
    usage_characters: usageCharacters(script.written),
  }
  await sendMedia(exchange, answer, script.markers)
}

async function readLongScript(body: JsonObject, desk: Desk): Promise<Script> {
  const fileId = readFileId(body.text_file_id, 'text_file_id')
  if (fileId === undefined) return readScript(body.text, MAX_CHARACTERS)
  const file = desk.shelf.find(fileId)
  if (file === undefined) throw invalid(`text_file_id ${fileId} is no file here`)
  if (!/\.txt$/i.test(file.filename)) throw invalid('text_file_id must be a txt file')
  if (file.bytes > MAX_FILE_BYTES) {
    throw invalid(`the file must have at most ${MAX_FILE_CHARACTERS} characters`)
  }
  return readScript((await readFile(file.path, 'utf8')).replace(/^\uFEFF/, ''), MAX_FILE_CHARACTERS)
}

interface Narration {
  readonly settings: Settings
  readonly script: Script
  readonly fileId: number
}

/** Sound of hours does not go through memory: what is ready is on disk. */
async function narrate(desk: Desk, narration: Narration, begun: () => void): Promise<JsonObject> {
  const { settings, script, fileId } = narration
  const order = { ...settings, text: script.spoken }
  const making = makeInPieces(desk.lab, KIND, order, { started: begun })
  const draft = await desk.shelf.draft(bytesOf(making.pieces))
  if (script.markers.failures > 0) {
    await desk.shelf.discard(draft)
    return {}
  }
  const { format } = settings.spec
  const label = {
    id: fileId,
    filename: `speech-${fileId}.${extensionOf[format]}`,
    purpose: 't2a_async',
    mime: mimeOf[format],
  }
  await desk.shelf.keep(draft, label, (await making.product).head)
  return {}
}

async function* bytesOf(pieces: AsyncIterable<{ readonly audio: Uint8Array }>): AsyncGenerator<Uint8Array> {
  for await (const { audio } of pieces) yield audio
}

const STATUS: Readonly<Record<string, string>> = { Success: 'Success', Fail: 'Failed' }

/** `GET /v1/query/t2a_async_query_v2?task_id=` */
export async function queryNarration(exchange: Exchange, desk: Desk): Promise<void> {
  const id = queryOf(exchange).get('task_id') ?? ''
  const task = desk.tasks.find(KIND, id)
  if (task === undefined) throw invalid('task_id is no speech task here')
  const answer = { task_id: Number(task.id), status: STATUS[task.state] ?? 'Processing', ...task.result }
  await sendMedia(exchange, answer)
}
