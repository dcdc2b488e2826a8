import { clear, darker, lighter, mix } from './colour.ts'
import { type Contour, crag, swell } from './contour.ts'
import type { Dice } from './dice.ts'
import { glow, oval, type Pen, polygon } from './pen.ts'
import { type Layer, lit, type Stage } from './stage.ts'

export interface Ground {
  readonly topY: number
  readonly rise: number
  readonly contour: Contour
  readonly colour: string
  readonly foot: string
}

/** A sheet of land from its contour down to the lower edge. */
export function paintGround(pen: Pen, { left, right, height, unit }: Stage, ground: Ground): void {
  const { topY, rise, contour, colour, foot } = ground
  const fade = pen.createLinearGradient(0, topY - rise, 0, Math.min(height, topY + unit * 42))
  fade.addColorStop(0, colour)
  fade.addColorStop(1, foot)
  pen.fillStyle = fade
  pen.beginPath()
  pen.moveTo(left, height)
  for (let x = left; x <= right + unit; x += unit * 0.5) pen.lineTo(x, topY - contour(x) * rise)
  pen.lineTo(right, height)
  pen.fill()
}

/** Blue ridges in the distance, then a range with lit and shaded sides. */
export function mountainLayers(stage: Stage, { far = false } = {}): Layer[] {
  const { unit, horizonY, light, wish } = stage
  const chance = stage.chance.fork('mountains')
  const rock = wish.tints.ground ?? chance.pick(['#54637a', '#5f6b7d', '#6d6275', '#4f6a72'])
  const ridge = crag(chance, unit * 70)
  const back: Layer = {
    depth: 0.16,
    moving: false,
    paint: (pen) =>
      paintGround(pen, stage, {
        topY: horizonY - unit * (far ? 2 : 9),
        rise: unit * (far ? 8 : 12),
        contour: ridge,
        colour: lit(light, rock, 0.62),
        foot: light.haze,
      }),
  }
  if (far) return [back]
  const peaks = peaksOf(stage, chance)
  return [back, { depth: 0.24, moving: false, paint: (pen) => paintPeaks(pen, stage, { peaks, rock }) }]
}

interface Peak {
  readonly x: number
  readonly tall: number
  readonly wide: number
  readonly rough: readonly number[]
}

const STEPS = 9

function peaksOf({ width, unit, horizonY }: Stage, chance: Dice): Peak[] {
  const many = Math.max(3, Math.round(width / (unit * 34)))
  const peaks = Array.from({ length: many + 2 }, (_, index) => {
    const tall = Math.min(horizonY * 0.72, unit * chance.between(20, 44))
    return {
      x: ((index - 0.5 + chance.between(-0.3, 0.3)) / many) * width,
      tall,
      wide: tall * chance.between(0.85, 1.25),
      rough: Array.from({ length: STEPS * 3 }, () => chance.between(-1, 1)),
    }
  })
  return peaks.sort((a, b) => b.tall - a.tall)
}

function paintPeaks(pen: Pen, stage: Stage, { peaks, rock }: { peaks: readonly Peak[]; rock: string }): void {
  const baseY = stage.horizonY + stage.unit * 3
  for (const [index, peak] of peaks.entries()) {
    paintPeak(pen, stage, { peak, baseY, rock, distance: 0.38 - (index / peaks.length) * 0.26 })
  }
}

interface Massif {
  readonly peak: Peak
  readonly baseY: number
  readonly rock: string
  readonly distance: number
}

function paintPeak(pen: Pen, stage: Stage, { peak, baseY, rock, distance }: Massif): void {
  const { light, sunX } = stage
  const flank = (side: number, offset: number) =>
    Array.from({ length: STEPS + 1 }, (_, step): [number, number] => {
      const down = step / STEPS
      const jitter = (peak.rough[offset + step] ?? 0) * peak.wide * 0.045 * Math.min(1, step)
      return [peak.x + side * peak.wide * down ** 1.08 + jitter, baseY - peak.tall * (1 - down)]
    })
  const spine = Array.from({ length: STEPS + 1 }, (_, step): [number, number] => {
    const swing = (peak.rough[STEPS * 2 + step] ?? 0) * peak.wide * 0.11 * Math.min(1, step / 2)
    return [peak.x + swing + step * peak.wide * 0.018, baseY - peak.tall * (1 - step / STEPS)]
  })
  const leftFlank = flank(-1, 0)
  const rightFlank = flank(1, STEPS)
  const sunny = lit(light, lighter(rock, 0.18), distance)
  const shady = lit(light, darker(rock, 0.28), distance)
  const sunOnLeft = sunX < peak.x
  polygon(pen, sunOnLeft ? sunny : shady, [...leftFlank, ...spine.toReversed()])
  polygon(pen, sunOnLeft ? shady : sunny, [...rightFlank, ...spine.toReversed()])
  const snow = stage.wish.weather.has('snow') || stage.wish.place === 'winter' ? 0.62 : 0.34
  const bright = { ...light, gloom: light.gloom * 0.55 }
  const white = lit(bright, '#fdfdff', distance * 0.3)
  const blue = lit(bright, '#b9c9e4', distance * 0.45)
  const cap = (side: readonly [number, number][]) => snowCap(side, spine, { snow, rough: peak.rough })
  polygon(pen, sunOnLeft ? white : blue, cap(leftFlank))
  polygon(pen, sunOnLeft ? blue : white, cap(rightFlank))
  mistAt(pen, stage, baseY)
}

