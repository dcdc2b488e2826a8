import { readFile } from 'node:fs/promises'
import type { Json } from '../json.ts'
import { MediaFault } from '../lab/fault.ts'
import type { LookProduct } from '../lab/makers/look.ts'
import { readMarkers } from '../markers.ts'
import type { Exchange } from '../serve.ts'
import { invalid, obey, readJson, sendMedia } from './answer.ts'
import type { Desk } from './desk.ts'
import { needText, readFileId } from './fields.ts'
import type { PictureType } from './picture-header.ts'
import { headerOf, type Picture, pictureOf } from './picture-source.ts'

const INVALID = 2013
const MAX_PROMPT = 10_000
const RULES = { maxBytes: 20 * 1024 * 1024, types: ['jpeg', 'png', 'webp'] } as const

/** `POST /v1/coding_plan/vlm` */
export async function serveVision(exchange: Exchange, desk: Desk): Promise<void> {
  const body = await readJson(exchange)
  const markers = readMarkers(needText(body.prompt, 'prompt', MAX_PROMPT))
  const picture = await readImage(body.image_url, body.file_id, desk)
  if (!(await obey(exchange, markers))) return
  const seen = await desk.lab.make('look', { bytes: picture.bytes }, { gone: exchange.gone })
  await sendMedia(exchange, { content: describe(picture.type, seen, markers.rest) }, markers)
}

/** Clients turn addresses into data URLs themselves; MiniMax refuses an address in these words. */
async function readImage(url: Json | undefined, file: Json | undefined, desk: Desk): Promise<Picture> {
  const fileId = readFileId(file, 'file_id')
  if (typeof url === 'string' && url !== '') {
    if (!url.startsWith('data:')) throw new MediaFault(INVALID, 'invalid image URL')
    return pictureOf(url, 'image_url', RULES)
  }
  if (fileId === undefined) throw invalid('image_url or file_id is required')
  const stored = desk.shelf.find(fileId)
  if (stored === undefined) throw invalid(`file_id ${fileId} is no file here`)
  if (stored.bytes >= RULES.maxBytes) throw invalid('file_id must be smaller than 20 MB')
  const bytes = new Uint8Array(await readFile(stored.path))
  return { ...headerOf(bytes, 'file_id', RULES.types), bytes }
}

const KINDS: Readonly<Record<LookProduct['kind'], string>> = {
  photo: 'hardly two neighbouring pixels are alike, as in a photo',
  drawing: 'smooth shades and clear shapes, as in a drawing or a rendering',
  flat: 'few colours in even areas, as in a flat graphic or a screenshot',
}

function describe(type: PictureType, seen: LookProduct, prompt: string): string {
  const { width, height, clearShare, bands } = seen
  const format = width === height ? 'square' : width > height ? 'landscape' : 'portrait'
  const [top, middle, bottom] = bands
  const isEven = top === middle && middle === bottom
  const layout = isEven
    ? `It is mostly ${top} from top to bottom.`
    : `The top is mostly ${top}, the middle ${middle}, the bottom ${bottom}.`
  return [
    `This is a ${type === 'webp' ? 'WebP' : type.toUpperCase()} image of ${width} × ${height} pixels (${format}),`,
    `${clearShare === 0 ? 'without transparency' : `transparent in ${percent(clearShare)} of its area`}.`,
    `Main colours: ${seen.colours.map(({ name, share }) => `${name} ${percent(share)}`).join(', ')}.`,
    `It is ${toneOf(seen.brightness)} (brightness ${percent(seen.brightness)}). ${layout}`,
    `Texture: ${KINDS[seen.kind]}.`,
    `You asked: “${prompt}”. This is a sandbox without a model: it measures pixels and does not recognise what they show.`,
  ].join(' ')
}

function percent(share: number): string {
  return share > 0 && share < 0.01 ? 'under 1%' : `${Math.round(share * 100)}%`
}

function toneOf(brightness: number): string {
  if (brightness < 0.25) return 'dark'
  return brightness > 0.7 ? 'bright' : 'of medium brightness'
}
