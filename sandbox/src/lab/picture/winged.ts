import { darker, lighter } from './colour.ts'
import type { Ink } from './figure.ts'
import { oval, type Pen, polygon, shape, stroke, within } from './pen.ts'

/** Animals of the air and the water. */
export function bird(pen: Pen, ink: Ink, timeMs: number): void {
  const plume = ink.main ?? ink.tone('#3f7fb8')
  const flap = Math.sin(timeMs / 170)
  const tip = -62 - flap * 34
  shape(pen, darker(plume, 0.22), `M4 -50C10 -66 22 ${tip} 44 ${tip - 4}C36 -58 24 -46 10 -44Z`)
  shape(
    pen,
    plume,
    'M-44 -46C-28 -52 -18 -58 -2 -58C12 -58 20 -52 26 -50C20 -44 8 -38 -8 -40C-22 -40 -36 -38 -48 -40Z',
  )
  shape(pen, lighter(plume, 0.2), `M-10 -52C-6 -68 6 ${tip} 22 ${tip - 8}C20 -62 14 -48 2 -44Z`)
  polygon(pen, ink.tone('#f0a03c'), [
    [24, -53],
    [37, -49.5],
    [24, -47.5],
  ])
  oval(pen, '#1d1a22', [18, -52.5, 1.7])
}

export function butterfly(pen: Pen, ink: Ink, timeMs: number): void {
  const wing = ink.main ?? ink.tone('#e8813a')
  const open = 0.45 + 0.55 * Math.abs(Math.sin(timeMs / 230))
  for (const side of [-1, 1]) {
    within(pen, [0, -50, 1, side * 0.08], () => {
      pen.scale(side * open, 1)
      shape(pen, darker(wing, 0.5), 'M0 -4C10 -40 46 -46 48 -24C48 -6 24 2 0 4Z')
      shape(pen, wing, 'M3 -6C12 -34 42 -40 43 -24C43 -10 24 -2 3 2Z')
      shape(pen, darker(wing, 0.5), 'M0 0C20 -2 38 8 34 26C28 42 8 30 0 8Z')
      shape(pen, lighter(wing, 0.2), 'M3 3C18 2 33 10 30 24C25 36 10 26 3 10Z')
      oval(pen, lighter(wing, 0.6), [32, -24, 5])
      oval(pen, lighter(wing, 0.6), [21, 17, 4])
    })
  }
  oval(pen, '#2a2228', [0, -48, 3, 17])
  stroke(pen, '#2a2228', 1.2, 'M-1 -64C-4 -74 -8 -78 -12 -80M1 -64C4 -74 8 -78 12 -80')
}

export function fish(pen: Pen, ink: Ink, timeMs: number): void {
  const scale = ink.main ?? ink.tone('#f08a3c')
  const leap = Math.sin(timeMs / 500) * 6
  const beat = Math.sin(timeMs / 140) * 6
  within(pen, [0, -44 - leap, 1, -0.42], () => {
    shape(pen, darker(scale, 0.2), `M-26 0L${-50} ${-20 + beat}C-44 -4 -44 4 -50 ${20 + beat}Z`)
    shape(pen, darker(scale, 0.12), 'M-14 -14C-6 -32 12 -30 18 -15Z')
    shape(pen, scale, 'M-32 0C-18 -24 26 -26 42 0C26 22 -18 22 -32 0Z')
    shape(pen, lighter(scale, 0.5), 'M-28 3C-14 18 26 18 40 3C24 9 -12 9 -28 3Z')
    for (const x of [-6, 6]) stroke(pen, lighter(scale, 0.7), 3.4, `M${x} -16C${x + 5} -6 ${x + 5} 6 ${x} 15`)
    oval(pen, '#ffffff', [28, -5, 4.6])
    oval(pen, '#17131a', [29, -5, 2.6])
  })
  splash(pen, ink, timeMs)
}

export function whale(pen: Pen, ink: Ink, timeMs: number): void {
  const skin = ink.main ?? ink.tone('#3f6f9c')
  const bob = Math.sin(timeMs / 700) * 2.5
  within(pen, [0, bob, 1], () => {
    shape(
      pen,
      skin,
      'M-48 0C-50 -30 -24 -50 6 -46C28 -42 36 -22 44 -34C46 -44 38 -50 32 -54C44 -56 52 -50 50 -42C58 -50 66 -46 66 -38C58 -38 54 -30 50 -18C46 -4 40 0 34 0Z',
    )
    shape(pen, ink.tone('#dbe7ee'), 'M-47 0C-48 -10 -46 -16 -44 -18C-20 -8 4 -4 24 0Z')
    oval(pen, '#141820', [-30, -24, 2.6])
    stroke(pen, darker(skin, 0.4), 1.6, 'M-44 -17C-36 -12 -28 -11 -22 -13')
    const jet = 12 + Math.sin(timeMs / 300) * 3
    const spray = ink.tone('#e8f6fc')
    stroke(
      pen,
      spray,
      3,
      `M-8 -50C-8 ${-56 - jet} -18 ${-58 - jet} -22 ${-50 - jet}M-8 -50C-8 ${-56 - jet} 2 ${-58 - jet} 6 ${-50 - jet}`,
    )
  })
  splash(pen, ink, timeMs)
}

function splash(pen: Pen, ink: Ink, timeMs: number): void {
  const foam = ink.tone('#f2fafc')
  const swing = Math.sin(timeMs / 500) * 4
  for (const [x, wide] of [
    [-34, 18],
    [0, 26],
    [36, 17],
  ] as const) {
    oval(pen, foam, [x + swing, 1, wide, 2.6])
  }
}
