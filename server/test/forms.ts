import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import type { Answer } from './calling.ts'
import type { World } from './harness.ts'

/** multipart/form-data as clients write it, so that a test can also write it wrongly. */
export type Part = {
  readonly name: string
  readonly body: Buffer | string
  /** With a file name it is a file. */
  readonly filename?: string
  readonly type?: string
}

export const BOUNDARY = '----a-boundary-of-tests'
export const FORM = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }

export function formOf(...parts: readonly Part[]): { headers: Record<string, string>; body: Buffer } {
  const pieces = parts.flatMap(({ name, body, filename, type }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"`
    const said = type === undefined ? '' : `\r\nContent-Type: ${type}`
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${file}${said}\r\n\r\n`
    return [Buffer.from(head), Buffer.from(body), Buffer.from('\r\n')]
  })
  return { headers: { ...FORM }, body: Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]) }
}

export const purpose = (value: string): Part => ({ name: 'purpose', body: value })

export function file(body: Buffer | string, filename = 'sound.mp3', type = 'audio/mpeg'): Part {
  return { name: 'file', body, filename, type }
}

/** A file as answers show it. */
export type Shown = {
  readonly file_id: number
  readonly bytes: number
  readonly created_at: number
  readonly filename: string
  readonly purpose: string
}

type Keyed = { readonly planKey: string }

export function upload(world: World, by: Keyed, ...parts: readonly Part[]): Promise<Answer> {
  return world.call('/v1/files/upload', { key: by.planKey, ...formOf(...parts) })
}

export async function uploaded(world: World, by: Keyed, sent: Part): Promise<Shown> {
  const answer = await upload(world, by, purpose('retrieval'), sent)
  const { base_resp, file: shown } = JSON.parse(answer.text)
  assert.deepEqual(base_resp, { status_code: 0, status_msg: 'success' }, answer.text)
  return shown
}

/** Files on the disk, whole or not, and rows of all teams. */
export async function lying(world: World): Promise<readonly [onDisk: number, rows: number]> {
  const folder = path.join(world.folder, 'data', 'media')
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const [row] = await world.running.store.read('select count(*) as rows from file')
  return [entries.filter((entry) => entry.isFile()).length, Number(row?.rows)]
}
