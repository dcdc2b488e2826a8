import { asList, asObject, type Json, type JsonObject } from '../json.ts'
import type { ImageOrder } from '../lab/makers/image.ts'
import { type Style, styles } from '../lab/picture/styles.ts'
import { readMarkers } from '../markers.ts'
import type { Exchange } from '../serve.ts'
import { invalid, obey, readJson, sendMedia, urlOf } from './answer.ts'
import type { Desk } from './desk.ts'
import { needText, readChoice, readFlag, readGroup, readNumber } from './fields.ts'
import { readPicture } from './picture-source.ts'

const MODELS = ['image-01', 'image-01-live'] as const
const MAX_PROMPT = 1_500
const MAX_REFERENCE_BYTES = 10 * 1024 * 1024
const MAX_PIECES = 9

const SIZES = {
  '1:1': [1024, 1024],
  '16:9': [1280, 720],
  '4:3': [1152, 864],
  '3:2': [1248, 832],
  '2:3': [832, 1248],
  '3:4': [864, 1152],
  '9:16': [720, 1280],
  '21:9': [1344, 576],
} as const
type Ratio = keyof typeof SIZES
const RATIOS = Object.keys(SIZES) as Ratio[]

/** `POST /v1/image_generation` */
export async function serveImage(exchange: Exchange, desk: Desk): Promise<void> {
  const body = await readJson(exchange)
  const ask = readAsk(body, desk.seed)
  if (!(await obey(exchange, ask.markers))) return
  const failed = Math.min(ask.pieces, ask.markers.failures)
  const pictures = await Promise.all(
    Array.from({ length: ask.pieces - failed }, (_, index) =>
      desk.lab.make('image', pieceOf(ask, index), { gone: exchange.gone }),
    ),
  )
  const data = ask.inBase64
    ? { image_base64: pictures.map((picture) => Buffer.from(picture).toString('base64')) }
    : { image_urls: await shelve(exchange, desk, pictures) }
  const metadata = { success_count: String(pictures.length), failed_count: String(failed) }
  await sendMedia(exchange, { id: exchange.requestId, data, metadata }, ask.markers)
}

type Ask = ReturnType<typeof readAsk>

function readAsk(body: JsonObject, deskSeed: string) {
  const model = readModel(body.model)
  const prompt = needText(body.prompt, 'prompt', MAX_PROMPT)
  const markers = readMarkers(prompt)
  const seed = readNumber(body.seed, 'seed', { min: -(2 ** 63), max: 2 ** 64, whole: true, otherwise: 0 })
  // The optimiser rewrites the prompt; what it would write is another throw of the dice.
  const isRewritten = readFlag(body.prompt_optimizer, 'prompt_optimizer')
  const order: Omit<ImageOrder, 'chance'> = {
    prompt: markers.rest,
    ...readSize(body, model),
    style: readStyle(body.style, model),
    isMarked: readFlag(body.aigc_watermark, 'aigc_watermark'),
    reference: readReference(body.subject_reference),
  }
  const formats = ['url', 'base64']
  return {
    markers,
    order,
    chance: [deskSeed, model, String(seed), isRewritten ? 'rewritten' : ''],
    pieces: readNumber(body.n, 'n', { min: 1, max: MAX_PIECES, whole: true, otherwise: 1 }),
    inBase64:
      readChoice(body.response_format, 'response_format', { of: formats, otherwise: 'url' }) === 'base64',
  }
}

function readModel(value: Json | undefined): (typeof MODELS)[number] {
  if (value === undefined || value === null) throw invalid(`model must be one of ${MODELS.join(', ')}`)
  return readChoice(value, 'model', { of: MODELS, otherwise: 'image-01' })
}

/** The aspect ratio wins over a width and a height; those two come together or not at all. */
function readSize(body: JsonObject, model: string): { readonly width: number; readonly height: number } {
  const ratio = readChoice<Ratio | ''>(body.aspect_ratio, 'aspect_ratio', { of: RATIOS, otherwise: '' })
  const [width, height] = [readSide(body.width, 'width'), readSide(body.height, 'height')]
  if (ratio === '21:9' && model === 'image-01-live') throw invalid('aspect_ratio 21:9 is for image-01 only')
  if (ratio !== '') return { width: SIZES[ratio][0], height: SIZES[ratio][1] }
  if ((width === 0) !== (height === 0)) throw invalid('width and height must be given together')
  return width === 0 ? { width: 1024, height: 1024 } : { width, height }
}

/** 0 where it is left out. */
function readSide(value: Json | undefined, field: string): number {
  const side = readNumber(value, field, { min: 512, max: 2048, whole: true, otherwise: 0 })
  if (side % 8 !== 0) throw invalid(`${field} must be a multiple of 8 from 512 to 2048`)
  return side
}

function readStyle(value: Json | undefined, model: string): ImageOrder['style'] {
  const style = readGroup(value, 'style')
  const type = readChoice<Style | ''>(style.style_type, 'style.style_type', {
    of: styles,
    otherwise: '',
  })
  const weight = readNumber(style.style_weight, 'style.style_weight', {
    min: 0,
    max: 1,
    above: true,
    otherwise: 0.8,
  })
  return type === '' || model !== 'image-01-live' ? undefined : { type, weight }
}

/** A list with one person. A client of MiniMax's own sends a bare string: it is accepted and means nothing. */
function readReference(value: Json | undefined): Uint8Array | undefined {
  if (value === undefined || value === null || typeof value === 'string') return undefined
  const list = asList(value)
  if (list === undefined) throw invalid('subject_reference must be a list of {type, image_file}')
  const pictures = list.map((item, at) => {
    const field = `subject_reference[${at}]`
    const { type, image_file } = asObject(item) ?? {}
    readChoice(type, `${field}.type`, { of: ['character'], otherwise: 'character' })
    if (image_file === undefined) throw invalid(`${field}.image_file is required`)
    return readPicture(image_file, `${field}.image_file`, {
      maxBytes: MAX_REFERENCE_BYTES,
      types: ['jpeg', 'png'],
    })
  })
  return pictures[0]?.bytes
}

function pieceOf({ order, chance }: Ask, index: number): ImageOrder {
  return { ...order, chance: [...chance, String(index)] }
}

function shelve(exchange: Exchange, desk: Desk, pictures: readonly Uint8Array[]): Promise<string[]> {
  return Promise.all(
    pictures.map(async (picture, index) => {
      const filename = `image-${index + 1}.jpeg`
      const file = await desk.shelf.put(picture, { filename, purpose: 'answer', mime: 'image/jpeg' })
      return urlOf(exchange, file)
    }),
  )
}
