import { clear, lighter, mix } from './colour.ts'
import { swell } from './contour.ts'
import { glow, oval, type Pen, stroke } from './pen.ts'
import type { Layer, Stage } from './stage.ts'

export function skyLayers(stage: Stage): Layer[] {
  const { wish, light } = stage
  const layers: Layer[] = [{ depth: 0, moving: false, paint: (pen) => paintSky(pen, stage) }]
  if (light.dark || wish.weather.has('stars')) layers.push(stars(stage))
  if (wish.place === 'space') layers.push(nebula(stage))
  if (wish.weather.has('aurora')) layers.push(aurora(stage))
  if (wish.moon) layers.push({ depth: 0.04, moving: false, paint: (pen) => paintMoon(pen, stage) })
  if (wish.sun && wish.place !== 'space') {
    layers.push({ depth: 0.04, moving: false, paint: (pen) => paintSun(pen, stage) })
  }
  if (wish.weather.has('rainbow')) {
    layers.push({ depth: 0.05, moving: false, paint: (pen) => paintRainbow(pen, stage) })
  }
  if (wish.place !== 'space') layers.push(...clouds(stage))
  return layers
}

function paintSky(pen: Pen, { left, right, height, horizonY, light }: Stage): void {
  const air = pen.createLinearGradient(0, 0, 0, horizonY)
  air.addColorStop(0, light.sky[0])
  air.addColorStop(0.55, light.sky[1])
  air.addColorStop(1, light.sky[2])
  pen.fillStyle = air
  pen.fillRect(left, 0, right - left, height)
}

function stars(stage: Stage): Layer {
  const chance = stage.chance.fork('stars')
  const many = stage.wish.weather.has('stars') || stage.wish.place === 'space' ? 260 : 130
  const points = Array.from({ length: many }, () => ({
    x: chance.between(stage.left, stage.right),
    y: chance.next() ** 1.3 * stage.height * 0.75,
    size: stage.unit * (0.05 + 0.22 * chance.next() ** 4),
    phase: chance.between(0, 6),
  }))
  return {
    depth: 0.02,
    moving: true,
    paint(pen, timeMs) {
      for (const { x, y, size, phase } of points) {
        const shine = 0.6 + 0.4 * Math.sin(phase * 9 + timeMs / (300 + phase * 90))
        oval(pen, clear('#fffbe8', shine), [x, y, size])
      }
    },
  }
}

function nebula(stage: Stage): Layer {
  const chance = stage.chance.fork('nebula')
  const tint = stage.wish.tints.sky
  const hues = [tint ?? '#7a3fc0', '#2f6fd0', tint ?? '#d0467f', '#1f9fa8']
  const clouds = Array.from({ length: 26 }, (_, index) => ({
    x: chance.between(stage.left, stage.right),
    y: chance.between(-0.1, 0.75) * stage.height,
    radius: stage.unit * chance.between(14, 46),
    hue: hues[index % hues.length] ?? '#7a3fc0',
    strength: chance.between(0.08, 0.22),
  }))
  return {
    depth: 0.03,
    moving: false,
    paint(pen) {
      for (const { x, y, radius, hue, strength } of clouds) {
        glow(pen, [x, y, radius], clear(hue, strength), clear(hue, 0))
      }
    },
  }
}

function aurora(stage: Stage): Layer {
  const chance = stage.chance.fork('aurora')
  const bands = ['#4fe0a0', '#58c8e8', '#a06ae0'].map((hue, index) => ({
    hue,
    line: swell(chance, stage.width * 0.9),
    y: stage.horizonY * (0.5 - index * 0.13),
  }))
  const step = stage.unit * 1.4
  return {
    depth: 0.03,
    moving: true,
    paint(pen, timeMs) {
      for (const { hue, line, y } of bands) {
        for (let x = stage.left; x < stage.right; x += step) {
          const foot = y + line(x + timeMs / 30) * stage.unit * 8
          const tall = stage.unit * (20 + 9 * line(x * 2.7 + timeMs / 12))
          const veil = pen.createLinearGradient(0, foot - tall, 0, foot)
          veil.addColorStop(0, clear(hue, 0))
          veil.addColorStop(0.8, clear(hue, 0.42))
          veil.addColorStop(1, clear(hue, 0))
          pen.fillStyle = veil
          pen.fillRect(x, foot - tall, step + 0.5, tall)
        }
      }
    },
  }
}

