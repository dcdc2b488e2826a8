import type { Media } from '../media/media.ts'
import { fetchFile } from '../upstreams/fetch-file.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import { downloadUrl } from './progress.ts'
import type { Task } from './tasks.ts'

const MOST_OUTPUT_BYTES = 256 * 1024 * 1024

export type MadeFile = {
  readonly upstream: Upstream
  /** The engine's id for it. */
  readonly remoteFile: string
  readonly signal: AbortSignal
}

/**
 * Makes an engine's file the team's, under the id that the task has for it: once, also where a process before this one
 * came so far and no further. Throws where the file is not to be had now.
 */
export async function keepOutput(
  media: Media,
  task: Task,
  { upstream, remoteFile, signal }: MadeFile,
  expiresAt: number,
): Promise<void> {
  if (task.file === null || (await media.find(task.team, task.file))) return
  const url = await downloadUrl(upstream, remoteFile, signal)
  if (url === null) throw new Error('its engine does not say where the file is')
  const { contentType, body, drop } = await fetchFile(url, upstream, signal)
  try {
    const about = { ...described(task, contentType, url), expiresAt }
    await media.put({ team: task.team, member: task.member, id: task.file }, about, body, MOST_OUTPUT_BYTES)
  } finally {
    drop()
  }
}

function described({ id, kind }: Task, type: string, url: string) {
  if (kind === 'video')
    return { name: `${id}.mp4`, purpose: 'video_generation', contentType: type || 'video/mp4' }
  const contentType = type || 'application/octet-stream'
  return { name: `${id}.${soundExtension(type, url)}`, purpose: 't2a_async', contentType }
}

/** Stores often call everything a stream of octets; then the URL says more. */
function soundExtension(contentType: string, url: string): string {
  if (/^audio\/(mpeg|mp3)\b/.test(contentType)) return 'mp3'
  const named = /^audio\/(?:x-)?([a-z0-9]+)/.exec(contentType)?.[1]
  return named ?? /\.([a-z0-9]{2,4})$/.exec(new URL(url).pathname)?.[1] ?? 'bin'
}
