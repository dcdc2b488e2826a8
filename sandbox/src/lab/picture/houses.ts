import { darker, lighter } from './colour.ts'
import type { Ink } from './figure.ts'
import { box, glow, oval, type Pen, polygon, shape, stroke } from './pen.ts'

const GLOW = '#ffd98a'

export function house(pen: Pen, ink: Ink, timeMs: number): void {
  const wall = ink.main ?? ink.tone('#f1e2c6')
  const roof = ink.tone(ink.main === undefined ? '#b5483a' : '#5a4a4a')
  box(pen, darker(roof, 0.2), [18, -92, 10, 26])
  for (let puff = 0; puff < 4; puff += 1) {
    const rise = (timeMs / 70 + puff * 14) % 56
    oval(pen, `#ffffff${alphaHex(0.5 * (1 - rise / 56))}`, [
      23 + rise * 0.3,
      -95 - rise * 0.6,
      3 + rise * 0.12,
    ])
  }
  box(pen, wall, [-36, -50, 72, 50])
  box(pen, darker(wall, 0.16), [16, -50, 20, 50])
  polygon(pen, roof, [
    [-44, -47],
    [0, -88],
    [44, -47],
  ])
  polygon(pen, darker(roof, 0.2), [
    [0, -88],
    [44, -47],
    [18, -47],
  ])
  box(pen, ink.tone('#6a4630'), [-9, -30, 18, 30])
  oval(pen, '#e6c068', [5, -15, 1.4])
  for (const x of [-29, 17]) {
    box(pen, ink.tone('#fffaf0'), [x - 1.4, -39.4, 14.8, 16.8])
    box(pen, ink.dark ? GLOW : ink.tone('#8fc3de'), [x, -38, 12, 14])
    stroke(pen, ink.tone('#fffaf0'), 1.4, `M${x + 6} -38V-24M${x} -31H${x + 12}`)
    if (ink.dark) glow(pen, [x + 6, -31, 22], '#ffd98a50', '#ffd98a00')
  }
  oval(pen, ink.dark ? GLOW : ink.tone('#8fc3de'), [0, -64, 6])
}

export function castle(pen: Pen, ink: Ink, timeMs: number): void {
  const stone = ink.main ?? ink.tone('#b9b3ae')
  const roof = ink.tone('#4a5f96')
  const dark = darker(stone, 0.18)
  tower(pen, ink, { x: -20, wide: 16, tall: 66, stone: dark, roof })
  tower(pen, ink, { x: 20, wide: 16, tall: 66, stone: dark, roof })
  tower(pen, ink, { x: 0, wide: 20, tall: 76, stone, roof })
  box(pen, stone, [-40, -34, 80, 34])
  for (let x = -40; x < 40; x += 10) box(pen, stone, [x, -39, 5.6, 6])
  tower(pen, ink, { x: -42, wide: 16, tall: 50, stone: lighter(stone, 0.1), roof })
  tower(pen, ink, { x: 42, wide: 16, tall: 50, stone: dark, roof })
  shape(pen, ink.tone('#4a3626'), 'M-9 0V-16C-9 -27 9 -27 9 -16V0Z')
  stroke(pen, darker(stone, 0.5), 1, 'M-3 0V-22M3 0V-22M-9 -8H9')
  const flutter = Math.sin(timeMs / 200) * 3
  stroke(pen, ink.tone('#4a4a55'), 1, 'M0 -98V-112')
  shape(
    pen,
    ink.tone('#d8343b'),
    `M0 -112C5 ${-113 + flutter} 9 ${-109 - flutter} 14 -110V-104C9 ${-103 - flutter} 5 ${-107 + flutter} 0 -106Z`,
  )
}

interface Keep {
  readonly x: number
  readonly wide: number
  readonly tall: number
  readonly stone: string
  readonly roof: string
}

function tower(pen: Pen, ink: Ink, { x, wide, tall, stone, roof }: Keep): void {
  const half = wide / 2
  box(pen, stone, [x - half, -tall, wide, tall])
  box(pen, darker(stone, 0.16), [x + half * 0.3, -tall, half * 0.7, tall])
  box(pen, darker(stone, 0.1), [x - half - 1.6, -tall - 3, wide + 3.2, 5])
  polygon(pen, roof, [
    [x - half - 2.4, -tall - 3],
    [x, -tall - wide * 1.3],
    [x + half + 2.4, -tall - 3],
  ])
  polygon(pen, darker(roof, 0.25), [
    [x + half * 0.3, -tall - 3],
    [x, -tall - wide * 1.3],
    [x + half + 2.4, -tall - 3],
  ])
  const light = ink.dark ? GLOW : ink.tone('#3a4258')
  box(pen, light, [x - 1.8, -tall + 7, 3.6, 7])
}

export function lighthouse(pen: Pen, ink: Ink, timeMs: number): void {
  const stripe = ink.main ?? ink.tone('#d23c3f')
  const white = ink.tone('#f7f3ea')
  shape(pen, ink.tone('#6f6a66'), 'M-44 4C-36 -8 -24 -12 -12 -10C0 -14 22 -12 30 -6C38 -4 44 0 46 4Z')
  const edge = (y: number) => 9 + ((y + 80) / 74) * 5
  for (let band = 0; band < 5; band += 1) {
    const top = -80 + band * 14.4
    polygon(pen, band % 2 === 0 ? stripe : white, [
      [-edge(top), top],
      [edge(top), top],
      [edge(top + 14.5), top + 14.5],
      [-edge(top + 14.5), top + 14.5],
    ])
  }
  polygon(pen, '#0b0f2430', [
    [3, -80],
    [9, -80],
    [14, -8],
    [6, -8],
  ])
  box(pen, ink.tone('#3a3f4a'), [-13, -83, 26, 3])
  box(pen, ink.dark ? '#fff3c0' : ink.tone('#bfe0ea'), [-7, -94, 14, 11])
  polygon(pen, stripe, [
    [-10, -94],
    [0, -104],
    [10, -94],
  ])
  box(pen, ink.tone('#3a4258'), [-2.4, -54, 4.8, 8])
  if (ink.dark) beam(pen, timeMs)
}

/** Turns; seen from the side it only grows long and short. */
function beam(pen: Pen, timeMs: number): void {
  const reach = Math.cos(timeMs / 900) * 130
  const light = pen.createLinearGradient(0, 0, reach, 0)
  light.addColorStop(0, '#fff3c0b0')
  light.addColorStop(1, '#fff3c000')
  pen.fillStyle = light
  pen.beginPath()
  pen.moveTo(0, -90)
  pen.lineTo(reach, -104)
  pen.lineTo(reach, -74)
  pen.lineTo(0, -87)
  pen.fill()
  glow(pen, [0, -88.5, 24], '#fff3c0b0', '#fff3c000')
}

function alphaHex(alpha: number): string {
  return Math.round(Math.max(0, Math.min(1, alpha)) * 255)
    .toString(16)
    .padStart(2, '0')
}
