import { Fault } from '../faults.ts'
import { randomName } from '../ids.ts'
import type { Caller } from '../keys/keyring.ts'
import type { MediaFile } from '../media/file-rows.ts'
import type { JsonObject } from '../modalities/media-request.ts'
import { fetchFile } from '../upstreams/fetch-file.ts'
import { upload } from '../upstreams/upload.ts'
import type { Upstream } from '../upstreams/upstream.ts'
import type { Call } from './call.ts'
import { originOf } from './origin.ts'
import type { World } from './serve.ts'
import { withoutPrefix } from './upstream-refusal.ts'

/** Files that are forwarded whole: a voice's sample, a long text, a picture. */
const MOST_FORWARDED_BYTES = 32 * 1024 * 1024

/** A file of the caller's team; throws where it is not there, which another team's is not. */
export async function needFile(world: World, caller: Caller, id: number, field: string): Promise<MediaFile> {
  const file = await world.media.find(caller.team, id)
  if (!file) throw new Fault('param_invalid', `${field}: there is no file ${id}`)
  return file
}

export async function bytesOf(world: World, file: MediaFile, field: string): Promise<Buffer> {
  if (file.bytes > MOST_FORWARDED_BYTES) {
    throw new Fault(
      'param_invalid',
      `${field}: the file has ${file.bytes} bytes, at most ${MOST_FORWARDED_BYTES} fit here`,
    )
  }
  const chunks: Buffer[] = []
  for await (const chunk of await world.media.open(file)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** The engine's id for a file of ours: given to it when it is first needed there. */
export async function remoteFileId(
  world: World,
  upstream: Upstream,
  file: MediaFile,
  field: string,
): Promise<number> {
  const known = await world.media.remoteId(file.id, upstream.name)
  if (known !== undefined) return Number(known)
  const bytes = await bytesOf(world, file, field)
  const { name, purpose, contentType } = file
  const boundary = `tokenplan-${randomName()}`
  const uploaded = await upload(upstream, { name, purpose, contentType, bytes, boundary })
  if (uploaded.kind === 'refused')
    throw new Fault(
      'param_invalid',
      `${field}: the engine does not take this file: ${withoutPrefix(uploaded.says)}`,
    )
  if (uploaded.kind === 'failed') throw new Fault('upstream_failed', 'it did not take the file')
  await world.media.rememberRemote(file.id, upstream.name, uploaded.id)
  return Number(uploaded.id)
}

/** Room that is kept for what an engine made, until it is here: five minutes of uncompressed sound fit. */
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024

/** The fields of an answer in which engines put URLs of what they made. */
const URL_FIELDS = new Set(['audio', 'audio_url', 'image_urls', 'subtitle_file', 'demo_audio'])

export type Adopting = {
  readonly call: Call
  readonly world: World
  /** The engine that gave the answer. */
  readonly upstream: Upstream
  readonly owner: { readonly team: number; readonly member: number }
  /** Nobody waits for the files any more. */
  readonly signal: AbortSignal
}

export type Adopted = {
  readonly answer: JsonObject
  /** Where the answer does not reach its caller, its files are nobody's. */
  readonly discard: () => Promise<void>
}

/**
 * The answer with every file of the engine's turned into one of ours: owned by the team, kept for the catalogue's hours,
 * under a signed URL of this server. Throws when one is not to be had; then nothing was made, and none is kept.
 */
export async function adopted(by: Adopting, answer: JsonObject): Promise<Adopted> {
  const kept = new Map<string, Promise<MediaFile>>()
  const own = async (url: string): Promise<string> => {
    const keeping = kept.get(url) ?? keep(by, url)
    kept.set(url, keeping)
    return by.world.media.urlOf(await keeping, originOf(by.call, by.world.namedUrl))
  }
  const discard = async () => {
    for (const result of await Promise.allSettled(kept.values())) {
      if (result.status === 'fulfilled') await by.world.media.remove(by.owner.team, result.value.id)
    }
  }
  try {
    return { answer: (await walk(answer, own)) as JsonObject, discard }
  } catch (error) {
    await discard()
    throw error
  }
}

async function walk(value: unknown, own: (url: string) => Promise<string>): Promise<unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).map(async ([name, inner]) => {
    if (!URL_FIELDS.has(name)) return [name, await walk(inner, own)] as const
    if (Array.isArray(inner))
      return [name, await Promise.all(inner.map((each) => ownIfUrl(each, own)))] as const
    return [name, await ownIfUrl(inner, own)] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

/** Sound in hexadecimal stands in the same field as an address of it. */
function ownIfUrl(value: unknown, own: (url: string) => Promise<string>): unknown {
  return typeof value === 'string' && /^https?:\/\//i.test(value) ? own(value) : value
}

async function keep({ world, owner, signal, upstream }: Adopting, url: string): Promise<MediaFile> {
  const { contentType, body, drop } = await fetchFile(url, upstream, signal)
  const about = {
    name: nameOf(url),
    purpose: 'output',
    contentType,
    expiresAt: world.clock.planNow() + world.catalogue.media.outputLifetimeMs,
  }
  try {
    return await world.media.put(owner, about, body, MOST_OUTPUT_BYTES)
  } finally {
    drop()
  }
}

function nameOf(url: string): string {
  const last = new URL(url).pathname.split('/').at(-1) ?? ''
  return /^[\w.-]{1,100}$/.test(last) ? last : 'output'
}