/** The part of one side above the snow line, with tongues of snow running down. */
function snowCap(
  flank: readonly [number, number][],
  spine: readonly [number, number][],
  { snow, rough }: { snow: number; rough: readonly number[] },
): [number, number][] {
  const last = Math.max(2, Math.round(STEPS * snow))
  const outer = flank.slice(0, last + 1)
  const inner = spine.slice(0, last + 1)
  const from = outer.at(-1) ?? [0, 0]
  const to = inner.at(-1) ?? [0, 0]
  const drop = (outer[1]?.[1] ?? 0) - (outer[0]?.[1] ?? 0)
  const tongues = Array.from({ length: 5 }, (_, index): [number, number] => {
    const along = (index + 0.5) / 5
    const down = drop * (index % 2 === 0 ? 0.55 : -0.75) * (0.7 + 0.5 * Math.abs(rough[index] ?? 0))
    return [from[0] + (to[0] - from[0]) * along, from[1] + (to[1] - from[1]) * along + down]
  })
  return [...outer, ...tongues, ...inner.toReversed()]
}

function mistAt(pen: Pen, { left, right, unit, light }: Stage, y: number): void {
  const mist = pen.createLinearGradient(0, y - unit * 9, 0, y)
  mist.addColorStop(0, clear(light.haze, 0))
  mist.addColorStop(1, clear(light.haze, 0.16))
  pen.fillStyle = mist
  pen.fillRect(left, y - unit * 9, right - left, unit * 9)
}

/** Hills one before the other down to the viewer; the last is what figures stand on. */
export function hillLayers(stage: Stage, colours: readonly [far: string, near: string]): Layer[] {
  const { unit, horizonY, footY, light } = stage
  const chance = stage.chance.fork('hills')
  const tops = [horizonY, horizonY + (footY - horizonY) * 0.36, footY - unit * 5]
  return tops.map((topY, index) => {
    const near = index / (tops.length - 1)
    const colour = mix(colours[0], colours[1], near)
    const ground: Ground = {
      topY,
      rise: unit * (index === 2 ? 2.4 : 4.2),
      contour: swell(chance, unit * (74 + index * 26)),
      colour: lit(light, lighter(colour, 0.14), 0.34 * (1 - near)),
      foot: lit(light, darker(colour, 0.24), 0.2 * (1 - near)),
    }
    return { depth: 0.36 + near * 0.34, moving: false, paint: (pen) => paintGround(pen, stage, ground) }
  })
}

/** Dunes: a crest line each, bright to the wind and dark behind. */
export function duneLayers(stage: Stage): Layer[] {
  const { unit, horizonY, footY, light, wish } = stage
  const chance = stage.chance.fork('dunes')
  const sand = wish.tints.ground ?? '#dca25e'
  return [0, 0.34, 0.66, 1].map((near, index) => {
    const contour = swell(chance, unit * (80 + index * 34))
    const topY = horizonY + (footY - unit * 3 - horizonY) * near
    const rise = unit * (4 + index * 1.2)
    const colour = lit(light, mix(lighter(sand, 0.2), sand, near), 0.42 * (1 - near))
    const shade = lit(light, mix(darker(sand, 0.34), '#7c4a4a', 0.3), 0.42 * (1 - near))
    return {
      depth: 0.34 + near * 0.36,
      moving: false,
      paint(pen) {
        paintGround(pen, stage, { topY, rise, contour, colour, foot: mix(colour, shade, 0.35) })
        paintLee(pen, stage, { topY, rise, contour, colour: shade, foot: colour })
      },
    }
  })
}

