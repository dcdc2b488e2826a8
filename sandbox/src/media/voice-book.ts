import { nowSeconds } from '../clock.ts'
import { digest } from '../ids.ts'
import type { FliteVoice } from '../lab/voice/flite.ts'
import type { Timbre } from '../lab/voice/timbre.ts'
import { defaultVoiceId, type Sex, systemVoices } from './system-voices.ts'

export const madeKinds = ['voice_cloning', 'voice_generation'] as const
export type MadeKind = (typeof madeKinds)[number]

export interface MadeVoice {
  readonly id: string
  readonly kind: MadeKind
  readonly description: string
  /** The day, as `2026-03-18`. */
  readonly createdOn: string
  readonly timbre: Timbre
}

/** Every voice there is: the built-in ones, and what clients cloned and designed, which ends with the process. */
export interface VoiceBook {
  timbre(id: string): Timbre | undefined
  made(kind: MadeKind): MadeVoice[]
  add(voice: Omit<MadeVoice, 'createdOn'>): void
  /** Undefined where there is none of that kind. */
  remove(kind: MadeKind, id: string): MadeVoice | undefined
}

export function openVoiceBook(): VoiceBook {
  const builtIn = new Map(systemVoices.map(({ id, sex }) => [id, sex]))
  const made = new Map<string, MadeVoice>()
  return {
    timbre(id) {
      const sex = builtIn.get(id)
      return sex === undefined ? made.get(id)?.timbre : systemTimbre(id, sex)
    },
    made: (kind) => [...made.values()].filter((voice) => voice.kind === kind),
    add(voice) {
      const createdOn = new Date(nowSeconds() * 1000).toISOString().slice(0, 10)
      made.set(voice.id, { ...voice, createdOn })
    },
    remove(kind, id) {
      const voice = made.get(id)
      if (voice?.kind !== kind) return undefined
      made.delete(id)
      return voice
    },
  }
}

/** A designed voice sounds as its description says, as far as words for women and children go. */
export function timbreOf(id: string, description: string): Timbre {
  const female = FEMALE.test(description)
  const sex = female || MALE.test(description) ? (female ? 'female' : 'male') : undefined
  const timbre = systemTimbre(id, sex ?? (numberOf(id, 0) < 0.5 ? 'female' : 'male'))
  const lift = (YOUNG.test(description) ? 1.5 : 0) - (DEEP.test(description) ? 1.5 : 0)
  return { ...timbre, semitones: timbre.semitones + lift }
}

const FEMALE = /\b(wom[ae]n|female|girls?|lady|ladies|she|her|mother|queen|actress|grandma)\b|女|妈|娘/i
const MALE = /\b(m[ae]n|male|boys?|gentlem[ae]n|he|his|him|father|king|actor|grandpa|guy)\b|男|爸|叔/i
const YOUNG = /\b(child|kid|boy|girl|young|bright|high)\b|童|孩|年轻/i
const DEEP = /\b(deep|old|low|bass|elderly|husky)\b|低沉|老/i

const MEN: readonly FliteVoice[] = ['rms', 'awb', 'kal16']

/** The same for the same id. Within these bounds a listener, also a machine, still understands the voice. */
function systemTimbre(id: string, sex: Sex): Timbre {
  if (id === defaultVoiceId) return { base: 'rms', semitones: 0, stretch: 1 }
  const stretch = 0.94 + 0.12 * numberOf(id, 1)
  if (sex === 'female') return { base: 'slt', semitones: -2.5 + 3 * numberOf(id, 2), stretch }
  const base = MEN[Math.floor(MEN.length * numberOf(id, 3))] ?? 'rms'
  return { base, semitones: -0.5 + 2.5 * numberOf(id, 2), stretch }
}

/** From 0 to 1. */
function numberOf(id: string, row: number): number {
  return Number.parseInt(digest(id, String(row)).slice(0, 8), 16) / 2 ** 32
}
