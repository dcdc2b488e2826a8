import { clear, mix } from './colour.ts'
import { box, glow, oval, type Pen, stroke } from './pen.ts'
import type { Layer, Stage } from './stage.ts'

/** What lies in the air between the viewer and the picture. */
export function weatherLayers(stage: Stage): Layer[] {
  const { weather, place } = stage.wish
  const layers: Layer[] = []
  if (weather.has('fog')) layers.push(fog(stage))
  if (weather.has('storm')) layers.push(lightning(stage))
  if (weather.has('rain') || weather.has('storm')) layers.push(rain(stage))
  if (weather.has('snow') || place === 'winter') layers.push(snow(stage))
  if (weather.has('autumn')) layers.push(leaves(stage))
  return layers
}

function fog(stage: Stage): Layer {
  const { left, right, horizonY, height, light } = stage
  const pale = mix(light.haze, '#ffffff', light.dark ? 0.1 : 0.35)
  return {
    depth: 0.86,
    moving: true,
    paint(pen, timeMs) {
      for (const [index, at] of [0.1, 0.4, 0.75].entries()) {
        const y = horizonY + (height - horizonY) * at + Math.sin(timeMs / 1800 + index * 2) * height * 0.02
        const deep = height * 0.2
        const veil = pen.createLinearGradient(0, y - deep, 0, y + deep)
        veil.addColorStop(0, clear(pale, 0))
        veil.addColorStop(0.5, clear(pale, 0.4))
        veil.addColorStop(1, clear(pale, 0))
        pen.fillStyle = veil
        pen.fillRect(left, y - deep, right - left, deep * 2)
      }
    },
  }
}

function lightning(stage: Stage): Layer {
  const chance = stage.chance.fork('lightning')
  const { unit, width, horizonY } = stage
  let [x, y] = [width * chance.between(0.25, 0.75), 0]
  let bolt = `M${x} ${y}`
  while (y < horizonY) {
    x += unit * chance.between(-5, 5)
    y += unit * chance.between(3, 7)
    bolt += `L${x} ${y}`
  }
  return {
    depth: 0.14,
    moving: true,
    paint(pen, timeMs) {
      const age = timeMs % 2_000
      if (age > 420 || (age > 120 && age < 200)) return
      stroke(pen, '#cfe0ff60', unit * 2.2, bolt)
      stroke(pen, '#ffffff', unit * 0.55, bolt)
      box(pen, '#e8f0ff26', [stage.left, 0, stage.right - stage.left, stage.height])
    },
  }
}

function rain(stage: Stage): Layer {
  const chance = stage.chance.fork('rain')
  const { unit, height, left, right } = stage
  const drops = Array.from({ length: 320 }, () => ({
    x: chance.between(left, right),
    y: chance.next() * height,
    long: unit * chance.between(2, 4.6),
    speed: chance.between(0.9, 1.5),
  }))
  return {
    depth: 1,
    moving: true,
    paint(pen, timeMs) {
      pen.strokeStyle = '#dfeaf870'
      pen.lineWidth = unit * 0.16
      pen.beginPath()
      for (const { x, y, long, speed } of drops) {
        const fallen = (y + timeMs * speed * unit * 0.13) % (height + long)
        pen.moveTo(x, fallen - long)
        pen.lineTo(x - long * 0.16, fallen)
      }
      pen.stroke()
    },
  }
}

function snow(stage: Stage): Layer {
  const chance = stage.chance.fork('snow')
  const { unit, height, left, right } = stage
  const flakes = Array.from({ length: 210 }, () => ({
    x: chance.between(left, right),
    y: chance.next() * height,
    size: unit * (0.14 + 0.5 * chance.next() ** 3),
    phase: chance.between(0, 6),
  }))
  return {
    depth: 1,
    moving: true,
    paint(pen, timeMs) {
      for (const { x, y, size, phase } of flakes) {
        const fallen = (y + timeMs * size * 0.02) % height
        oval(pen, '#ffffffcc', [x + Math.sin(timeMs / 900 + phase) * unit, fallen, size])
      }
    },
  }
}

function leaves(stage: Stage): Layer {
  const chance = stage.chance.fork('leaves')
  const { unit, height, left, right } = stage
  const falling = Array.from({ length: 34 }, () => ({
    x: chance.between(left, right),
    y: chance.next() * height,
    size: unit * chance.between(0.5, 1.1),
    hue: chance.pick(['#c9572c', '#d98a2b', '#b8402f', '#e0b840']),
    phase: chance.between(0, 6),
  }))
  return {
    depth: 0.95,
    moving: true,
    paint(pen, timeMs) {
      for (const { x, y, size, hue, phase } of falling) {
        const fallen = (y + timeMs * unit * 0.011) % height
        const turn = phase + timeMs / 600
        oval(pen, hue, [x + Math.sin(turn) * unit * 2, fallen, size, size * 0.5, turn])
      }
    },
  }
}

/** Rockets that burst behind everything near. */
export function fireworksLayer(stage: Stage): Layer {
  const chance = stage.chance.fork('fireworks')
  const { unit, width, horizonY } = stage
  const bursts = Array.from({ length: 7 }, () => ({
    x: width * chance.between(0.08, 0.92),
    y: horizonY * chance.between(0.12, 0.62),
    radius: unit * chance.between(9, 19),
    hue: chance.pick(['#ff6a7a', '#ffd45a', '#7ad0ff', '#b08aff', '#7af0b0']),
    startMs: chance.between(0, 1_800),
  }))
  return {
    depth: 0.1,
    moving: true,
    paint(pen, timeMs) {
      for (const { x, y, radius, hue, startMs } of bursts) {
        paintBurst(pen, [x, y, radius], {
          hue,
          age: ((timeMs + startMs) % 1_900) / 1_900,
          thick: unit * 0.32,
        })
      }
    },
  }
}

function paintBurst(
  pen: Pen,
  [x, y, radius]: readonly [number, number, number],
  { hue, age, thick }: { hue: string; age: number; thick: number },
): void {
  const reach = radius * (1 - (1 - age) ** 3)
  const shine = Math.max(0, 1 - age * 0.9)
  glow(pen, [x, y, radius * 1.3], clear(hue, 0.28 * shine), clear(hue, 0))
  for (let index = 0; index < 26; index += 1) {
    const turn = (index / 26) * Math.PI * 2
    const far = reach * (index % 2 === 0 ? 1 : 0.66)
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
    const drop = age * age * radius * 0.2
    const from = `${x + cos * far * 0.5} ${y + sin * far * 0.5 + drop * 0.5}`
    stroke(pen, clear(hue, shine * 0.75), thick, `M${from}L${x + cos * far} ${y + sin * far + drop}`)
    oval(pen, clear('#ffffff', shine), [x + cos * far, y + sin * far + drop, thick * 0.8])
  }
}
