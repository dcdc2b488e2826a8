import { clear, darker, lighter, mix } from './colour.ts'
import { swell } from './contour.ts'
import { oval, type Pen } from './pen.ts'
import { type Layer, lit, type Stage } from './stage.ts'

/** Water from the horizon to the lower edge, with the light of the sky and a path of sun or moon on it. */
export function waterLayers(stage: Stage): Layer[] {
  const { unit, horizonY, height, light, wish } = stage
  const blue = wish.tints.water ?? (wish.place === 'lake' ? '#3d7fa6' : '#17679f')
  const near = lit(light, darker(blue, 0.28), 0)
  const body: Layer = {
    depth: 0.3,
    moving: false,
    paint(pen) {
      const deep = pen.createLinearGradient(0, horizonY, 0, height)
      deep.addColorStop(0, mix(light.sky[2], lit(light, blue, 0.2), 0.45))
      deep.addColorStop(0.28, lit(light, blue, 0.12))
      deep.addColorStop(1, near)
      pen.fillStyle = deep
      pen.fillRect(stage.left, horizonY, stage.right - stage.left, height - horizonY)
      pen.fillStyle = clear(lighter(light.sky[2], 0.3), 0.5)
      pen.fillRect(stage.left, horizonY - unit * 0.15, stage.right - stage.left, unit * 0.3)
    },
  }
  return [body, ripples(stage), glitter(stage)]
}

function ripples(stage: Stage): Layer {
  const { unit, horizonY, height, light } = stage
  const chance = stage.chance.fork('ripples')
  const strokes = Array.from({ length: 150 }, () => {
    const near = chance.next() ** 1.4
    return {
      x: chance.between(stage.left, stage.right),
      y: horizonY + (height - horizonY) * near,
      long: unit * (1.5 + near * 13) * chance.between(0.5, 1.2),
      thick: unit * (0.08 + near * 0.36),
      phase: chance.between(0, 6.3),
      bright: chance.next() < 0.6,
    }
  })
  const tones = [lighter(light.sky[2], 0.2), light.shade]
  return {
    depth: 0.4,
    moving: true,
    paint(pen, timeMs) {
      for (const { x, y, long, thick, phase, bright } of strokes) {
        const shift = Math.sin(timeMs / 900 + phase) * long * 0.25
        pen.fillStyle = clear(tones[bright ? 0 : 1] ?? '#ffffff', bright ? 0.2 : 0.16)
        pen.beginPath()
        pen.ellipse(x + shift, y, long, thick, 0, 0, Math.PI * 2)
        pen.fill()
      }
    },
  }
}

function glitter(stage: Stage): Layer {
  const { unit, horizonY, height, sunX, wish, light } = stage
  const chance = stage.chance.fork('glitter')
  const colour = wish.tints.sun ?? (wish.sun ? light.sun : '#f5efd8')
  const sparks = Array.from({ length: 120 }, () => {
    const near = chance.next()
    const spread = unit * (3 + near * 15)
    return {
      x: sunX + (chance.next() + chance.next() - 1) * spread,
      y: horizonY + (height - horizonY) * near * 0.9,
      long: unit * (0.8 + near * 3.4) * chance.between(0.4, 1),
      thick: unit * (0.1 + near * 0.24),
      phase: chance.between(0, 6.3),
    }
  })
  const strength = wish.hour === 'day' ? 0.42 : 0.62
  return {
    depth: 0.32,
    moving: true,
    paint(pen, timeMs) {
      for (const { x: at, y, long, thick, phase } of sparks) {
        const shine = strength * (0.55 + 0.45 * Math.sin(timeMs / 260 + phase * 7))
        oval(pen, clear(colour, shine), [at, y, long, thick])
      }
    },
  }
}

/** Sand that slopes into the water, with a line of foam that comes and goes. */
export function beachLayers(stage: Stage): Layer[] {
  const { unit, footY, height, light, wish } = stage
  const chance = stage.chance.fork('beach')
  const line = swell(chance, unit * 150)
  const sand = wish.tints.ground ?? '#ecd3a0'
  const edgeY = footY - unit * 4.5
  const band = (pen: Pen, colour: string, y: number) => {
    pen.fillStyle = colour
    pen.beginPath()
    pen.moveTo(stage.left, height)
    for (let x = stage.left; x <= stage.right + unit; x += unit) pen.lineTo(x, y + line(x) * unit * 3)
    pen.lineTo(stage.right, height)
    pen.fill()
  }
  return [
    {
      depth: 0.7,
      moving: true,
      paint(pen, timeMs) {
        const reach = Math.sin(timeMs / 1100) * unit * 0.9
        band(pen, clear('#ffffff', 0.75), edgeY - unit * 1.1 + reach)
        band(pen, lit(light, mix(sand, '#8a6f4c', 0.4), 0), edgeY + reach * 0.6)
        band(pen, lit(light, sand, 0), edgeY + unit * 2.4)
      },
    },
  ]
}
