import { darker, lighter, mix } from './colour.ts'
import type { Ink } from './figure.ts'
import { oval, type Pen, polygon, stroke, within } from './pen.ts'

/** Trees and flowers in a box of 100 units: x −50 to 50, y −100 to 0, feet at 0. */
export function tree(pen: Pen, ink: Ink, timeMs: number): void {
  const sway = Math.sin(timeMs / 800) * 1.2
  const bark = ink.tone('#6b4a34')
  stroke(pen, bark, 7, 'M0 0C1 -16 -2 -26 0 -46')
  stroke(pen, bark, 3, 'M0 -26C6 -34 12 -38 16 -46M-1 -32C-8 -38 -12 -42 -17 -48')
  crown(pen, ink.main ?? ink.tone('#4f9a4d'), sway)
}

function crown(pen: Pen, leaf: string, sway: number): void {
  const dark = darker(leaf, 0.3)
  for (const [x, y, size] of CROWN) oval(pen, dark, [x + sway * 0.6, y + 3, size])
  for (const [x, y, size] of CROWN) oval(pen, leaf, [x + sway, y - 1, size * 0.93])
  for (const [x, y, size] of CROWN) {
    oval(pen, lighter(leaf, 0.16), [x + sway * 1.3 - size * 0.22, y - size * 0.3, size * 0.55])
  }
}

const CROWN = [
  [-22, -52, 16],
  [22, -54, 17],
  [-14, -70, 18],
  [15, -73, 18],
  [0, -58, 20],
  [0, -82, 16],
] as const

export function blossom(pen: Pen, ink: Ink, timeMs: number): void {
  const petal = ink.main ?? ink.tone('#f4a9c4')
  const bark = ink.tone('#59392f')
  stroke(pen, bark, 6, 'M-4 0C0 -16 -8 -24 2 -42')
  stroke(pen, bark, 3, 'M-2 -24C8 -34 16 -36 22 -46M0 -34C-8 -42 -16 -44 -22 -52')
  crown(pen, petal, Math.sin(timeMs / 900))
  for (let index = 0; index < 9; index += 1) {
    const fall = (timeMs / 60 + index * 37) % 80
    const x = Math.sin(index * 2.4 + timeMs / 700) * 34
    oval(pen, lighter(petal, 0.3), [x, -78 + fall, 1.4, 0.9, index + timeMs / 500])
  }
}

export function pine(pen: Pen, ink: Ink, _timeMs: number, snowy = false): void {
  const leaf = ink.main ?? ink.tone('#2f6b4f')
  polygon(pen, ink.tone('#5a3d2b'), [
    [-3.5, 0],
    [3.5, 0],
    [2.5, -18],
    [-2.5, -18],
  ])
  for (const [top, foot, wide] of [
    [-54, -10, 27],
    [-78, -34, 21],
    [-100, -60, 14],
  ] as const) {
    polygon(pen, leaf, [
      [0, top],
      [wide, foot],
      [wide * 0.4, foot + 3],
      [-wide * 0.4, foot + 3],
      [-wide, foot],
    ])
    polygon(pen, darker(leaf, 0.25), [
      [0, top],
      [wide, foot],
      [wide * 0.4, foot + 3],
      [2, foot + 2],
    ])
    if (snowy) snowOn(pen, ink, [top, foot, wide])
  }
}

function snowOn(pen: Pen, ink: Ink, [top, foot, wide]: readonly [number, number, number]): void {
  const line = top + (foot - top) * 0.5
  polygon(pen, ink.tone('#f4f8ff'), [
    [0, top],
    [wide * 0.5, line],
    [wide * 0.26, line - 3],
    [wide * 0.06, line + 4],
    [-wide * 0.2, line - 2],
    [-wide * 0.5, line],
  ])
}

export function palm(pen: Pen, ink: Ink, timeMs: number): void {
  const leaf = ink.main ?? ink.tone('#3c8f4a')
  const sway = Math.sin(timeMs / 700) * 0.05
  stroke(pen, ink.tone('#8a6442'), 5, 'M-8 0C-4 -28 2 -46 8 -74')
  stroke(pen, ink.tone('#a07a52'), 2, 'M-8 0C-4 -28 2 -46 8 -74')
  for (const [index, turn] of [-2.9, -2.3, -1.75, -1.2, -0.6, -0.1, 0.35, 3.05].entries()) {
    const tone = index % 2 === 0 ? leaf : darker(leaf, 0.22)
    within(pen, [8, -74, 1, turn + sway * (1 + index * 0.2)], () => frond(pen, tone))
  }
  for (const [x, y] of [
    [5, -71],
    [11, -70],
    [8, -67],
  ] as const) {
    oval(pen, ink.tone('#5c4028'), [x, y, 3])
  }
}

function frond(pen: Pen, tone: string): void {
  pen.fillStyle = tone
  pen.beginPath()
  pen.moveTo(0, 0)
  pen.quadraticCurveTo(18, -10, 38, 6)
  pen.quadraticCurveTo(18, 0, 0, 0)
  pen.fill()
}

export function flower(pen: Pen, ink: Ink, timeMs: number): void {
  const petal = ink.main ?? ink.tone('#e6566f')
  const stem = ink.tone('#3f8a4a')
  const lean = Math.sin(timeMs / 750) * 3
  stroke(pen, stem, 3.4, `M0 0C-3 -24 2 -40 ${lean} -62`)
  oval(pen, stem, [11, -22, 12, 5, -0.6])
  oval(pen, darker(stem, 0.15), [-11, -30, 12, 5, 0.6])
  within(pen, [lean, -70, 1, lean / 40], () => {
    for (let index = 0; index < 9; index += 1) {
      const turn = (index / 9) * Math.PI * 2
      const tone = index % 2 === 0 ? petal : lighter(petal, 0.16)
      oval(pen, tone, [Math.cos(turn) * 15, Math.sin(turn) * 15, 13, 6.5, turn])
    }
    oval(pen, ink.tone('#f3bd3c'), [0, 0, 9])
    oval(pen, ink.tone('#c98a22'), [0, 1.5, 6])
  })
}

export function mushroom(pen: Pen, ink: Ink): void {
  const cap = ink.main ?? ink.tone('#cf3b3a')
  const stalk = ink.tone('#f1e7d2')
  polygon(pen, stalk, [
    [-9, 0],
    [9, 0],
    [7, -40],
    [-7, -40],
  ])
  polygon(pen, mix(stalk, '#8a7a66', 0.3), [
    [3, 0],
    [9, 0],
    [7, -40],
    [3, -40],
  ])
  pen.fillStyle = cap
  pen.beginPath()
  pen.moveTo(-36, -38)
  pen.bezierCurveTo(-34, -82, 34, -82, 36, -38)
  pen.quadraticCurveTo(0, -28, -36, -38)
  pen.fill()
  for (const [x, y, size] of [
    [-16, -52, 5],
    [4, -62, 6],
    [20, -48, 4.5],
    [0, -44, 3.4],
  ] as const) {
    oval(pen, ink.tone('#fbf4e6'), [x, y, size, size * 0.8])
  }
}
