import type { Model } from '../catalogue/catalogue.ts'
import {
  anyText,
  eitherOf,
  fields,
  flag,
  listOf,
  modelId,
  oneOf,
  optional,
  readFields,
  refuse,
  textOf,
  webUrl,
} from './body-fields.ts'
import { type Outcome, readOutcome } from './media-answer.ts'
import {
  countIn,
  isObject,
  type JsonObject,
  type MediaRequest,
  onePiece,
  textIn,
  without,
} from './media-request.ts'
import { MEGABYTE, picture } from './picture-field.ts'

/** Ranges: [api-reference/video-generation-t2v, -i2v, -fl2v, -s2v]. */
const USUAL = '768P 6s'
const LONGEST_PROMPT = 2_000
const LONGEST_URL = 2_000
const SHORT_URL = 'an http(s) URL of at most 2,000 characters'

const frame = picture({ kinds: ['jpeg', 'png', 'webp'], mostBytes: 20 * MEGABYTE - 1, orUrl: true })

const videoBody = fields({
  model: modelId,
  prompt: optional(textOf(0, LONGEST_PROMPT)),
  duration: optional(oneOf(6, 10)),
  resolution: optional(oneOf('512P', '720P', '768P', '1080P')),
  first_frame_image: optional(frame),
  last_frame_image: optional(frame),
  subject_reference: optional(
    listOf(fields({ type: optional(anyText), image: listOf(frame, 1, 'picture') }), 1, 'reference'),
  ),
  prompt_optimizer: optional(flag),
  fast_pretreatment: optional(flag),
  aigc_watermark: optional(flag),
  // It is kept with the task and sent to again and again.
  callback_url: optional(webUrl.max(LONGEST_URL, SHORT_URL)),
})

type Asked = {
  readonly resolution: string | null
  readonly durationSeconds: number | null
  readonly pictures: ReadonlySet<PictureField>
}
const PICTURE_FIELDS = ['first_frame_image', 'last_frame_image', 'subject_reference'] as const
type PictureField = (typeof PICTURE_FIELDS)[number]

/** Its `variant` is '' until `variantOf` has said it; its body is without `callback_url`, as we answer those ourselves. */
export type VideoRequest = MediaRequest & { readonly callbackUrl: string | null; readonly asked: Asked }

/** POST /v1/video_generation. */
export function readVideo(body: unknown): VideoRequest {
  const read = readFields(videoBody, body)
  const pictures = new Set(PICTURE_FIELDS.filter((name) => read[name]))
  if (!read.prompt && pictures.size === 0) {
    refuse('prompt', '1 to 2,000 characters where no picture is given', read.prompt)
  }
  return {
    ...onePiece(read.model, without(body as JsonObject, 'callback_url')),
    callbackUrl: read.callback_url ?? null,
    asked: { resolution: read.resolution ?? null, durationSeconds: read.duration ?? null, pictures },
  }
}

/** What a family of models cannot do without, and which cannot end on a given picture. Others are the engine's to judge. */
const NEEDS: readonly (readonly [RegExp, PictureField])[] = [
  [/^MiniMax-Hailuo-2\.3-Fast/i, 'first_frame_image'],
  [/^I2V-01/i, 'first_frame_image'],
  [/^S2V-01/i, 'subject_reference'],
]
const NO_LAST_FRAME = /^(MiniMax-Hailuo-2\.3|[TIS]2V-01)/i

/**
 * Which unit price of the model a request means. Throws where the model does not offer it, and where the model needs a
 * picture that the request lacks. A model with a price for everything ('') takes any combination.
 */
export function variantOf(model: Model, { asked, body }: VideoRequest): string {
  for (const [family, field] of NEEDS) {
    if (family.test(model.id) && !asked.pictures.has(field))
      refuse(field, `given with ${model.id}`, undefined)
  }
  if (NO_LAST_FRAME.test(model.id) && asked.pictures.has('last_frame_image')) {
    refuse('last_frame_image', `left out with ${model.id}`, body.last_frame_image)
  }
  return offeredVariant(model, asked)
}

/** What a request does not say is 768P and 6 s where the model offers that, else what its first price is for. */
function offeredVariant(model: Model, { resolution, durationSeconds }: Asked): string {
  const offers = model.unitPrices.map(({ when }) => when)
  const usual = offers.includes(USUAL) ? USUAL : (offers[0] ?? '')
  const [usualResolution = '', usualLength = ''] = usual.split(' ')
  const length = durationSeconds === null ? usualLength : `${durationSeconds}s`
  const variant = `${resolution ?? usualResolution} ${length}`
  if (offers.includes(variant)) return variant
  if (offers.includes('')) return ''
  return refuse('resolution, duration', `${eitherOf(offers)} with ${model.id}`, variant)
}

export type VideoStatus = Outcome & {
  readonly status: 'Preparing' | 'Queueing' | 'Processing' | 'Success' | 'Fail'
  readonly fileId: string | null
  readonly width: number | null
  readonly height: number | null
}

/** Callbacks write `success` and `failed` for the same [api-reference/video-generation: callback_url]. */
const STATUSES: ReadonlyMap<string, VideoStatus['status']> = new Map([
  ['preparing', 'Preparing'],
  ['queueing', 'Queueing'],
  ['processing', 'Processing'],
  ['success', 'Success'],
  ['fail', 'Fail'],
  ['failed', 'Fail'],
])

/** GET /v1/query/video_generation. A status we do not know is one on the way. */
export function readVideoStatus(json: unknown): VideoStatus {
  const answer = isObject(json) ? json : {}
  return {
    ...readOutcome(json),
    status: STATUSES.get(textIn(answer, 'status')?.toLowerCase() ?? '') ?? 'Processing',
    fileId: textIn(answer, 'file_id') ?? countIn(answer, 'file_id')?.toString() ?? null,
    width: countIn(answer, 'video_width'),
    height: countIn(answer, 'video_height'),
  }
}
