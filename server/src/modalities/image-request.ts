import { z } from 'zod'
import {
  anyNumber,
  anyText,
  fields,
  flag,
  modelId,
  oneOf,
  optional,
  readFields,
  refuse,
  textOf,
  whole,
  wholeIn,
} from './body-fields.ts'
import { countIn, type JsonObject, type MediaRequest, objectIn, without } from './media-request.ts'
import { MEGABYTE, picture } from './picture-field.ts'

/** Ranges: [api-reference/image-generation-t2i, image-generation-i2i]. */
export const SHORTEST_SIDE = 512
export const LONGEST_SIDE = 2048
export const SIDE_STEP = 8
export const LONGEST_IMAGE_PROMPT = 1500
export const MOST_IMAGES = 9

const RATIOS = ['1:1', '16:9', '4:3', '3:2', '2:3', '3:4', '9:16', '21:9'] as const
const SIDE = `a multiple of ${SIDE_STEP} from ${SHORTEST_SIDE} to ${LONGEST_SIDE}`

const side = z.int(SIDE).min(SHORTEST_SIDE, SIDE).max(LONGEST_SIDE, SIDE).multipleOf(SIDE_STEP, SIDE)
const face = optional(picture({ kinds: ['jpeg', 'png'], mostBytes: 10 * MEGABYTE, orUrl: true }))

const imagesBody = fields({
  model: modelId,
  prompt: textOf(1, LONGEST_IMAGE_PROMPT),
  n: optional(wholeIn(1, MOST_IMAGES)),
  aspect_ratio: optional(oneOf(...RATIOS)),
  width: optional(side),
  height: optional(side),
  response_format: optional(oneOf('url', 'base64')),
  seed: optional(whole),
  prompt_optimizer: optional(flag),
  aigc_watermark: optional(flag),
  // image_url is what mmx once called the address of a face.
  subject_reference: optional(
    z.array(fields({ type: optional(anyText), image_file: face, image_url: face }), 'a list of references'),
  ),
  // Has an effect with image-01-live alone, the others pass over it: no reason to refuse.
  style: optional(fields({ style_type: optional(anyText), style_weight: optional(anyNumber) })),
})

/** POST /v1/image_generation. */
export function readImages(body: unknown): MediaRequest {
  const known = withoutBareReference(body)
  const { model, n, width, height, aspect_ratio } = readFields(imagesBody, known)
  // A ratio wins over sides, so half a size does no harm beside one.
  if (!aspect_ratio && width && !height) refuse('height', `${SIDE}, as width is given`, height)
  if (!aspect_ratio && height && !width) refuse('width', `${SIDE}, as height is given`, width)
  return { model, variant: '', units: n ?? 1, divisible: true, stream: false, body: known as JsonObject }
}

/** How many images were made: those that came, and no more than the engine says (a string on the wire). */
export function readImagesAnswer(json: unknown): { readonly made: number } {
  const sent = imagesIn(json).length
  return { made: Math.min(sent, countIn(objectIn(json, 'metadata'), 'success_count') ?? sent) }
}

function imagesIn(json: unknown): readonly unknown[] {
  const { image_urls: urls, image_base64: texts } = objectIn(json, 'data')
  return Array.isArray(urls) && urls.length > 0 ? urls : Array.isArray(texts) ? texts : []
}

/** minimax-mcp-js sends `subject_reference` as a bare string: no engine takes it, and no image needs it. */
function withoutBareReference(body: unknown): unknown {
  if (typeof (body as JsonObject | null)?.subject_reference !== 'string') return body
  return without(body as JsonObject, 'subject_reference')
}
