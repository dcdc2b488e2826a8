import { Fault } from '../faults.ts'
import { readImagesAnswer } from '../modalities/image-request.ts'
import { type JsonObject, objectIn, textIn } from '../modalities/media-request.ts'
import { openaiImagesAnswer, readOpenaiImages, readOpenaiSpeech } from '../modalities/openai-media.ts'
import { readSpeechAnswer } from '../modalities/speech-request.ts'
import { answerMade } from './answer-native.ts'
import type { Call } from './call.ts'
import type { Making } from './making.ts'
import { jobOf, plainMaking, speechJob } from './makings.ts'
import { quotaHeaders } from './quota-headers.ts'
import { readJson } from './read-json.ts'
import { callerOf, type World } from './serve.ts'
import { makeFor } from './serve-media.ts'
import { Utterance } from './utterance.ts'

const MOST_BYTES = 1024 * 1024
const SPEECH_PATH = '/v1/t2a_v2'

/** POST /v1/audio/speech: OpenAI's shape of speech, on the same quota. */
export async function serveOpenaiSpeech(call: Call, world: World): Promise<void> {
  const caller = await callerOf(call, world.keyring)
  const body = await readJson(call, MOST_BYTES)
  const request = readOpenaiSpeech(body)
  if (request.streamFormat === 'audio') return makeFor(call, world, sound, { caller, body })
  const { res } = call
  let headers: readonly string[] = []
  const begin = () => {
    if (!res.headersSent) res.writeHead(200, ['content-type', 'text/event-stream; charset=utf-8', ...headers])
  }
  const utterance: Utterance = new Utterance({
    world,
    caller,
    call,
    request,
    held: (held) => {
      headers = quotaHeaders(call, held, request.units, world.book.now())
    },
    hear: (piece) => {
      begin()
      const audio = textIn(objectIn(piece, 'data'), 'audio')
      const goesOn =
        audio === null || res.write(event({ type: 'speech.audio.delta', audio: base64Of(audio) }))
      if (!goesOn) res.once('drain', () => utterance.resume())
      return goesOn
    },
  })
  res.once('close', () => {
    if (!res.writableFinished) call.gate.cutting ? utterance.cut() : utterance.leave()
  })
  await utterance.spoken()
  if (res.destroyed) return
  begin()
  // Characters are what speech is sold by; OpenAI's clients read tokens here.
  const usage = { input_tokens: request.units, output_tokens: 0, total_tokens: request.units }
  res.end(event({ type: 'speech.audio.done', usage }))
}

function event(data: Readonly<Record<string, unknown>>): string {
  return `data: ${JSON.stringify(data)}\n\n`
}

function base64Of(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64')
}

/** The sound alone, as a file. */
const sound: Making = {
  ...plainMaking,
  prepare: (from) => speechJob(from, readOpenaiSpeech(from.body), SPEECH_PATH),
  made: (answer, { units }) => (soundIn(answer).length === 0 ? 0 : units),
  answer: (call, answer, job, headers) => {
    const bytes = soundIn(answer)
    if (bytes.length === 0) throw new Fault('upstream_failed', 'it made no sound')
    const { contentType } = job.request as ReturnType<typeof readOpenaiSpeech>
    call.res.writeHead(200, ['content-type', contentType, 'content-length', String(bytes.length), ...headers])
    call.res.end(bytes)
  },
}

/** Empty where the engine sent something else than hexadecimal. */
function soundIn(answer: JsonObject): Buffer {
  return Buffer.from(readSpeechAnswer(answer).audio ?? '', 'hex')
}

/** POST /v1/images/generations: OpenAI's shape of images, on the same quota. */
export const openaiImages: Making = {
  ...plainMaking,
  async prepare(from) {
    const request = readOpenaiImages(from.body)
    return jobOf(from, { request, modality: 'image', path: '/v1/image_generation' })
  },
  made: (answer) => readImagesAnswer(answer).made,
  answer: (call, answer, job, headers) => {
    const { format } = job.request as ReturnType<typeof readOpenaiImages>
    const images = openaiImagesAnswer(answer, Math.floor(job.now / 1000), format)
    if (images.data.length === 0) throw new Fault('upstream_failed', 'it made no picture')
    answerMade(call, images, headers)
  },
}
