import { z } from 'zod'
import {
  anyText,
  fields,
  fileId,
  isWebUrl,
  oneAlone,
  optional,
  readFields,
  refuse,
  textOf,
} from './body-fields.ts'
import { type JsonObject, type MediaRequest, onePiece } from './media-request.ts'
import { MEGABYTE, picture } from './picture-field.ts'

/** The plan's tools. Their endpoints take no model and have no page: read in the provider's own clients. */
const SEARCH = 'coding-plan-search'
const VISION = 'coding-plan-vlm'

const FILE = 'the number of a file'

const searchBody = fields({ q: textOf(1, 2_000) })
const visionBody = fields({
  prompt: z.string('a text').min(1, 'a text'),
  image_url: optional(anyText),
  // mmx sends the number as it was typed, as text; an empty one counts as absent.
  file_id: optional(z.union([fileId, z.string(FILE).regex(/^\d{0,15}$/, FILE)], FILE)),
})
const image = picture({ kinds: ['jpeg', 'png', 'webp'], mostBytes: 20 * MEGABYTE, orUrl: false })
const shownBody = fields({ image_url: optional(image) })

/** POST /v1/coding_plan/search. */
export function readSearch(body: unknown): MediaRequest {
  readFields(searchBody, body)
  return onePiece(SEARCH, body as JsonObject)
}

/** POST /v1/coding_plan/vlm. An address is refused in the provider's words: clients turn it into a data URL first. */
export function readVision(body: unknown): MediaRequest {
  const { image_url: url } = readFields(visionBody, body)
  oneAlone(body as JsonObject, ['image_url', 'file_id'])
  if (url && isWebUrl(url)) refuse('invalid image URL, image_url', 'a data URL', url)
  readFields(shownBody, body)
  return onePiece(VISION, body as JsonObject)
}
