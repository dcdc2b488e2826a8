import { asList, asObject, type Json, type JsonObject } from '../json.ts'
import type { VideoOrder } from '../lab/makers/video.ts'
import { type Markers, readMarkers } from '../markers.ts'
import { invalid } from './answer.ts'
import { needText, readChoice, readFlag, readText } from './fields.ts'
import { type Picture, readPicture } from './picture-source.ts'

/** What a request for a film comes to. */
export interface VideoAsk {
  readonly markers: Markers
  readonly order: VideoOrder
  readonly callbackUrl: string | undefined
}

interface Model {
  readonly from: readonly ('text' | 'first' | 'last' | 'subject')[]
  readonly resolutions: readonly Resolution[]
  readonly durations: readonly number[]
}

const LINES = { '512P': 512, '720P': 720, '768P': 768, '1080P': 1080 } as const
type Resolution = keyof typeof LINES
const WIDTHS: Readonly<Record<Resolution, number>> = {
  '512P': 912,
  '720P': 1280,
  '768P': 1366,
  '1080P': 1920,
}

const hailuo = (from: Model['from'], resolutions: Model['resolutions']): Model => ({
  from,
  resolutions,
  durations: [6, 10],
})
const older = (from: Model['from']): Model => ({ from, resolutions: ['720P'], durations: [6] })

/** The first resolution is the default. */
const MODELS: Readonly<Record<string, Model>> = {
  'MiniMax-Hailuo-2.3': hailuo(['text', 'first'], ['768P', '1080P']),
  'MiniMax-Hailuo-2.3-Fast': hailuo(['first'], ['768P', '1080P']),
  'MiniMax-Hailuo-02': hailuo(['text', 'first', 'last'], ['768P', '512P', '1080P']),
  'T2V-01': older(['text']),
  'T2V-01-Director': older(['text']),
  'I2V-01': older(['first']),
  'I2V-01-Director': older(['first']),
  'I2V-01-live': older(['first']),
  'S2V-01': older(['subject']),
}
const NAMES = Object.keys(MODELS)
const MAX_PROMPT = 2_000

export function readVideoAsk(body: JsonObject, deskSeed: string): VideoAsk {
  const [name, model] = readModel(body.model)
  const pictures = readPictures(body)
  needSources(name, model, body)
  const needsPrompt =
    !isGiven(body.first_frame_image) && !isGiven(body.subject_reference) && !isGiven(body.last_frame_image)
  const written = (needsPrompt ? needText : readText)(body.prompt, 'prompt', MAX_PROMPT)
  const markers = readMarkers(written)
  const isRewritten = readFlag(body.prompt_optimizer, 'prompt_optimizer', true)
  readFlag(body.fast_pretreatment, 'fast_pretreatment')
  return {
    markers,
    order: {
      prompt: markers.rest,
      chance: [deskSeed, name, isRewritten ? '' : 'verbatim'],
      ...readShape(body, model, pictures.first),
      firstFrame: pictures.first?.bytes,
      lastFrame: pictures.last?.bytes,
      subject: pictures.subject?.bytes,
      isMarked: readFlag(body.aigc_watermark, 'aigc_watermark'),
    },
    callbackUrl: readCallback(body.callback_url),
  }
}

function readModel(value: Json | undefined): [string, Model] {
  const name = readChoice(value, 'model', { of: NAMES, otherwise: '' })
  const model = MODELS[name]
  if (model === undefined) throw invalid(`model must be one of ${NAMES.join(', ')}`)
  return [name, model]
}

const FIELDS = { first: 'first_frame_image', last: 'last_frame_image', subject: 'subject_reference' } as const

/** Each model makes films from some of these and from no others. */
function needSources(name: string, { from }: Model, body: JsonObject): void {
  for (const [source, field] of Object.entries(FIELDS) as [keyof typeof FIELDS, string][]) {
    const given = isGiven(body[field])
    if (given && !from.includes(source)) throw invalid(`${field} is not supported by ${name}`)
    if (!given && from.length === 1 && from[0] === source) throw invalid(`${field} is required by ${name}`)
  }
}

function isGiven(value: Json | undefined): boolean {
  return value !== undefined && value !== null && value !== ''
}

const RULES = { maxBytes: 20 * 1024 * 1024, types: ['jpeg', 'png', 'webp'] } as const

function readPictures(body: JsonObject) {
  return {
    first: readFrame(body.first_frame_image, FIELDS.first),
    last: readFrame(body.last_frame_image, FIELDS.last),
    subject: readSubject(body.subject_reference),
  }
}

const LEAST_SIDE = 300
const WIDEST = 5 / 2

function readFrame(value: Json | undefined, field: string): Picture | undefined {
  const picture = readPicture(value, field, RULES)
  if (picture === undefined) return undefined
  const [short, long] = [picture.width, picture.height].sort((a, b) => a - b) as [number, number]
  if (short <= LEAST_SIDE)
    throw invalid(`${field} must have a short side above ${LEAST_SIDE} pixels, not ${short}`)
  if (long / short > WIDEST) throw invalid(`${field} must have an aspect ratio from 2:5 to 5:2`)
  return picture
}

/** `[{"type":"character","image":["one picture"]}]` */
function readSubject(value: Json | undefined): Picture | undefined {
  if (!isGiven(value)) return undefined
  const list = asList(value)
  const subject = asObject(list?.[0])
  if (list?.length !== 1 || subject === undefined) {
    throw invalid('subject_reference must be a list of one {type, image}')
  }
  readChoice(subject.type, 'subject_reference[0].type', { of: ['character'], otherwise: 'character' })
  const images = asList(subject.image)
  if (images?.length !== 1) throw invalid('subject_reference[0].image must be a list of one picture')
  return readFrame(images[0], 'subject_reference[0].image[0]')
}

interface Shape {
  readonly width: number
  readonly height: number
  readonly durationMs: number
}

/** A film has the shape of its first picture, where there is one. */
function readShape(body: JsonObject, { resolutions, durations }: Model, first: Picture | undefined): Shape {
  const [standard = '768P'] = resolutions
  const resolution = readChoice(body.resolution, 'resolution', { of: resolutions, otherwise: standard })
  const seconds = readChoice(body.duration, 'duration', { of: durations, otherwise: 6 })
  if (resolution === '1080P' && seconds !== 6) throw invalid('duration must be 6 for resolution 1080P')
  const durationMs = seconds * 1_000
  const lines = LINES[resolution]
  if (first === undefined) return { width: WIDTHS[resolution], height: lines, durationMs }
  const scale = lines / Math.min(first.width, first.height)
  return { width: even(first.width * scale), height: even(first.height * scale), durationMs }
}

/** H.264 has its colours in blocks of two by two. */
function even(pixels: number): number {
  return Math.round(pixels / 2) * 2
}

function readCallback(value: Json | undefined): string | undefined {
  const address = readText(value, 'callback_url', MAX_PROMPT)
  if (address === '') return undefined
  const protocol = URL.canParse(address) ? new URL(address).protocol : ''
  if (protocol !== 'http:' && protocol !== 'https:')
    throw invalid('callback_url must be an http or https URL')
  return address
}
