import { blinks, eyes } from './animals.ts'
import { darker, lighter } from './colour.ts'
import type { Ink } from './figure.ts'
import { box, oval, type Pen, shape, stroke } from './pen.ts'

export function person(pen: Pen, ink: Ink, timeMs: number): void {
  const coat = ink.main ?? ink.tone('#c94a4a')
  const skin = ink.tone('#e8b48c')
  const hair = ink.tone('#4a3026')
  const wave = Math.sin(timeMs / 260) * 5
  for (const side of [-1, 1]) {
    stroke(pen, ink.tone('#34405c'), 6.4, `M${side * 5} -32L${side * 6.5} -3`)
    oval(pen, ink.tone('#2a2a34'), [side * 8.5, -1.6, 5.6, 2.6])
  }
  stroke(pen, darker(coat, 0.15), 5.6, 'M-12 -56C-19 -46 -19 -38 -16 -32')
  oval(pen, skin, [-16, -31, 3.2])
  stroke(pen, darker(coat, 0.15), 5.6, `M12 -56C20 -56 24 -64 ${25 + wave * 0.4} -73`)
  oval(pen, skin, [25 + wave * 0.4, -75, 3.4])
  shape(pen, coat, 'M-13 -60C-8 -65 8 -65 13 -60L18 -27C8 -23 -8 -23 -18 -27Z')
  stroke(pen, lighter(coat, 0.35), 1.4, 'M0 -63L0 -25')
  stroke(pen, ink.tone('#f0d9a0'), 5, 'M-9 -63C-3 -59 3 -59 9 -63')
  oval(pen, hair, [0, -83, 15, 15.6])
  oval(pen, skin, [0, -79, 11.6, 12])
  shape(pen, hair, 'M-13 -80C-13 -97 13 -97 13 -80C8 -88 0 -89 -6 -88C-10 -86 -12 -84 -13 -80Z')
  eyes(pen, [4.6, -79, 1.7], { colour: '#2a1c16', blink: blinks(timeMs) })
  stroke(pen, ink.tone('#a8524a'), 1.2, 'M-3.4 -73.4C-1.4 -71.6 1.4 -71.6 3.4 -73.4')
  for (const side of [-1, 1]) oval(pen, ink.tone('#eb9a86'), [side * 7.6, -75, 2.2, 1.5])
}

export function robot(pen: Pen, ink: Ink, timeMs: number): void {
  const steel = ink.main ?? ink.tone('#7f95ab')
  const dark = darker(steel, 0.35)
  const pulse = 0.5 + 0.5 * Math.sin(timeMs / 240)
  for (const side of [-1, 1]) {
    box(pen, dark, [side * 11 - 4, -24, 8, 20])
    shape(pen, steel, `M${side * 12 - 9} 0L${side * 12 - 7} -7L${side * 12 + 7} -7L${side * 12 + 9} 0Z`)
    stroke(pen, dark, 6, `M${side * 23} -52C${side * 33} -46 ${side * 33} -36 ${side * 30} -28`)
    oval(pen, steel, [side * 30, -26, 5.4])
  }
  round(pen, steel, [-22, -60, 44, 38, 7])
  round(pen, lighter(steel, 0.35), [-14, -53, 28, 18, 3])
  for (const [x, hue] of [
    [-8, '#e0574f'],
    [0, '#f7d04a'],
    [8, '#58c878'],
  ] as const) {
    oval(pen, hue, [x, -44, 2.6])
  }
  box(pen, dark, [-5, -65, 10, 6])
  round(pen, steel, [-24, -94, 48, 30, 9])
  round(pen, ink.tone('#16202e'), [-18, -89, 36, 19, 7])
  for (const side of [-1, 1])
    oval(pen, lighter('#3fd8e8', pulse * 0.4), [side * 8.4, -80, 4, blinks(timeMs) ? 0.8 : 4])
  stroke(pen, '#3fd8e8', 1.4, 'M-5 -74C-2 -72 2 -72 5 -74')
  stroke(pen, dark, 2.4, 'M0 -94L0 -102')
  oval(pen, lighter('#e0574f', pulse * 0.5), [0, -103, 3.4])
}

export function astronaut(pen: Pen, ink: Ink, timeMs: number): void {
  const suit = ink.main ?? ink.tone('#eef1f5')
  const dark = darker(suit, 0.2)
  const wave = Math.sin(timeMs / 320) * 5
  round(pen, darker(suit, 0.35), [-24, -66, 48, 40, 8])
  for (const side of [-1, 1]) {
    stroke(pen, suit, 13, `M${side * 9} -28L${side * 10} -8`)
    round(pen, dark, [side * 10 - 8, -8, 16, 8, 3])
  }
  stroke(pen, suit, 11, 'M-18 -54C-28 -46 -28 -40 -26 -32')
  oval(pen, dark, [-26, -29, 5.6])
  stroke(pen, suit, 11, `M18 -56C28 -60 32 -68 ${32 + wave * 0.4} -76`)
  oval(pen, dark, [32 + wave * 0.4, -80, 5.6])
  round(pen, suit, [-20, -64, 40, 40, 12])
  round(pen, ink.tone('#c9d2de'), [-11, -50, 22, 14, 3])
  box(pen, '#d8444a', [-8, -47, 6, 3])
  box(pen, '#3a86d8', [1, -47, 6, 3])
  oval(pen, suit, [0, -80, 22])
  oval(pen, ink.tone('#1c2a4a'), [1, -79, 16, 14])
  shape(pen, '#ffffff66', 'M-9 -84C-6 -90 2 -92 8 -90C2 -89 -4 -86 -6 -80Z')
  oval(pen, '#f0b06066', [8, -73, 5, 3.4, -0.5])
}

function round(
  pen: Pen,
  colour: string,
  [x, y, wide, tall, corner]: readonly [number, number, number, number, number],
): void {
  pen.fillStyle = colour
  pen.beginPath()
  pen.roundRect(x, y, wide, tall, corner)
  pen.fill()
}

/** A cut-out in a round frame, for a picture that came with the prompt. */
export function frameRing(pen: Pen, [x, y, radius]: readonly [number, number, number], colour: string): void {
  oval(pen, '#00000040', [x, y + radius * 0.06, radius * 1.12])
  oval(pen, '#fdfaf2', [x, y, radius * 1.1])
  pen.strokeStyle = colour
  pen.lineWidth = radius * 0.03
  pen.beginPath()
  pen.arc(x, y, radius * 1.05, 0, Math.PI * 2)
  pen.stroke()
}
