import { type JsonObject, objectIn, textIn } from '../modalities/media-request.ts'
import { readVideoStatus } from '../modalities/video-request.ts'
import { ask, codeOf } from '../upstreams/ask.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import type { Task } from './tasks.ts'

/** How a task is, in the words of its engine. */
export type Progress =
  | { readonly kind: 'running'; readonly state: string }
  | {
      readonly kind: 'done'
      readonly file: string
      readonly width: number | null
      readonly height: number | null
    }
  | { readonly kind: 'failed'; readonly code: number; readonly message: string }
  /** No answer, or none that can be read: it is asked again. */
  | { readonly kind: 'unknown' }

const queryPaths: Readonly<Record<Task['kind'], string>> = {
  video: '/v1/query/video_generation',
  speech: '/v1/query/t2a_async_query_v2',
}

/** Codes that speak of the operator's account: no business of the caller's, and nothing against the task. */
const OPERATOR_CODES = new Set([1004, 1008, 2049, 2056, 2061, 2062])
/** Codes of a busy engine, and HTTP alone: the task may be well, so it is asked again. */
const PASSING_CODES = new Set([-1, 1000, 1001, 1002, 1013, 1024, 1033, 1039, 1041, 2045])
/** MiniMax's code for what was made and must not be shown; what a failure without a code of its own is told as. */
const FAILED_CODE = 1027
const UNKNOWN_CODE = 1000
/** "Invalid params", of which a question for a task has one alone. */
const UNKNOWN_TASK_CODE = 2013
const FAILED = 'the engine failed'
const LONGEST_MESSAGE = 300

export async function readProgress(upstream: Upstream, task: Task, signal?: AbortSignal): Promise<Progress> {
  const id = encodeURIComponent(task.remote_id ?? '')
  const reply = await ask(upstream, `${queryPaths[task.kind]}?task_id=${id}`, undefined, signal)
  if (reply.kind === 'failed') return { kind: 'unknown' }
  return progressOf(reply.json, codeOf(reply), reply.status)
}

export function progressOf(json: JsonObject, code: number, httpStatus = 200): Progress {
  const { status, fileId, width, height } = readVideoStatus(json)
  if (status === 'Success') {
    // Done, and nothing to fetch: nothing was made for the customer.
    if (fileId === null || fileId === '0') return failed(UNKNOWN_CODE, 'the engine named no file')
    return { kind: 'done', file: fileId, width, height }
  }
  if (status === 'Fail' || textIn(json, 'status') === 'Expired') {
    if (OPERATOR_CODES.has(code)) return failed(UNKNOWN_CODE, FAILED)
    return failed(code > 0 ? code : FAILED_CODE, messageIn(json))
  }
  if (code === 0) return { kind: 'running', state: status }
  // JSON, so it is the engine that speaks and nothing in front of it: it has forgotten the task.
  if ((code === -1 && (httpStatus === 404 || httpStatus === 410)) || code === UNKNOWN_TASK_CODE)
    return failed(UNKNOWN_CODE, 'the engine has lost the task')
  if (PASSING_CODES.has(code) || OPERATOR_CODES.has(code)) return { kind: 'unknown' }
  return failed(code, messageIn(json))
}

function failed(code: number, message: string): Progress {
  return { kind: 'failed', code, message }
}

function messageIn(json: JsonObject): string {
  const said = textIn(objectIn(json, 'base_resp'), 'status_msg') ?? ''
  return /^success$/i.test(said) || said === '' ? FAILED : said.slice(0, LONGEST_MESSAGE)
}

/** Where the engine lets a file of its own be fetched; null when it does not say. */
export async function downloadUrl(
  upstream: Upstream,
  file: string,
  signal?: AbortSignal,
): Promise<string | null> {
  const path = `/v1/files/retrieve?file_id=${encodeURIComponent(file)}`
  const reply = await ask(upstream, path, undefined, signal)
  if (reply.kind === 'failed' || codeOf(reply) !== 0) return null
  return textIn(objectIn(reply.json, 'file'), 'download_url')
}
