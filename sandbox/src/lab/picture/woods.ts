import { clear, darker, lighter, mix } from './colour.ts'
import { inkOf } from './figure.ts'
import { oval, type Pen, stroke, within } from './pen.ts'
import { pine, tree } from './plants.ts'
import { type Layer, lit, type Stage } from './stage.ts'

const AUTUMN = ['#c9572c', '#d98a2b', '#b8402f', '#dcae3c'] as const
const GREENS = ['#3f7f4b', '#4f9450', '#2f6d55', '#5e9a48'] as const

export interface Grove {
  readonly name: string
  readonly many: number
  readonly baseY: number
  /** In units, the smallest and the largest. */
  readonly tall: readonly [number, number]
  readonly distance: number
  readonly depth: number
  readonly kind: 'pine' | 'tree' | 'mixed'
}

/** A row of trees, none like the other. */
export function groveLayer(stage: Stage, grove: Grove): Layer {
  const { unit, light, wish } = stage
  const chance = stage.chance.fork(grove.name)
  const leaves = wish.weather.has('autumn') ? AUTUMN : GREENS
  const snowy = wish.place === 'winter' || wish.weather.has('snow')
  const trees = Array.from({ length: grove.many }, (_, index) => {
    const x = stage.left + ((index + chance.between(0.1, 0.9)) / grove.many) * (stage.right - stage.left)
    return {
      x,
      y: grove.baseY + chance.between(-0.8, 1.4) * unit,
      tall: unit * chance.between(...grove.tall),
      leaf: lit(
        light,
        wish.tints.ground === undefined
          ? chance.pick(leaves)
          : mix(chance.pick(leaves), wish.tints.ground, 0.7),
        grove.distance,
      ),
      pine: grove.kind === 'pine' || (grove.kind === 'mixed' && chance.next() < 0.5),
    }
  })
  trees.sort((a, b) => a.y - b.y)
  return {
    depth: grove.depth,
    moving: false,
    paint(pen) {
      for (const { x, y, tall, leaf, pine: conifer } of trees) {
        const ink = inkOf(light, leaf, grove.distance)
        within(pen, [x, y, tall / 100], () => (conifer ? pine(pen, ink, 0, snowy) : tree(pen, ink, 0)))
      }
    },
  }
}

/** Light that falls between the trunks. */
export function sunbeams(stage: Stage): Layer {
  const { sunX, unit, footY, light } = stage
  const chance = stage.chance.fork('beams')
  const beams = Array.from({ length: 6 }, () => ({ at: chance.between(-40, 40), wide: chance.between(3, 9) }))
  return {
    depth: 0.5,
    moving: false,
    paint(pen) {
      for (const { at, wide } of beams) {
        const fade = pen.createLinearGradient(0, 0, 0, footY)
        fade.addColorStop(0, clear(light.sun, 0.24))
        fade.addColorStop(1, clear(light.sun, 0))
        pen.fillStyle = fade
        pen.beginPath()
        pen.moveTo(sunX, -unit * 6)
        pen.lineTo(sunX + (at - wide) * unit, footY)
        pen.lineTo(sunX + (at + wide) * unit, footY)
        pen.fill()
      }
    },
  }
}

/** Grass and flowers at the viewer's feet. */
export function undergrowth(stage: Stage, { flowers }: { flowers: boolean }): Layer {
  const { unit, height, footY, light, wish } = stage
  const chance = stage.chance.fork('undergrowth')
  const grass = wish.tints.ground ?? (wish.weather.has('autumn') ? '#8a7a35' : '#4f8a3c')
  const blades = Array.from({ length: 170 }, () => ({
    x: chance.between(stage.left, stage.right),
    y: footY + unit * 6 + chance.next() * (height - footY),
    long: unit * chance.between(2, 5),
    lean: chance.between(-1, 1),
    tone: chance.between(0, 0.4),
  })).sort((a, b) => a.y - b.y)
  const heads = flowers
    ? Array.from({ length: 60 }, () => ({
        x: chance.between(stage.left, stage.right),
        y: footY + unit * 2 + chance.next() * (height - footY),
        size: unit * chance.between(0.35, 0.8),
        hue: chance.pick(['#f7d04a', '#f08bb4', '#ffffff', '#e0574f', '#9a7be0']),
      }))
    : []
  return {
    depth: 0.9,
    moving: false,
    paint(pen) {
      for (const blade of blades) paintBlade(pen, blade, lit(light, darker(grass, blade.tone), 0))
      for (const { x, y, size, hue } of heads) paintHead(pen, [x, y, size], lit(light, hue, 0))
    },
  }
}

interface Blade {
  readonly x: number
  readonly y: number
  readonly long: number
  readonly lean: number
}

function paintBlade(pen: Pen, { x, y, long, lean }: Blade, colour: string): void {
  const tip = `${x + lean * long * 0.5} ${y - long}`
  stroke(pen, colour, long * 0.09, `M${x} ${y}Q${x + lean * long * 0.1} ${y - long * 0.6} ${tip}`)
}

function paintHead(pen: Pen, [x, y, size]: readonly [number, number, number], colour: string): void {
  for (let index = 0; index < 5; index += 1) {
    const turn = (index / 5) * Math.PI * 2
    oval(pen, colour, [
      x + Math.cos(turn) * size * 0.6,
      y + Math.sin(turn) * size * 0.5,
      size * 0.5,
      size * 0.42,
    ])
  }
  oval(pen, lighter(mix(colour, '#e0a020', 0.7), 0.1), [x, y, size * 0.36])
}
