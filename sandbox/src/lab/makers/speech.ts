import { MediaFault } from '../fault.ts'
import type { Maker } from '../orders.ts'

export interface SpeechOrder {
  readonly text: string
}

export interface SpeechPiece {
  readonly audio: Uint8Array
}

export interface SpeechProduct {
  readonly audio: Uint8Array
}

export const makeSpeech: Maker<'speech'> = async () => {
  throw new MediaFault(1000, 'speech is not there yet')
}
