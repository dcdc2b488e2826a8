import type { Pcm } from '../audio/pcm.ts'
import type { Dice } from '../picture/dice.ts'
import type { Wish } from '../picture/wish.ts'

const SAMPLE_RATE = 44_100
const MAJOR = [0, 2, 4, 7, 9] as const
const MINOR = [0, 3, 5, 7, 10] as const
/** Steps up from the root, one chord for each part of the film. */
const CHORDS = [
  [
    [0, 4, 7],
    [-3, 0, 4],
    [-7, -3, 0],
    [-5, -1, 2],
  ],
  [
    [0, 3, 7],
    [-4, 0, 3],
    [-9, -5, 0],
    [-2, 2, 5],
  ],
] as const

/** Soft chords and a few plucked notes in a key of the prompt's own, over wind, waves or rain where the scene has them. */
export function compose(wish: Wish, chance: Dice, durationMs: number): Pcm {
  const length = Math.round((SAMPLE_RATE * durationMs) / 1000)
  const channels = [new Float32Array(length), new Float32Array(length)] as const
  const isDark = wish.hour === 'night' || wish.weather.has('storm')
  const key = { rootHz: 196 * 2 ** (chance.whole(-5, 6) / 12), chords: CHORDS[isDark ? 1 : 0] }
  addPad(channels, key, chance.fork('pad'))
  addPlucks(channels, { rootHz: key.rootHz * 2, scale: isDark ? MINOR : MAJOR }, chance.fork('plucks'))
  addAir(channels, airOf(wish), chance.fork('air'))
  fade(channels)
  return { sampleRate: SAMPLE_RATE, channels }
}

type Stereo = readonly [Float32Array, Float32Array]

interface Key {
  readonly rootHz: number
  readonly chords: readonly (readonly number[])[]
}

function addPad(channels: Stereo, { rootHz, chords }: Key, chance: Dice): void {
  const part = channels[0].length / chords.length
  for (const [index, chord] of chords.entries()) {
    for (const step of [...chord, (chord[0] ?? 0) - 12]) {
      const hz = rootHz * 2 ** (step / 12)
      const tone = {
        from: part * (index - 0.12),
        to: part * (index + 1.12),
        swell: part * 0.24,
        level: 0.055,
      }
      channels.forEach((channel, side) => {
        addTone(channel, { ...tone, hz: hz * (1 + (side === 0 ? -1 : 1) * 0.0012), phase: chance.next() })
      })
    }
  }
}

interface Tone {
  readonly hz: number
  readonly from: number
  readonly to: number
  /** Samples to rise and to fall. */
  readonly swell: number
  readonly level: number
  readonly phase: number
}

function addTone(channel: Float32Array, { hz, from, to, swell, level, phase }: Tone): void {
  const turn = (Math.PI * 2 * hz) / SAMPLE_RATE
  const first = Math.max(0, Math.floor(from))
  const last = Math.min(channel.length, Math.floor(to))
  for (let at = first; at < last; at += 1) {
    const rise = Math.min(1, (at - from) / swell, (to - at) / swell)
    const angle = turn * at + phase * 6.28
    const wave = Math.sin(angle) + 0.28 * Math.sin(angle * 2) + 0.09 * Math.sin(angle * 3)
    channel[at] = (channel[at] as number) + level * rise * rise * wave
  }
}

interface Tune {
  readonly rootHz: number
  readonly scale: readonly [number, ...number[]]
}

function addPlucks(channels: Stereo, { rootHz, scale }: Tune, chance: Dice): void {
  const beat = SAMPLE_RATE * chance.pick([0.25, 0.3, 0.375])
  for (let at = beat; at < channels[0].length - beat; at += beat) {
    if (chance.next() < 0.4) continue
    const hz = rootHz * 2 ** ((chance.pick(scale) + (chance.next() < 0.25 ? 12 : 0)) / 12)
    const pan = chance.between(0.25, 0.75)
    channels.forEach((channel, side) => {
      addPluck(channel, { at: Math.round(at), hz, level: 0.12 * (side === 0 ? 1 - pan : pan) })
    })
  }
}

function addPluck(channel: Float32Array, { at, hz, level }: { at: number; hz: number; level: number }): void {
  const turn = (Math.PI * 2 * hz) / SAMPLE_RATE
  const length = Math.min(SAMPLE_RATE, channel.length - at)
  for (let index = 0; index < length; index += 1) {
    const decay = Math.exp((-5.2 * index) / SAMPLE_RATE) * Math.min(1, index / 180)
    const wave =
      Math.sin(turn * index) + 0.35 * Math.exp((-14 * index) / SAMPLE_RATE) * Math.sin(turn * index * 4)
    channel[at + index] = (channel[at + index] as number) + level * decay * wave
  }
}

interface Air {
  readonly level: number
  /** How much of the old sample stays: near 1 is a dull roar, near 0 a hiss. */
  readonly softness: number
  readonly swellSeconds: number
}

function airOf({ place, weather }: Wish): Air | undefined {
  if (weather.has('rain') || weather.has('storm')) return { level: 0.05, softness: 0.35, swellSeconds: 9 }
  if (place === 'sea' || place === 'beach') return { level: 0.3, softness: 0.93, swellSeconds: 3.1 }
  if (place === 'winter' || place === 'desert' || place === 'mountain')
    return { level: 0.22, softness: 0.97, swellSeconds: 4.3 }
  return undefined
}

function addAir(channels: Stereo, air: Air | undefined, chance: Dice): void {
  if (air === undefined) return
  for (const [side, channel] of channels.entries()) {
    let held = 0
    for (let at = 0; at < channel.length; at += 1) {
      held = held * air.softness + (chance.next() * 2 - 1) * (1 - air.softness)
      const swell = 0.62 + 0.38 * Math.sin((at / SAMPLE_RATE / air.swellSeconds) * Math.PI * 2 + side * 0.4)
      channel[at] = (channel[at] as number) + held * air.level * swell
    }
  }
}

/** In and out without a click, and never beyond full scale. */
function fade(channels: Stereo): void {
  const rim = SAMPLE_RATE * 0.35
  for (const channel of channels) {
    for (let at = 0; at < channel.length; at += 1) {
      const edge = Math.min(1, at / rim, (channel.length - at) / rim)
      channel[at] = Math.tanh((channel[at] as number) * edge)
    }
  }
}
