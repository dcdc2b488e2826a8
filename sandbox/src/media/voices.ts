import { digest } from '../ids.ts'
import type { Json, JsonObject } from '../json.ts'
import { MediaFault } from '../lab/fault.ts'
import { makeInPieces } from '../lab/pieces.ts'
import type { Timbre } from '../lab/voice/timbre.ts'
import { readMarkers } from '../markers.ts'
import type { Exchange } from '../serve.ts'
import { invalid, obey, readJson, sendMedia } from './answer.ts'
import type { Desk } from './desk.ts'
import { needText, readChoice, readFileId, readFlag, readGroup, readNumber, readText } from './fields.ts'
import type { StoredFile } from './shelf.ts'
import { addressOf, extraInfo, hexOf, joined } from './speech.ts'
import { speechModels } from './speech-request.ts'
import { systemVoices } from './system-voices.ts'
import { type MadeKind, type MadeVoice, madeKinds, timbreOf } from './voice-book.ts'

const CODE = { wrongLength: 2037, duplicate: 2039, promptTooLong: 2048 }

/** `POST /v1/get_voice` */
export async function listVoices(exchange: Exchange, desk: Desk): Promise<void> {
  const { voice_type: type } = await readJson(exchange)
  const asked = readChoice(type, 'voice_type', { of: ['system', ...madeKinds, 'all'], otherwise: '' })
  if (asked === '') throw invalid(`voice_type must be one of system, ${madeKinds.join(', ')}, all`)
  const made = (kind: MadeKind) =>
    asked === kind || asked === 'all' ? { [kind]: desk.voices.made(kind).map(describe) } : {}
  await sendMedia(exchange, {
    ...((asked === 'system' || asked === 'all') && { system_voice: systemVoices.map(describeSystem) }),
    ...made('voice_cloning'),
    ...made('voice_generation'),
  })
}

function describeSystem({ id, description }: (typeof systemVoices)[number]): JsonObject {
  const name = id.replace(/[_-]+/g, ' ')
  return { voice_id: id, voice_name: name, description: [description], created_time: '1970-01-01' }
}

function describe({ id, description, createdOn }: MadeVoice): JsonObject {
  return { voice_id: id, description: description === '' ? [] : [description], created_time: createdOn }
}

/** `POST /v1/delete_voice` */
export async function deleteVoice(exchange: Exchange, desk: Desk): Promise<void> {
  const body = await readJson(exchange)
  const [kind] = madeKinds.filter((known) => known === body.voice_type)
  if (kind === undefined) throw invalid(`voice_type must be one of ${madeKinds.join(', ')}`)
  const removed = desk.voices.remove(kind, needText(body.voice_id, 'voice_id', MAX_ID))
  if (removed === undefined) throw invalid('voice_id is no such voice here')
  await sendMedia(exchange, { voice_id: removed.id, created_time: removed.createdOn })
}

const MAX_ID = 256
const MAX_CLONE_TEXT = 1_000

/** `POST /v1/voice_clone` */
export async function cloneVoice(exchange: Exchange, desk: Desk): Promise<void> {
  const body = await readJson(exchange)
  const id = readNewId(body.voice_id, desk)
  const text = readText(body.text, 'text', MAX_CLONE_TEXT)
  checkCloneFields(body, text)
  const source = audioFile(body.file_id, 'file_id', desk)
  const prompt = readGroup(body.clone_prompt, 'clone_prompt')
  await checkLength(source, desk, exchange.gone)
  if (body.clone_prompt) await checkPrompt(prompt, desk, exchange.gone)
  const markers = readMarkers(text)
  if (!(await obey(exchange, markers))) return
  // Somebody may have taken the name while the audio was looked at.
  readNewId(id, desk)
  const timbre = timbreOf(id, '')
  desk.voices.add({ id, kind: 'voice_cloning', description: '', timbre })
  const demo = markers.rest === '' ? undefined : await demoOf(exchange, desk, { text: markers.rest, timbre })
  const spoken = demo && {
    demo_audio: await addressOf(exchange, desk, { spec: DEMO }, demo.audio),
    extra_info: extraInfo(text, { spec: DEMO }, demo.audio.length, demo),
  }
  const answer = { input_sensitive: false, input_sensitive_type: 0, demo_audio: '', ...spoken }
  await sendMedia(exchange, answer, markers)
}

