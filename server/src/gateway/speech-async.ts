import { Fault } from '../faults.ts'
import { countCodePoints } from '../modalities/body-fields.ts'
import { readSpeechAsync } from '../modalities/speech-request.ts'
import type { Call } from './call.ts'
import type { Arrived } from './making.ts'
import { speechJob } from './makings.ts'
import { bytesOf, needFile, remoteFileId } from './media-files.ts'
import type { MediaJob } from './media-job.ts'
import { readJson } from './read-json.ts'
import { callerOf, type World } from './serve.ts'
import { serveTask } from './serve-task.ts'

const PATH = '/v1/t2a_async_v2'
const MOST_BYTES = 1024 * 1024
/** [api-reference/speech-t2a-async-create] */
const LONGEST_FILE_TEXT = 100_000
/** No text of that many characters has more, a byte order mark aside. */
const MOST_FILE_BYTES = 4 * LONGEST_FILE_TEXT + 3

/** POST /v1/t2a_async_v2: a long text, in the body or in a file of the team's. */
export async function serveSpeechAsync(call: Call, world: World): Promise<void> {
  const caller = await callerOf(call, world.keyring)
  const job = await jobFor({ call, world, caller, body: await readJson(call, MOST_BYTES) })
  await serveTask(call, world, job, {
    kind: 'speech',
    callbackUrl: null,
    answer: ({ id: task_id, file: file_id }, engine) => ({
      ...engine,
      task_id,
      file_id,
      usage_characters: job.request.units,
    }),
  })
}

async function jobFor(from: Arrived): Promise<MediaJob> {
  const read = readSpeechAsync(from.body)
  if (read.kind === 'text') return sole(await speechJob(from, read.request, PATH))
  const { world, caller } = from
  const file = await needFile(world, caller, read.textFileId, 'text_file_id')
  if (file.bytes > MOST_FILE_BYTES) throw tooLong()
  const text = textOf(await bytesOf(world, file, 'text_file_id'))
  const job = sole(await speechJob(from, read.requestOf(text), PATH))
  const [target] = job.targets
  if (!target) return job
  try {
    const text_file_id = await remoteFileId(world, target.upstream, file, 'text_file_id')
    return { ...job, body: { ...job.body, text_file_id } }
  } catch (error) {
    job.done?.()
    throw error
  }
}

function sole(job: MediaJob): MediaJob {
  return { ...job, targets: job.targets.slice(0, 1) }
}

/** Counted here, so it has to be read here: an archive is not. */
function textOf(bytes: Buffer): string {
  const text = decoded(bytes)
  if (text === undefined || text.includes('\0') || bytes.subarray(0, 4).toString('latin1') === ZIP)
    throw new Fault('param_invalid', 'text_file_id: must be a text file in UTF-8; archives are not taken')
  if (text.trim() === '') throw new Fault('param_invalid', 'text_file_id: the file has no text')
  if (countCodePoints(text) > LONGEST_FILE_TEXT) throw tooLong()
  return text
}

const ZIP = 'PK\x03\x04'

function decoded(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    // Another encoding, or no text at all.
    return undefined
  }
}

function tooLong(): Fault {
  return new Fault('param_invalid', 'text_file_id: at most 100,000 characters')
}
