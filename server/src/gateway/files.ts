import { Fault } from '../faults.ts'
import type { MediaFile } from '../media/file-rows.ts'
import { LARGEST_FILE_BYTES } from '../media/media.ts'
import { JsonScan, wantedFields } from '../modalities/json-scan.ts'
import { answerJson } from './answer-json.ts'
import { readBody, TEXT_BODY_BYTES } from './body.ts'
import type { Call } from './call.ts'
import { drain, type Fields, readForm } from './multipart.ts'
import { originOf } from './origin.ts'
import { sendFile } from './send-file.ts'
import { callerOf, type World } from './serve.ts'

/** MiniMax's three, what mmx sends, and what the vision tools take by id. Outputs have purposes of their own. */
const UPLOAD_PURPOSES = ['voice_clone', 'prompt_audio', 't2a_async_input', 'retrieval', 'vision']
/** What a form has beside its file. */
const FORM_BYTES = 64 * 1024
const RETRIEVED_LINK_MS = 3_600_000
/** MiniMax's list has no pages; this bounds ours. */
const MOST_LISTED = 10_000

const DONE = { base_resp: { status_code: 0, status_msg: 'success' } }

/** A file of the caller's team, kept until somebody deletes it. Free; its bytes count in the team's storage. */
export async function serveUpload(call: Call, world: World): Promise<void> {
  const { req } = call
  const caller = await callerOf(call, world.keyring)
  const said = Number(req.headers['content-length'] ?? Number.POSITIVE_INFINITY)
  if (Number.isFinite(said) && said > LARGEST_FILE_BYTES + FORM_BYTES) {
    drain(req)
    throw new Fault('file_too_large')
  }
  const file = await readForm(req, async ({ name, contentType, source, before, all }) => {
    // A purpose that stands first is refused before anything is stored.
    if (before.has('purpose')) purposeOf(before)
    const about = async (bytes: number) => {
      if (bytes === 0) throw new Fault('param_invalid', 'file: is empty')
      return { name, contentType, purpose: purposeOf(await all), expiresAt: null }
    }
    return world.media.put(caller, about, source, Math.min(said, LARGEST_FILE_BYTES))
  })
  answerJson(call, { file: shownFile(file), ...DONE })
}

function purposeOf(fields: Fields): string {
  const purpose = fields.get('purpose')
  if (purpose !== undefined && UPLOAD_PURPOSES.includes(purpose)) return purpose
  const got = purpose === undefined ? 'missing' : `got ${JSON.stringify(purpose.slice(0, 50))}`
  throw new Fault('param_invalid', `purpose: must be one of ${UPLOAD_PURPOSES.join(', ')}, ${got}`)
}

export async function serveFileList(call: Call, world: World): Promise<void> {
  const { team } = await callerOf(call, world.keyring)
  const purpose = queryOf(call).get('purpose') || undefined
  if (purpose !== undefined && !/^\w{1,64}$/.test(purpose))
    throw new Fault('param_invalid', 'purpose: must be a word')
  const files = await world.media.list(team, purpose, MOST_LISTED)
  answerJson(call, { files: files.map(shownFile), ...DONE })
}

export async function serveFile(call: Call, world: World): Promise<void> {
  const file = await askedFile(call, world)
  const download_url = world.media.urlOf(file, originOf(call, world.namedUrl), RETRIEVED_LINK_MS)
  answerJson(call, { file: { ...shownFile(file), download_url }, ...DONE })
}

export async function serveFileContent(call: Call, world: World): Promise<void> {
  await sendFile(call, world.media, await askedFile(call, world))
}

export async function serveFileDelete(call: Call, world: World): Promise<void> {
  const { team } = await callerOf(call, world.keyring)
  const scan = new JsonScan(wantedFields([['file_id', 32]]))
  await readBody(call, TEXT_BODY_BYTES, scan)
  if (!scan.complete) throw new Fault('body_broken')
  const id = fileId(scan.fields.get('file_id')?.raw)
  if (!(await world.media.remove(team, id))) throw new Fault('file_unknown', String(id))
  answerJson(call, { file_id: id, ...DONE })
}

/** The signature in the link stands for a key. */
export async function serveFileLink(call: Call, world: World, id = ''): Promise<void> {
  const query = queryOf(call)
  const { media } = world
  const file = await media.findByLink(Number(id), query.get('expires') ?? '', query.get('signature') ?? '')
  await sendFile(call, media, file)
}

async function askedFile(call: Call, world: World): Promise<MediaFile> {
  const { team } = await callerOf(call, world.keyring)
  const id = fileId(queryOf(call).get('file_id') ?? undefined)
  const file = await world.media.find(team, id)
  if (!file) throw new Fault('file_unknown', String(id))
  return file
}

/** A number in our answers; callers may send it as text. */
function fileId(text: string | undefined): number {
  const id = Number(text)
  if (text !== undefined && /^\d+$/.test(text) && Number.isSafeInteger(id)) return id
  const got = text === undefined ? 'missing' : `got ${JSON.stringify(text.slice(0, 50))}`
  throw new Fault('param_invalid', `file_id: must be the id of a file, ${got}`)
}

function queryOf({ req }: Call): URLSearchParams {
  const url = req.url ?? ''
  const start = url.indexOf('?')
  return new URLSearchParams(start < 0 ? '' : url.slice(start + 1))
}

function shownFile({ id, bytes, createdAt, name, purpose }: MediaFile) {
  return { file_id: id, bytes, created_at: Math.floor(createdAt / 1000), filename: name, purpose }
}
