import { darker, lighter, mix } from './colour.ts'
import type { Dice } from './dice.ts'
import type { Pen } from './pen.ts'
import type { Hour } from './vocabulary.ts'
import type { Wish } from './wish.ts'

/** What every part of a picture needs to know about the whole. */
export interface Stage {
  readonly width: number
  readonly height: number
  /** Beyond the picture on both sides, so that a camera can travel. */
  readonly left: number
  readonly right: number
  /** One hundredth of the picture's middle side. */
  readonly unit: number
  readonly horizonY: number
  /** Where figures stand. */
  readonly footY: number
  readonly sunX: number
  readonly light: Light
  readonly wish: Wish
  readonly chance: Dice
}

/** One sheet of the picture; the nearer, the more it moves with the camera. */
export interface Layer {
  /** 0 is the sky, 1 the nearest. */
  readonly depth: number
  /** False if it looks the same at any time. */
  readonly moving: boolean
  paint(pen: Pen, timeMs: number): void
}

export interface Light {
  /** From the top down to the horizon. */
  readonly sky: readonly [string, string, string]
  readonly sun: string
  /** What everything far takes on. */
  readonly haze: string
  readonly shade: string
  /** How much of the shade everything near takes on. */
  readonly gloom: number
  readonly dark: boolean
}

const LIGHTS: Readonly<Record<Hour, Omit<Light, 'haze' | 'dark'>>> = {
  dawn: { sky: ['#5b73b8', '#c79bc4', '#ffd9b0'], sun: '#fff0cf', shade: '#5c4a78', gloom: 0.16 },
  day: { sky: ['#2f86d4', '#86c5ee', '#e6f4f4'], sun: '#fff6cf', shade: '#2f5a86', gloom: 0 },
  dusk: { sky: ['#2b2a66', '#b04a78', '#ffb066'], sun: '#ffe09a', shade: '#3a1f52', gloom: 0.34 },
  night: { sky: ['#060a24', '#13224f', '#34528a'], sun: '#fbf3d6', shade: '#0a1233', gloom: 0.52 },
}

/** No two skies of the same hour are quite alike. */
const MOODS: Readonly<Record<Hour, readonly [string, ...string[]]>> = {
  dawn: ['#8a6fc0', '#e08aa0', '#6f9fd0', '#e8a878'],
  day: ['#2f86d4', '#39a6c4', '#5a74d8', '#2a9c9a'],
  dusk: ['#b04a78', '#d8603f', '#6a45b0', '#c8474a'],
  night: ['#13224f', '#3a1c66', '#0f4256', '#1c2a7a'],
}

export function lightOf({ hour, weather, tints, place }: Wish, chance: Dice): Light {
  const mood = { colour: chance.pick(MOODS[hour]), share: chance.between(0.1, 0.45) }
  const base = LIGHTS[hour]
  const dull = weather.has('storm') ? 0.72 : weather.has('rain') ? 0.55 : weather.has('fog') ? 0.4 : 0
  const cover = hour === 'night' ? '#1c2436' : weather.has('storm') ? '#64707e' : '#8d9aa6'
  const tint = tints.sky
  const sky = base.sky.map((colour, index) => {
    const moody = mix(colour, mood.colour, mood.share * (1 - index * 0.42))
    const dulled = mix(moody, index === 0 ? darker(cover, 0.3) : cover, dull)
    return tint === undefined ? dulled : tinted(dulled, tint, { index, dark: hour === 'night' })
  }) as [string, string, string]
  if (place === 'space') sky.splice(1, 2, mix(sky[1], '#0a0d2b', 0.6), mix(sky[2], '#1a1442', 0.6))
  return { ...base, sky, sun: base.sun, haze: sky[2], dark: hour === 'night' }
}

function tinted(colour: string, tint: string, { index, dark }: { index: number; dark: boolean }): string {
  const tone = dark
    ? darker(tint, 0.7 - index * 0.22)
    : index === 0
      ? darker(tint, 0.12)
      : lighter(tint, index * 0.34)
  return mix(colour, tone, 0.72)
}

/** A colour as it looks at this hour, `distance` (0 near, 1 at the horizon) away. */
export function lit({ haze, shade, gloom }: Light, colour: string, distance: number): string {
  return mix(mix(colour, shade, gloom), haze, distance)
}
