import type { Modality } from '../catalogue/catalogue.ts'
import type { Dialect } from '../modalities/dialect.ts'
import type { Range } from '../modalities/text-request.ts'

/** What there is to know of a kind of engine, as data. */
export type Adapter = {
  readonly kind: string
  /** What it makes; all but text is spoken on MiniMax's own paths. */
  readonly modalities: readonly Modality[]
  /** Where each dialect is spoken; a dialect without a path is not spoken by this kind at all. */
  readonly paths: Readonly<Partial<Record<Dialect, string>>>
  readonly countTokensPath: string
  /** Spoken unless the operator declares otherwise or the engine itself says no. */
  readonly dialects: readonly Dialect[]
  readonly modelsPath: string
  readonly authHeaders: (key: string) => readonly string[]
  /** Bounds of sampling parameters, checked before anything is held. */
  readonly ranges: Readonly<Record<'temperature' | 'top_p', Range>>
  /** Streams carry usage without being asked for it. */
  readonly alwaysReportsUsage: boolean
}

const bearer = (key: string) => ['authorization', `Bearer ${key}`]

export const adapters: Readonly<Record<string, Adapter>> = {
  minimax: {
    kind: 'minimax',
    modalities: ['text', 'speech', 'image', 'video', 'music', 'voices', 'search', 'vision'],
    paths: {
      anthropic: '/anthropic/v1/messages',
      'openai-chat': '/v1/chat/completions',
      'openai-responses': '/v1/responses',
      native: '/v1/text/chatcompletion_v2',
    },
    countTokensPath: '/anthropic/v1/messages/count_tokens',
    dialects: ['anthropic', 'openai-chat', 'openai-responses', 'native'],
    modelsPath: '/v1/models',
    authHeaders: bearer,
    ranges: { temperature: { min: 0, open: true, max: 1 }, top_p: { min: 0, open: true, max: 1 } },
    alwaysReportsUsage: true,
  },
  anthropic: {
    kind: 'anthropic',
    modalities: ['text'],
    paths: { anthropic: '/v1/messages' },
    countTokensPath: '/v1/messages/count_tokens',
    dialects: ['anthropic'],
    modelsPath: '/v1/models',
    authHeaders: (key) => ['x-api-key', key],
    ranges: { temperature: { min: 0, open: false, max: 1 }, top_p: { min: 0, open: false, max: 1 } },
    alwaysReportsUsage: true,
  },
  openai: {
    kind: 'openai',
    modalities: ['text'],
    paths: {
      'openai-chat': '/v1/chat/completions',
      'openai-responses': '/v1/responses',
      anthropic: '/v1/messages',
    },
    countTokensPath: '/v1/messages/count_tokens',
    dialects: ['openai-chat', 'openai-responses'],
    modelsPath: '/v1/models',
    authHeaders: bearer,
    ranges: { temperature: { min: 0, open: false, max: 2 }, top_p: { min: 0, open: false, max: 1 } },
    alwaysReportsUsage: false,
  },
}
