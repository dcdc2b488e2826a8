import type { Call } from './call.ts'
import type { Making } from './making.ts'
import { coverPreprocess, images, lyrics, search, song, speech, vision } from './makings.ts'
import { openaiImages, serveOpenaiSpeech } from './openai-media.ts'
import type { World } from './serve.ts'
import { serveMedia } from './serve-media.ts'
import { serveSpeechAsync } from './speech-async.ts'
import { serveSpeechQuery, serveVideoQuery } from './task-query.ts'
import { serveVideo } from './video.ts'
import { voiceClone, voiceDesign } from './voice-makings.ts'
import { serveDeleteVoice, serveGetVoice } from './voices.ts'

type Serve = (call: Call, world: World) => Promise<void>
type MediaRoute = {
  readonly method: 'GET' | 'POST'
  readonly dialect: 'native' | 'openai-chat'
  readonly serve: Serve
}

const post = (serve: Serve): MediaRoute => ({ method: 'POST', dialect: 'native', serve })
const get = (serve: Serve): MediaRoute => ({ method: 'GET', dialect: 'native', serve })
const inOpenaiShape = (serve: Serve): MediaRoute => ({ method: 'POST', dialect: 'openai-chat', serve })
const makes = (making: Making) => post((call, world) => serveMedia(call, world, making))

/** MiniMax's paths for everything that is not text, and two of OpenAI's on the same quotas. */
export const mediaRoutes: readonly (readonly [string, MediaRoute])[] = [
  ['/v1/t2a_v2', makes(speech)],
  ['/v1/t2a_async_v2', post(serveSpeechAsync)],
  ['/v1/query/t2a_async_query_v2', get(serveSpeechQuery)],
  ['/v1/get_voice', post(serveGetVoice)],
  ['/v1/delete_voice', post(serveDeleteVoice)],
  ['/v1/voice_clone', makes(voiceClone)],
  ['/v1/voice_design', makes(voiceDesign)],
  ['/v1/image_generation', makes(images)],
  ['/v1/video_generation', post(serveVideo)],
  ['/v1/query/video_generation', get(serveVideoQuery)],
  ['/v1/music_generation', makes(song)],
  ['/v1/lyrics_generation', makes(lyrics)],
  ['/v1/music_cover_preprocess', makes(coverPreprocess)],
  ['/v1/coding_plan/search', makes(search)],
  ['/v1/coding_plan/vlm', makes(vision)],
  ['/v1/audio/speech', inOpenaiShape(serveOpenaiSpeech)],
  ['/v1/images/generations', inOpenaiShape((call, world) => serveMedia(call, world, openaiImages))],
]
