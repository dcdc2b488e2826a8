import { z } from 'zod'
import {
  anyText,
  fields,
  fileId,
  flag,
  modelId,
  numberIn,
  oneOf,
  optional,
  readFields,
  refuse,
  textOf,
} from './body-fields.ts'
import { type JsonObject, type MediaRequest, onePiece } from './media-request.ts'
import { countCharacters } from './speech-request.ts'

/** Ranges: [api-reference: voice cloning, voice design, voice management]. */
const CLONE = 'voice-clone'
const DESIGN = 'voice-design'

const VOICE_ID = /^[A-Za-z][A-Za-z0-9_-]{6,254}[A-Za-z0-9]$/
const NEW_VOICE =
  '8 to 256 letters, digits, - or _, beginning with a letter and ending with a letter or a digit'
/** '' is what some clients send for none. */
const DESIGNED_VOICE_ID = new RegExp(`^$|${VOICE_ID.source}`)

const getBody = fields({ voice_type: oneOf('system', 'voice_cloning', 'voice_generation', 'all') })
const deleteBody = fields({
  voice_type: oneOf('voice_cloning', 'voice_generation'),
  voice_id: z.string('the id of a voice').min(1, 'the id of a voice'),
})
const cloneBody = fields({
  file_id: fileId,
  voice_id: z.string(NEW_VOICE).regex(VOICE_ID, NEW_VOICE),
  clone_prompt: optional(fields({ prompt_audio: optional(fileId), prompt_text: optional(anyText) })),
  text: optional(textOf(0, 1_000)),
  model: optional(modelId),
  language_boost: optional(anyText),
  text_validation: optional(textOf(0, 200)),
  accuracy: optional(numberIn(0, 1)),
  need_noise_reduction: optional(flag),
  need_volume_normalization: optional(flag),
  aigc_watermark: optional(flag),
})
const designBody = fields({
  prompt: z.string('a text').min(1, 'a text'),
  preview_text: textOf(1, 500),
  voice_id: optional(z.string(NEW_VOICE).regex(DESIGNED_VOICE_ID, NEW_VOICE)),
})

export type GetVoice = {
  readonly voiceType: 'system' | 'voice_cloning' | 'voice_generation' | 'all'
  readonly body: JsonObject
}

/** POST /v1/get_voice, which is free. */
export function readGetVoice(body: unknown): GetVoice {
  return { voiceType: readFields(getBody, body).voice_type, body: body as JsonObject }
}

export type DeleteVoice = {
  readonly voiceType: 'voice_cloning' | 'voice_generation'
  readonly voiceId: string
  readonly body: JsonObject
}

/** POST /v1/delete_voice, which is free. */
export function readDeleteVoice(body: unknown): DeleteVoice {
  const { voice_type: voiceType, voice_id: voiceId } = readFields(deleteBody, body)
  return { voiceType, voiceId, body: body as JsonObject }
}

/** A voice is due at its first synthesis; the text it is tried with is speech, and costs what speech does. */
export type VoiceClone = MediaRequest & {
  readonly voiceId: string
  readonly fileId: number
  readonly promptFileId: number | null
  readonly demo: { readonly model: string; readonly units: number } | null
}

/** POST /v1/voice_clone. */
export function readVoiceClone(body: unknown): VoiceClone {
  const read = readFields(cloneBody, body)
  const { text, model } = read
  if (text && !model) refuse('model', 'the id of a model where text is given', model)
  return {
    ...onePiece(CLONE, body as JsonObject),
    voiceId: read.voice_id,
    fileId: read.file_id,
    promptFileId: read.clone_prompt?.prompt_audio ?? null,
    demo: text && model ? { model, units: countCharacters(text) } : null,
  }
}

/** `previewUnits` are the characters of the text that the voice is tried with. */
export type VoiceDesign = MediaRequest & { readonly voiceId: string | null; readonly previewUnits: number }

/** POST /v1/voice_design. */
export function readVoiceDesign(body: unknown): VoiceDesign {
  const { preview_text, voice_id } = readFields(designBody, body)
  return {
    ...onePiece(DESIGN, body as JsonObject),
    voiceId: voice_id || null,
    previewUnits: countCharacters(preview_text),
  }
}
