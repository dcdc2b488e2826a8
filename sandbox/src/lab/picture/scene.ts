import { castLayers } from './cast.ts'
import { cityLayers } from './city.ts'
import type { Dice } from './dice.ts'
import { duneLayers, hillLayers, moonscape, mountainLayers } from './land.ts'
import { skyLayers } from './sky.ts'
import { type Layer, lightOf, type Stage } from './stage.ts'
import type { Place } from './vocabulary.ts'
import { beachLayers, waterLayers } from './water.ts'
import { fireworksLayer, weatherLayers } from './weather.ts'
import { readWish } from './wish.ts'
import { groveLayer, sunbeams, undergrowth } from './woods.ts'

export interface SceneSize {
  readonly width: number
  readonly height: number
  /** How far a camera may travel beyond each side. */
  readonly margin: number
  /** A guest takes the place of the figures. */
  readonly hasGuest: boolean
}

/** The sheets of a picture from the sky to the nearest, drawn one over the other. */
export function composeScene(prompt: string, chance: Dice, size: SceneSize): Layer[] {
  const stage = stageOf(prompt, chance, size)
  const back = stage.wish.weather.has('fireworks') ? [fireworksLayer(stage)] : []
  return [...skyLayers(stage), ...back, ...places[stage.wish.place](stage), ...weatherLayers(stage)]
}

function stageOf(prompt: string, chance: Dice, { width, height, margin, hasGuest }: SceneSize): Stage {
  const read = readWish(prompt, chance.fork('wish'))
  const wish = hasGuest ? { ...read, cast: [] } : read
  const frame = chance.fork('frame')
  const side = frame.next() < 0.5
  return {
    width,
    height,
    left: -margin,
    right: width + margin,
    unit: Math.sqrt(width * height) / 100,
    horizonY: height * frame.between(0.47, 0.58),
    footY: height * 0.715,
    sunX: width * (side ? frame.between(0.12, 0.4) : frame.between(0.6, 0.88)),
    light: lightOf(wish, chance.fork('light')),
    wish,
    chance,
  }
}

const GREEN = ['#8fae62', '#5f8f42'] as const
const WHITE = ['#dfe9f4', '#f6fafd'] as const
const GOLD = ['#c9a24e', '#9a7a34'] as const

const places: Readonly<Record<Place, (stage: Stage) => Layer[]>> = {
  sea: (stage) => [
    ...(stage.chance.fork('coast').next() < 0.5 ? mountainLayers(stage, { far: true }) : []),
    ...waterLayers(stage),
    ...castLayers(stage),
  ],
  beach: (stage) => [
    ...mountainLayers(stage, { far: true }),
    ...waterLayers(stage),
    ...beachLayers(stage),
    ...castLayers(stage),
  ],
  lake: (stage) => [
    ...mountainLayers(stage),
    grove(stage, { name: 'shore', at: 0, tall: [4, 8], distance: 0.3 }),
    ...waterLayers(stage),
    ...hillLayers(stage, grass(stage)).slice(-1),
    ...castLayers(stage),
    ...meadow(stage),
  ],
  mountain: (stage) => {
    const [far, middle, near] = hillLayers(stage, grass(stage))
    return [
      ...mountainLayers(stage),
      ...[far ?? []].flat(),
      grove(stage, { name: 'slope', at: 0.16, tall: [6, 11], distance: 0.22 }),
      ...[middle ?? []].flat(),
      ...[near ?? []].flat(),
      ...castLayers(stage),
      ...meadow(stage),
    ]
  },
  city: (stage) => [...cityLayers(stage), ...castLayers(stage)],
  forest: (stage) => {
    const [far, middle, near] = hillLayers(stage, grass(stage))
    return [
      ...mountainLayers(stage, { far: true }),
      ...[far ?? []].flat(),
      grove(stage, { name: 'far', at: 0.1, tall: [18, 26], distance: 0.5 }),
      ...(stage.light.dark ? [] : [sunbeams(stage)]),
      ...[middle ?? []].flat(),
      grove(stage, { name: 'middle', at: 0.5, tall: [26, 38], distance: 0.22 }),
      ...[near ?? []].flat(),
      ...castLayers(stage),
      ...meadow(stage),
    ]
  },
  desert: (stage) => [...mountainLayers(stage, { far: true }), ...duneLayers(stage), ...castLayers(stage)],
  field: (stage) => {
    const [far, middle, near] = hillLayers(stage, grass(stage))
    return [
      ...mountainLayers(stage, { far: true }),
      ...[far ?? []].flat(),
      grove(stage, { name: 'hedge', at: 0.14, tall: [5, 10], distance: 0.3 }),
      ...[middle ?? []].flat(),
      ...[near ?? []].flat(),
      ...castLayers(stage),
      ...meadow(stage),
    ]
  },
  winter: (stage) => {
    const [far, middle, near] = hillLayers(stage, WHITE)
    return [
      ...mountainLayers(stage),
      ...[far ?? []].flat(),
      grove(stage, { name: 'firs', at: 0.2, tall: [9, 17], distance: 0.24 }),
      ...[middle ?? []].flat(),
      ...[near ?? []].flat(),
      ...castLayers(stage),
    ]
  },
  space: (stage) => [...moonscape(stage), ...castLayers(stage)],
}

function grass({ wish, chance }: Stage): readonly [string, string] {
  const tint = wish.tints.ground
  if (tint !== undefined && wish.place === 'field') return [tint, tint]
  if (wish.weather.has('snow')) return WHITE
  if (wish.weather.has('autumn')) return GOLD
  return chance.fork('grass').next() < 0.8 ? GREEN : GOLD
}

/** Nothing grows through snow. */
function meadow(stage: Stage): Layer[] {
  const { weather, place } = stage.wish
  return weather.has('snow') ? [] : [undergrowth(stage, { flowers: place !== 'forest' })]
}

interface Row {
  readonly name: string
  /** From the horizon (0) to the feet of the figures (1). */
  readonly at: number
  readonly tall: readonly [number, number]
  readonly distance: number
}

function grove(stage: Stage, { name, at, tall, distance }: Row): Layer {
  const { horizonY, footY, wish, left, right, unit } = stage
  return groveLayer(stage, {
    name,
    many: Math.round((right - left) / (unit * tall[1] * 0.42)),
    baseY: horizonY + (footY - horizonY) * at + unit,
    tall,
    distance,
    depth: 0.36 + at * 0.34,
    kind: wish.place === 'winter' || wish.place === 'mountain' ? 'pine' : 'mixed',
  })
}
