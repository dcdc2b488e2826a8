import type { Instrument } from './band.ts'

export const parts = ['voice', 'lead', 'keys', 'guitar', 'bass', 'pad', 'drums'] as const
export type Part = (typeof parts)[number]

/** Times and lengths are in beats (quarter notes) from the start of the song. */
export interface Note {
  readonly part: Part
  readonly key: number
  readonly at: number
  readonly beats: number
  /** 1–127. */
  readonly velocity: number
}

export interface Score {
  readonly tempoBpm: number
  readonly beats: number
  readonly players: Readonly<Partial<Record<Part, Instrument>>>
  readonly notes: readonly Note[]
}

export const BAR_BEATS = 4
