import { clear, darker, lighter } from './colour.ts'
import type { Dice } from './dice.ts'
import { figures, inkOf } from './figure.ts'
import { oval, type Pen, shape, within } from './pen.ts'
import { type Layer, lit, type Stage } from './stage.ts'
import type { Figure } from './vocabulary.ts'

interface Actor {
  readonly figure: Figure
  readonly colour: string | undefined
  readonly home: 'ground' | 'water' | 'air'
  readonly x: number
  readonly y: number
  readonly tall: number
  /** Out of step with its likes. */
  readonly offsetMs: number
  readonly mirrored: boolean
}

type Bare = Pick<Actor, 'figure' | 'colour' | 'home'> & { readonly size: number }

const MAX_ACTORS = 9

/** The figures of a picture, each where it belongs: in the air, on the water, on the ground. */
export function castLayers(stage: Stage): Layer[] {
  const bare = stage.wish.cast
    .flatMap(({ figure, colour, count }) =>
      Array.from({ length: count }, (): Bare => ({ ...figures[figure], figure, colour })),
    )
    .slice(0, MAX_ACTORS)
  const chance = stage.chance.fork('cast')
  const layers: Layer[] = []
  for (const [home, depth] of [
    ['air', 0.5],
    ['water', 0.6],
    ['ground', 0.8],
  ] as const) {
    const row = bare.filter((actor) => actor.home === home)
    if (row.length === 0) continue
    const actors = placeRow(stage, row, chance.fork(home))
    layers.push({ depth, moving: true, paint: (pen, timeMs) => paintRow(pen, stage, { actors, timeMs }) })
  }
  return layers
}

function placeRow(stage: Stage, row: readonly Bare[], chance: Dice): Actor[] {
  const { width, height, sunX } = stage
  const slot = width / row.length
  const base = Math.min(height * 0.4, width * 0.5)
  // One alone stands off the middle, away from the sun.
  const alone =
    width < height
      ? chance.between(0.42, 0.58)
      : sunX < width / 2
        ? chance.between(0.54, 0.74)
        : chance.between(0.26, 0.46)
  return row
    .map((actor, index): Actor => {
      const share = row.length === 1 ? alone : (index + 0.5 + chance.between(-0.14, 0.14)) / row.length
      const most = row.length === 1 ? Number.POSITIVE_INFINITY : slot * 1.15
      const tall = Math.min(base * actor.size * chance.between(0.82, 1.1), most)
      return {
        ...actor,
        x: Math.max(tall * 0.46, Math.min(width - tall * 0.46, share * width)),
        y: baselineOf(stage, actor.home, { tall, chance, many: row.length }),
        tall,
        offsetMs: chance.between(0, 4_000) * (row.length === 1 ? 0 : 1),
        mirrored: actor.home !== 'ground' && chance.next() < 0.4,
      }
    })
    .sort((a, b) => a.y - b.y)
}

function baselineOf(
  { wish, horizonY, footY, unit }: Stage,
  home: Actor['home'],
  { tall, chance, many }: { tall: number; chance: Dice; many: number },
): number {
  const spread = many > 1 ? 1 : 0.35
  if (home === 'air')
    return Math.max(
      tall * 1.02 + unit * 2,
      horizonY * chance.between(0.68 - 0.3 * spread, 0.62 + 0.3 * spread) + tall * 0.12,
    )
  const afloat = wish.place === 'lake' || wish.place === 'beach' ? 0.55 : 0.8
  if (home === 'water') return horizonY + (footY - horizonY) * chance.between(afloat - 0.15 * spread, afloat)
  return footY + chance.between(-1, 2.4 * spread) * unit
}

/** They give light and take none. */
const SHINING: ReadonlySet<Figure> = new Set(['star', 'heart', 'lantern'])

interface Row {
  readonly actors: readonly Actor[]
  readonly timeMs: number
}

function paintRow(pen: Pen, stage: Stage, { actors, timeMs }: Row): void {
  for (const actor of actors) {
    const { figure, colour, x, y, tall, offsetMs, mirrored } = actor
    const { light } = stage
    const main =
      colour === undefined || SHINING.has(figure)
        ? colour
        : lit({ ...light, gloom: light.gloom * 0.7 }, colour, 0)
    // Figures catch more light than the land, so that they stand out at night.
    const ink = inkOf({ ...light, gloom: light.gloom * 0.62 }, main, 0)
    standOn(pen, stage, actor)
    within(pen, [x, y, tall / 100], () => {
      if (mirrored) pen.scale(-1, 1)
      figures[figure].draw(pen, { ...ink, dark: light.gloom > 0.3 }, timeMs + offsetMs)
    })
  }
}

const WET = new Set(['sea', 'lake', 'beach'])

/** A shadow, or what it takes to stand where nothing is to stand on. */
function standOn(pen: Pen, { wish, light, unit }: Stage, { home, x, y, tall }: Actor): void {
  if (home === 'air') return
  const wet = WET.has(wish.place)
  if (home === 'water' && !wet) {
    oval(pen, lit(light, '#3d87b8', 0), [x, y, tall * 0.66, tall * 0.1])
    oval(pen, lit(light, '#7fc0de', 0), [x, y - tall * 0.015, tall * 0.6, tall * 0.07])
    return
  }
  if (home === 'water') return
  if (wish.place === 'sea') paintIslet(pen, { x, y, half: tall * 0.72 }, lit(light, '#c9ad74', 0))
  else oval(pen, clear(darker(light.shade, 0.5), 0.32), [x + unit * 0.6, y, tall * 0.36, tall * 0.045])
}

function paintIslet(pen: Pen, { x, y, half }: { x: number; y: number; half: number }, sand: string): void {
  oval(pen, '#ffffff70', [x, y + half * 0.11, half * 1.16, half * 0.12])
  shape(
    pen,
    sand,
    `M${x - half} ${y + half * 0.13}Q${x - half * 0.5} ${y - half * 0.09} ${x} ${y - half * 0.08}T${x + half} ${y + half * 0.13}Q${x} ${y + half * 0.26} ${x - half} ${y + half * 0.13}Z`,
  )
  oval(pen, lighter(sand, 0.25), [x - half * 0.1, y + half * 0.015, half * 0.6, half * 0.05])
}
