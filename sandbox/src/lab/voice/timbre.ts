import type { FliteVoice } from './flite.ts'

/** How somebody sounds: a voice of the synthesizer, moved a little so that two people differ. */
export interface Timbre {
  readonly base: FliteVoice
  readonly semitones: number
  /** Above 1 is slower. */
  readonly stretch: number
}

/** To the same loudness. */
export const gainOf: Readonly<Record<FliteVoice, number>> = { slt: 0.75, rms: 1.3, awb: 1.15, kal16: 2 }