function paintSun(pen: Pen, { sunX, horizonY, unit, light, wish }: Stage): void {
  const low = wish.hour === 'dawn' || wish.hour === 'dusk'
  const colour = wish.tints.sun ?? light.sun
  const radius = unit * (low ? 9 : 6.5)
  const y = Math.max(radius * 1.4, horizonY - unit * (low ? 11 : 36))
  // Light adds up; painted over a blue sky it would turn grey.
  pen.save()
  pen.globalCompositeOperation = 'screen'
  glow(pen, [sunX, y, unit * 50], clear(mix(colour, light.sky[2], 0.4), 0.55), '#00000000')
  glow(pen, [sunX, y, radius * 2.4], clear(lighter(colour, 0.2), 0.8), '#00000000')
  pen.restore()
  oval(pen, wish.tints.sun === undefined ? lighter(colour, 0.35) : colour, [sunX, y, radius])
}

function paintMoon(pen: Pen, stage: Stage): void {
  const { horizonY, unit, wish, light, width } = stage
  const x = wish.sun ? width - stage.sunX : stage.sunX
  const colour = wish.tints.moon ?? '#f5efd8'
  const radius = unit * 7.5
  const y = Math.max(radius * 1.4, horizonY - unit * 36)
  pen.save()
  pen.globalCompositeOperation = 'screen'
  glow(pen, [x, y, unit * 34], clear(mix(colour, light.sky[2], 0.45), light.dark ? 0.42 : 0.2), '#00000000')
  pen.restore()
  oval(pen, colour, [x, y, radius])
  const sea = mix(colour, light.sky[1], 0.22)
  for (const [dx, dy, size] of [
    [-0.35, -0.3, 0.26],
    [0.3, -0.12, 0.2],
    [-0.12, 0.36, 0.3],
    [0.42, 0.42, 0.13],
    [0.1, -0.55, 0.11],
  ] as const) {
    oval(pen, sea, [x + dx * radius, y + dy * radius, size * radius])
  }
}

function paintRainbow(pen: Pen, { width, horizonY, unit }: Stage): void {
  const hues = ['#e0414a', '#f0842c', '#f7d04a', '#4db368', '#3d87d8', '#6a55c0']
  for (const [index, hue] of hues.entries()) {
    const radius = Math.min(width * 0.56, horizonY * 0.98) - index * unit * 1.7
    const arch = `M${width / 2 - radius} ${horizonY + unit * 4}a${radius} ${radius} 0 0 1 ${radius * 2} 0`
    stroke(pen, clear(hue, 0.5), unit * 1.75, arch)
  }
}

function clouds(stage: Stage): Layer[] {
  const { wish, light, unit } = stage
  const chance = stage.chance.fork('clouds')
  const heavy = wish.weather.has('cloud') || wish.weather.has('storm') || wish.weather.has('rain')
  const many = heavy ? 11 : light.dark ? 3 : chance.whole(3, 6)
  const colour = heavy && wish.weather.has('storm') ? mix(light.sky[0], '#39414d', 0.5) : cloudColour(stage)
  const banks = Array.from({ length: many }, () => ({
    x: chance.between(stage.left, stage.right),
    y: stage.horizonY * chance.between(0.1, heavy ? 0.7 : 0.78),
    size: unit * chance.between(5, heavy ? 14 : 10),
    puffs: Array.from(
      { length: chance.whole(5, 8) },
      (_, index) => [index, chance.between(0.45, 1)] as const,
    ),
    speed: chance.between(0.6, 1.6),
  }))
  return [
    {
      depth: 0.12,
      moving: true,
      paint(pen, timeMs) {
        for (const { x, y, size, puffs, speed } of banks) {
          paintCloud(pen, [x + (timeMs / 1000) * unit * speed, y, size], { puffs, colour })
        }
      },
    },
  ]
}

function cloudColour({ light, wish }: Stage): string {
  if (light.dark) return mix(light.sky[1], '#8fa0c8', 0.22)
  return mix('#ffffff', light.sky[wish.hour === 'day' ? 2 : 1], wish.hour === 'day' ? 0.25 : 0.42)
}

interface Bank {
  readonly puffs: readonly (readonly [number, number])[]
  readonly colour: string
}

function paintCloud(
  pen: Pen,
  [x, y, size]: readonly [number, number, number],
  { puffs, colour }: Bank,
): void {
  const step = size * 0.66
  const foot = size * 0.62
  const body = pen.createLinearGradient(0, y - size * 1.7, 0, y)
  body.addColorStop(0, clear(lighter(colour, 0.4), 0.94))
  body.addColorStop(1, clear(colour, 0.5))
  pen.fillStyle = body
  pen.beginPath()
  pen.roundRect(x - foot, y - foot, step * (puffs.length - 1) + foot * 2, foot, foot / 2)
  for (const [index, tall] of puffs) {
    const middle = 1 - Math.abs(index / (puffs.length - 1) - 0.5) * 1.3
    const radius = Math.max(foot * 0.5, size * tall * middle)
    pen.moveTo(x + index * step + radius, y - radius)
    pen.arc(x + index * step, y - radius, radius, 0, Math.PI * 2)
  }
  pen.fill()
}
