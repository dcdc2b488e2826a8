import { clear, darker, lighter, mix } from './colour.ts'
import type { Dice } from './dice.ts'
import { box, type Pen, polygon } from './pen.ts'
import { type Layer, lit, type Stage } from './stage.ts'

interface Building {
  readonly x: number
  readonly wide: number
  readonly tall: number
  readonly roof: 'flat' | 'mast' | 'steps' | 'slant' | 'spire'
  readonly colour: string
  /** A number of its own from which the lit windows follow. */
  readonly windows: Dice
}

/** A hazy skyline, a near one with windows, and the street before it. */
export function cityLayers(stage: Stage): Layer[] {
  const { unit, horizonY, light, wish } = stage
  const chance = stage.chance.fork('city')
  const hue = wish.tints.ground ?? chance.pick(['#4a5a7a', '#6a5670', '#46646e', '#7a6257'])
  const far = row(stage, chance.fork('far'), { hue, tallest: 44 })
  const near = row(stage, chance.fork('near'), { hue, tallest: 32 })
  return [
    {
      depth: 0.2,
      moving: false,
      paint(pen) {
        for (const building of far) {
          const tower = { building, baseY: horizonY + unit * 2, distance: 0.58 }
          paintBuilding(pen, stage, tower)
          if (light.dark) paintWindows(pen, stage, tower)
        }
      },
    },
    {
      depth: 0.34,
      moving: false,
      paint(pen) {
        for (const building of near) {
          const tower = { building, baseY: horizonY + unit * 4, distance: 0.12 }
          paintBuilding(pen, stage, tower)
          paintWindows(pen, stage, tower)
        }
        paintQuay(pen, stage)
      },
    },
    ...(light.dark || wish.weather.has('rain') ? [reflections(stage, near)] : []),
  ]
}

function row(
  { left, right, unit, horizonY }: Stage,
  chance: Dice,
  { hue, tallest }: { hue: string; tallest: number },
): Building[] {
  const buildings: Building[] = []
  const most = Math.min(unit * tallest, horizonY * 0.78)
  for (let x = left; x < right; ) {
    const wide = unit * chance.between(5, 11)
    const tall = most * (0.28 + 0.72 * chance.next() ** 1.6)
    buildings.push({
      x,
      wide,
      tall,
      roof: tall > most * 0.55 ? chance.pick(['mast', 'steps', 'slant', 'spire', 'flat']) : 'flat',
      colour: mix(hue, chance.pick(['#8a94a8', '#2f3a58', '#a07a6a', hue]), chance.between(0, 0.5)),
      windows: chance.fork(`windows ${buildings.length}`),
    })
    x += wide + unit * (chance.next() < 0.3 ? chance.between(0.4, 2) : -0.4)
  }
  return buildings
}

interface Tower {
  readonly building: Building
  readonly baseY: number
  readonly distance: number
}

function paintBuilding(pen: Pen, stage: Stage, { building, baseY, distance }: Tower): void {
  const { x, wide, tall, colour, roof } = building
  const top = baseY - tall
  const face = lit(stage.light, colour, distance)
  const side = lit(stage.light, darker(colour, 0.35), distance)
  const sideWide = wide * 0.26
  box(pen, face, [x, top, wide, tall])
  box(pen, side, [stage.sunX < x ? x + wide - sideWide : x, top, sideWide, tall])
  paintRoof(pen, stage, { roof, face, side, top, x, wide })
}

interface Roof {
  readonly roof: Building['roof']
  readonly face: string
  readonly side: string
  readonly top: number
  readonly x: number
  readonly wide: number
}

