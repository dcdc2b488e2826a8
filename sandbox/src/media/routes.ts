import { MediaFault } from '../lab/fault.ts'
import type { Exchange } from '../serve.ts'
import { refuseMedia } from './answer.ts'
import type { Desk } from './desk.ts'
import { deleteFile, listFiles, retrieveContent, retrieveFile, serveAddress, uploadFile } from './files.ts'
import { serveImage } from './image.ts'
import { serveLyrics } from './lyrics.ts'
import { serveCoverPreprocess, serveMusic } from './music.ts'
import { serveSearch } from './search.ts'
import { serveSpeech } from './speech.ts'
import { queryNarration, startNarration } from './speech-async.ts'
import { queryVideo, startVideo } from './video.ts'
import { serveVision } from './vision.ts'
import { cloneVoice, deleteVoice, designVoice, listVoices } from './voices.ts'

/** Answers, or throws a `MediaFault`. */
export type MediaHandler = (exchange: Exchange, desk: Desk) => Promise<void>

export interface MediaRoute {
  /** True where no credential is asked for. */
  readonly open: boolean
  serve(exchange: Exchange): Promise<void>
}

const handlers: Readonly<Record<string, MediaHandler>> = {
  'POST /v1/t2a_v2': serveSpeech,
  'POST /v1/t2a_async_v2': startNarration,
  'GET /v1/query/t2a_async_query_v2': queryNarration,
  'POST /v1/get_voice': listVoices,
  'POST /v1/delete_voice': deleteVoice,
  'POST /v1/voice_clone': cloneVoice,
  'POST /v1/voice_design': designVoice,
  'POST /v1/image_generation': serveImage,
  'POST /v1/coding_plan/vlm': serveVision,
  'POST /v1/video_generation': startVideo,
  'GET /v1/query/video_generation': queryVideo,
  'POST /v1/music_generation': serveMusic,
  'POST /v1/music_cover_preprocess': serveCoverPreprocess,
  'POST /v1/lyrics_generation': serveLyrics,
  'POST /v1/coding_plan/search': serveSearch,
  'POST /v1/files/upload': uploadFile,
  // Where older clients send it.
  'POST /v1/files': uploadFile,
  'GET /v1/files/list': listFiles,
  'GET /v1/files/retrieve': retrieveFile,
  'GET /v1/files/retrieve_content': retrieveContent,
  'POST /v1/files/delete': deleteFile,
}

export function mediaRoute(desk: Desk, method: string, path: string): MediaRoute | undefined {
  const isGet = method === 'GET' || method === 'HEAD'
  if (isGet && path.startsWith('/files/')) {
    return { open: true, serve: (exchange) => attend(serveAddress, exchange, desk) }
  }
  const name = `${method} ${path}`
  const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined
  return handler && { open: false, serve: (exchange) => attend(handler, exchange, desk) }
}

async function attend(handler: MediaHandler, exchange: Exchange, desk: Desk): Promise<void> {
  try {
    await handler(exchange, desk)
  } catch (error) {
    // A client that left is no event, whatever its leaving broke.
    if (exchange.gone.aborted) return
    if (!(error instanceof MediaFault)) throw error
    if (exchange.res.headersSent) exchange.res.destroy()
    else refuseMedia(exchange, error)
  }
}