function checkCloneFields(body: JsonObject, text: string): void {
  if (text !== '' || body.model) {
    if (!body.model) throw invalid('model is required with text')
    readChoice(body.model, 'model', { of: speechModels, otherwise: '' })
  }
  readText(body.text_validation, 'text_validation', 200)
  readNumber(body.accuracy, 'accuracy', { min: 0, max: 1, otherwise: 0.7 })
  for (const field of ['need_noise_reduction', 'need_volume_normalization', 'aigc_watermark']) {
    readFlag(body[field], field)
  }
}

/** MiniMax's rule for a voice's name, and no name twice. */
function readNewId(value: Json | undefined, desk: Desk): string {
  const id = needText(value, 'voice_id', MAX_ID)
  if (!/^[A-Za-z][A-Za-z0-9_-]{6,254}[A-Za-z0-9]$/.test(id)) {
    throw invalid(
      'voice_id must have 8 to 256 letters, digits, - and _, begin with a letter and not end with - or _',
    )
  }
  if (desk.voices.timbre(id) !== undefined) throw new MediaFault(CODE.duplicate, `voice id duplicate: ${id}`)
  return id
}

const MAX_AUDIO_BYTES = 20 * 1024 * 1024

function audioFile(value: Json | undefined, field: string, desk: Desk): StoredFile {
  const id = readFileId(value, field)
  const file = id === undefined ? undefined : desk.shelf.find(id)
  if (file === undefined) throw invalid(`${field} must be the number of an uploaded file`)
  if (file.bytes > MAX_AUDIO_BYTES) throw invalid(`${field} must be a file of at most 20 MB`)
  return file
}

const SOURCE_MS = { min: 10_000, max: 300_000 }
const MAX_PROMPT_MS = 8_000

async function checkLength(file: StoredFile, desk: Desk, gone: AbortSignal): Promise<void> {
  const { durationMs } = await desk.lab.make('listen', { path: file.path }, { gone })
  if (durationMs >= SOURCE_MS.min && durationMs <= SOURCE_MS.max) return
  const found = `${(durationMs / 1000).toFixed(1)} s`
  throw new MediaFault(CODE.wrongLength, `voice duration must be from 10 s to 5 min, this is ${found}`)
}

async function checkPrompt(prompt: JsonObject, desk: Desk, gone: AbortSignal): Promise<void> {
  const file = audioFile(prompt.prompt_audio, 'clone_prompt.prompt_audio', desk)
  needText(prompt.prompt_text, 'clone_prompt.prompt_text', MAX_CLONE_TEXT)
  const { durationMs } = await desk.lab.make('listen', { path: file.path }, { gone })
  if (durationMs >= MAX_PROMPT_MS) {
    throw new MediaFault(CODE.promptTooLong, 'the prompt audio must be shorter than 8 s')
  }
}

const DEMO = { format: 'mp3', sampleRate: 32_000, bitrate: 128_000, channels: 1 } as const

async function demoOf(exchange: Exchange, desk: Desk, said: { text: string; timbre: Timbre }) {
  const order = {
    text: said.text,
    manner: { timbre: said.timbre, speed: 1, volume: 1, semitones: 0 },
    pronunciations: [],
    spec: DEMO,
    subtitles: undefined,
  }
  const making = makeInPieces(desk.lab, 'speech', order, { gone: exchange.gone })
  const parts: Uint8Array[] = []
  for await (const { audio } of making.pieces) parts.push(audio)
  const product = await making.product
  return { audio: joined(parts, product), durationMs: product.durationMs }
}

const MAX_PROMPT = 2_000
const MAX_PREVIEW = 500

/** `POST /v1/voice_design` */
export async function designVoice(exchange: Exchange, desk: Desk): Promise<void> {
  const body = await readJson(exchange)
  const prompt = needText(body.prompt, 'prompt', MAX_PROMPT)
  const preview = readMarkers(needText(body.preview_text, 'preview_text', MAX_PREVIEW))
  const id = body.voice_id ? readNewId(body.voice_id, desk) : mintVoiceId(prompt, desk)
  if (!(await obey(exchange, preview))) return
  // How it sounds is decided by what was asked for, so that the same wish gives the same voice.
  const timbre = timbreOf(prompt, prompt)
  const { audio } = await demoOf(exchange, desk, { text: preview.rest, timbre })
  desk.voices.add({ id, kind: 'voice_generation', description: prompt, timbre })
  await sendMedia(exchange, { voice_id: id, trial_audio: hexOf(audio) }, preview)
}

function mintVoiceId(prompt: string, desk: Desk): string {
  return `ttv-voice-${desk.mintNumber()}-${digest(desk.seed, prompt).slice(0, 8)}`
}