function paintRoof(pen: Pen, { unit }: Stage, { roof, face, side, top, x, wide }: Roof): void {
  const middle = x + wide / 2
  if (roof === 'mast') {
    box(pen, side, [middle - wide * 0.2, top - unit * 1.5, wide * 0.4, unit * 1.6])
    box(pen, side, [middle - unit * 0.14, top - unit * 8, unit * 0.28, unit * 7])
  }
  if (roof === 'steps') {
    box(pen, face, [x + wide * 0.14, top - unit * 2.4, wide * 0.72, unit * 2.5])
    box(pen, side, [x + wide * 0.3, top - unit * 4.6, wide * 0.4, unit * 2.3])
  }
  if (roof === 'slant') {
    polygon(pen, face, [
      [x, top + 1],
      [x + wide, top + 1],
      [x + wide, top - unit * 5],
    ])
  }
  if (roof === 'spire') {
    polygon(pen, side, [
      [x + wide * 0.1, top + 1],
      [middle, top - unit * 10],
      [x + wide * 0.9, top + 1],
    ])
  }
}

function paintWindows(pen: Pen, { unit, light, wish }: Stage, { building, baseY, distance }: Tower): void {
  const { x, wide, tall, windows } = building
  const chance = windows.fork('lit')
  const share = wish.hour === 'night' ? 0.55 : wish.hour === 'day' ? 0.12 : 0.4
  const dim = clear(mix(light.sky[1], '#ffffff', 0.3), 0.28)
  const wideEach = unit * 0.85
  const strength = 1 - distance * 0.9
  for (let y = baseY - tall + unit * 1.4; y < baseY - unit * 2; y += unit * 2) {
    for (let at = x + unit * 0.8; at + wideEach < x + wide - unit * 0.4; at += unit * 1.6) {
      const shining = chance.next() < share
      box(pen, shining ? clear(chance.pick(['#ffdf8e', '#ffc76a', '#fff0c2']), strength) : dim, [
        at,
        y,
        wideEach,
        unit * 1.1,
      ])
    }
  }
}

function paintQuay(pen: Pen, { left, right, unit, horizonY, footY, height, light, wish }: Stage): void {
  const street = pen.createLinearGradient(0, horizonY + unit * 3, 0, height)
  const wet = light.dark || wish.weather.has('rain')
  const stone = wet ? mix('#2a3350', light.sky[1], 0.3) : '#8d8f98'
  street.addColorStop(0, lit(light, lighter(stone, 0.12), 0.14))
  street.addColorStop(1, lit(light, darker(stone, 0.5), 0))
  pen.fillStyle = street
  pen.fillRect(left, horizonY + unit * 3.8, right - left, height)
  const kerb = clear(lighter(stone, 0.5), 0.5)
  box(pen, kerb, [left, horizonY + unit * 4, right - left, unit * 0.5])
  if (wet) return
  for (let x = left; x < right; x += unit * 14) {
    box(pen, clear('#f4f0dc', 0.6), [x, footY + unit * 5, unit * 7, unit * 0.7])
  }
}

/** Wet ground shows the lights of the town, trembling. */
function reflections(stage: Stage, buildings: readonly Building[]): Layer {
  const { unit, horizonY, height } = stage
  const chance = stage.chance.fork('reflections')
  const streaks = buildings.flatMap(({ x, wide }) =>
    Array.from({ length: 3 }, () => ({
      x: x + chance.next() * wide,
      long: chance.between(0.25, 0.85) * (height - horizonY),
      hue: chance.pick(['#ffd27a', '#ff9a6a', '#8ad0ff', '#ff7ab0', '#ffe9b0']),
      phase: chance.between(0, 6),
    })),
  )
  return {
    depth: 0.36,
    moving: true,
    paint(pen, timeMs) {
      for (const { x, long, hue, phase } of streaks) {
        const sway = Math.sin(timeMs / 500 + phase) * unit * 0.3
        const from = horizonY + unit * 4.6
        const fade = pen.createLinearGradient(0, from, 0, from + long)
        fade.addColorStop(0, clear(hue, 0.4))
        fade.addColorStop(1, clear(hue, 0))
        pen.fillStyle = fade
        pen.fillRect(x + sway, from, unit * 0.9, long)
      }
    },
  }
}