/** Where a dune falls away from the light its flank lies in the shade, from the crest down to the next hollow. */
function paintLee(pen: Pen, stage: Stage, dune: Ground): void {
  const { topY, rise, contour, colour } = dune
  const { unit, width } = stage
  const fade = pen.createLinearGradient(0, topY - rise, 0, topY + unit * 13)
  fade.addColorStop(0, clear(colour, 0.85))
  fade.addColorStop(1, clear(colour, 0))
  pen.fillStyle = fade
  for (const { from, to } of leesOf(stage, contour, stage.sunX < width / 2 ? 1 : -1)) {
    const fall = Math.abs(contour(from) - contour(to)) * rise
    const deep = Math.min(unit * 13, fall * 2.4)
    const steps = 48
    const at = (step: number) => from + ((to - from) * step) / steps
    pen.beginPath()
    for (let step = 0; step <= steps; step += 1) pen.lineTo(at(step), topY - contour(at(step)) * rise)
    for (let step = steps; step >= 0; step -= 1) {
      // Deepest near the crest: the line in which a crest runs towards the viewer.
      const bulge = Math.sin(Math.PI * (step / steps) ** 0.62)
      pen.lineTo(at(step), topY - contour(at(step)) * rise + deep * bulge)
    }
    pen.fill()
  }
}

interface Lee {
  /** The crest. */
  readonly from: number
  /** The hollow. */
  readonly to: number
}

/** Falling stretches as seen in the direction of the light, small ripples left out. */
function leesOf({ left, right, unit }: Stage, contour: Contour, direction: 1 | -1): Lee[] {
  const lees: Lee[] = []
  const [start, end] = direction === 1 ? [left - unit * 30, right] : [right + unit * 30, left]
  let crest = start
  const step = unit * 0.5 * direction
  let wasFalling = false
  for (let x = start; (end - x) * direction > -unit * 30; x += step) {
    const falls = contour(x + step) < contour(x)
    if (falls && !wasFalling) crest = x
    if (!falls && wasFalling && Math.abs(x - crest) > unit * 5) lees.push({ from: crest, to: x })
    wasFalling = falls
  }
  return lees
}

/** The ground of a small moon, and a ringed planet above it. */
export function moonscape(stage: Stage): Layer[] {
  const { unit, footY, light, wish, horizonY, width, sunX } = stage
  const chance = stage.chance.fork('moonscape')
  const hue = chance.pick(['#d9825b', '#6fa3d8', '#c9a36a', '#8a6fd0'])
  const dust = wish.tints.ground ?? '#8d86a8'
  const contour = crag(chance, unit * 90)
  const planet = { x: width - sunX, y: horizonY * 0.42, radius: unit * chance.between(13, 18), hue }
  const pits = Array.from({ length: 22 }, () => ({
    x: chance.between(stage.left, stage.right),
    y: chance.between(footY - unit * 3, stage.height),
    size: unit * chance.between(1, 4.5),
  }))
  return [
    { depth: 0.08, moving: false, paint: (pen) => paintPlanet(pen, stage, planet) },
    {
      depth: 0.7,
      moving: false,
      paint(pen) {
        const colour = mix(dust, light.shade, 0.12)
        const ground = { topY: footY - unit * 5, rise: unit * 3.4, contour, colour, foot: darker(dust, 0.5) }
        paintGround(pen, stage, ground)
        for (const { x, y, size } of pits) {
          oval(pen, clear(darker(dust, 0.6), 0.7), [x, y, size, size * 0.34])
          oval(pen, clear(lighter(dust, 0.1), 0.24), [x, y + size * 0.12, size * 0.86, size * 0.24])
        }
      },
    },
  ]
}

interface Planet {
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly hue: string
}

function paintPlanet(pen: Pen, { unit }: Stage, { x, y, radius, hue }: Planet): void {
  glow(pen, [x, y, radius * 1.9], clear(hue, 0.3), clear(hue, 0))
  const ring = (from: number, to: number) => {
    for (const [size, alpha] of [
      [2.05, 0.35],
      [1.8, 0.6],
      [1.55, 0.45],
    ] as const) {
      pen.strokeStyle = clear(lighter(hue, 0.5), alpha)
      pen.lineWidth = unit * 1.1
      pen.beginPath()
      pen.ellipse(x, y, radius * size, radius * size * 0.24, -0.32, from, to)
      pen.stroke()
    }
  }
  ring(Math.PI, Math.PI * 2)
  pen.save()
  pen.beginPath()
  pen.arc(x, y, radius, 0, Math.PI * 2)
  pen.clip()
  oval(pen, hue, [x, y, radius])
  for (const [band, share] of [-0.6, -0.2, 0.12, 0.5].entries()) {
    const tone = band % 2 === 0 ? lighter(hue, 0.25) : darker(hue, 0.2)
    oval(pen, clear(tone, 0.55), [x, y + share * radius, radius * 1.3, radius * 0.12, -0.32])
  }
  glow(pen, [x + radius * 0.8, y + radius * 0.7, radius * 1.6], clear('#070a20', 0.85), clear('#070a20', 0))
  pen.restore()
  ring(0, Math.PI)
}
