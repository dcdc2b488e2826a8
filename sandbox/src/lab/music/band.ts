/** The players of the SoundFont in `sandbox/assets/soundfont`; `scripts/trim-soundfont.mjs` keeps what stands here. */
export interface Instrument {
  /** General MIDI program, or the kit of a drummer. */
  readonly program: number
  /** The keys that sound good on it. */
  readonly low: number
  readonly high: number
  /** At most 0; evens out that samples are recorded at different levels. */
  readonly gainDb: number
}

export const band = {
  piano: { program: 0, low: 36, high: 88, gainDb: -0.5 },
  electricPiano: { program: 4, low: 40, high: 84, gainDb: -6 },
  musicBox: { program: 10, low: 64, high: 96, gainDb: -3 },
  vibraphone: { program: 11, low: 55, high: 86, gainDb: -2.5 },
  organ: { program: 16, low: 40, high: 84, gainDb: -8 },
  nylonGuitar: { program: 24, low: 40, high: 80, gainDb: -1.5 },
  steelGuitar: { program: 25, low: 40, high: 80, gainDb: 0 },
  cleanGuitar: { program: 27, low: 40, high: 80, gainDb: -3 },
  overdrivenGuitar: { program: 29, low: 40, high: 74, gainDb: -1.5 },
  acousticBass: { program: 32, low: 28, high: 50, gainDb: -7 },
  fingerBass: { program: 33, low: 28, high: 50, gainDb: -10 },
  synthBass: { program: 38, low: 28, high: 50, gainDb: -5.5 },
  strings: { program: 48, low: 48, high: 86, gainDb: -4.5 },
  choir: { program: 52, low: 48, high: 82, gainDb: -5 },
  trumpet: { program: 56, low: 55, high: 82, gainDb: -4.5 },
  saxophone: { program: 65, low: 52, high: 80, gainDb: -4.5 },
  flute: { program: 73, low: 60, high: 91, gainDb: -6 },
  sawLead: { program: 81, low: 48, high: 88, gainDb: -8 },
  warmPad: { program: 89, low: 43, high: 86, gainDb: -10.5 },
  koto: { program: 107, low: 48, high: 86, gainDb: -0.5 },
  drumKit: { program: 0, low: 36, high: 70, gainDb: -6 },
  drumMachine: { program: 25, low: 36, high: 56, gainDb: -18 },
} as const satisfies Record<string, Instrument>

export type InstrumentName = keyof typeof band
