import type { ImageOrder, ImageProduct } from './makers/image.ts'
import type { ListenOrder, ListenProduct } from './makers/listen.ts'
import type { LookOrder, LookProduct } from './makers/look.ts'
import type { SongOrder, SongPiece, SongProduct } from './makers/song.ts'
import type { SpeechOrder, SpeechPiece, SpeechProduct } from './makers/speech.ts'
import type { VideoOrder, VideoProduct } from './makers/video.ts'

/** Everything the lab makes: what is ordered, what comes of it, and what may be sent ahead of it. */
export interface Work {
  image: { order: ImageOrder; product: ImageProduct }
  look: { order: LookOrder; product: LookProduct }
  video: { order: VideoOrder; product: VideoProduct }
  listen: { order: ListenOrder; product: ListenProduct }
  song: { order: SongOrder; product: SongProduct; piece: SongPiece }
  speech: { order: SpeechOrder; product: SpeechProduct; piece: SpeechPiece }
  /** The same of a whole book. */
  narration: { order: SpeechOrder; product: SpeechProduct; piece: SpeechPiece }
}

export type Kind = keyof Work
export type Orders = { readonly [K in Kind]: Work[K]['order'] }
export type Products = { readonly [K in Kind]: Work[K]['product'] }
export type Pieces = { readonly [K in Kind]: Work[K] extends { piece: infer P } ? P : never }

/** Seconds of work for one order. They keep to one thread, so that the other stays free for the rest. */
export const heavyKinds: ReadonlySet<string> = new Set(['narration', 'video', 'song'])

/** What a maker sees of the world: no HTTP, no clock, no shelf. */
export interface Bench<K extends Kind> {
  /** Sends something ahead of the product. */
  piece(piece: Pieces[K]): void
  /** True when nobody waits for the product any more; a maker of long work looks now and then and may throw. */
  gone(): boolean
}

export type Maker<K extends Kind> = (order: Orders[K], bench: Bench<K>) => Promise<Products[K]>

/** A thread does one job at a time, so that its messages need no name. */
export interface ToWorker {
  readonly kind: Kind
  readonly order: unknown
  /** A thread at work reads no messages, but it can look here. */
  readonly left: Int32Array
}

export type FromWorker =
  | { readonly piece: unknown }
  | { readonly product: unknown }
  | { readonly fault: { readonly code: number | undefined; readonly message: string } }

/** Whether the thread gives way to everything else. */
export interface WorkerData {
  readonly stepsAside: boolean
}
