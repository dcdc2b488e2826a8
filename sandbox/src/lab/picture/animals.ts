import { darker, lighter } from './colour.ts'
import type { Ink } from './figure.ts'
import { oval, type Pen, polygon, shape, stroke } from './pen.ts'

/** Animals that sit or stand and look at the viewer. */
export function cat(pen: Pen, ink: Ink, timeMs: number): void {
  const fur = ink.main ?? ink.tone('#e09a4c')
  const dark = darker(fur, 0.28)
  const wag = Math.sin(timeMs / 420) * 6
  stroke(pen, dark, 8, `M20 -8C44 -6 48 -26 ${40 + wag} -46`)
  stroke(pen, fur, 5, `M20 -8C44 -6 48 -26 ${40 + wag} -46`)
  shape(pen, fur, 'M-24 0C-30 -26 -18 -52 0 -52C18 -52 30 -26 24 0Z')
  oval(pen, lighter(fur, 0.45), [0, -16, 12, 17])
  for (const side of [-1, 1]) {
    oval(pen, dark, [side * 12, -3, 9.4, 5])
    oval(pen, lighter(fur, 0.2), [side * 12, -4, 8, 4])
    shape(pen, fur, `M${side * 6} -84L${side * 24} -102L${side * 27} -72Z`)
    shape(pen, ink.tone('#f2b5ae'), `M${side * 13} -84L${side * 22} -95L${side * 23} -78Z`)
  }
  oval(pen, fur, [0, -68, 27, 22])
  for (const [x, wide] of [
    [-7, 1.6],
    [0, 2],
    [7, 1.6],
  ] as const) {
    stroke(pen, dark, wide, `M${x} -89L${x * 0.8} -81`)
  }
  oval(pen, lighter(fur, 0.45), [-5, -59, 7.5, 6.2])
  oval(pen, lighter(fur, 0.45), [5, -59, 7.5, 6.2])
  eyes(pen, [10, -70, 4.8], { colour: '#8fcf5a', blink: blinks(timeMs) })
  shape(pen, ink.tone('#c9585a'), 'M-3 -64.5L3 -64.5L0 -61Z')
  stroke(pen, darker(fur, 0.6), 1.1, 'M0 -61C0 -57 -5 -56 -7 -58M0 -61C0 -57 5 -56 7 -58')
  for (const side of [-1, 1]) {
    stroke(
      pen,
      lighter(fur, 0.7),
      0.8,
      `M${side * 12} -60L${side * 33} -64M${side * 12} -58L${side * 33} -56`,
    )
  }
}

export function dog(pen: Pen, ink: Ink, timeMs: number): void {
  const fur = ink.main ?? ink.tone('#c08a56')
  const dark = darker(fur, 0.32)
  const wag = Math.sin(timeMs / 160) * 8
  stroke(pen, fur, 7, `M20 -12C34 -16 38 -28 ${38 + wag} -38`)
  shape(pen, fur, 'M-24 0C-30 -26 -20 -54 0 -54C20 -54 30 -26 24 0Z')
  oval(pen, lighter(fur, 0.5), [0, -22, 11, 20])
  for (const side of [-1, 1]) oval(pen, lighter(fur, 0.25), [side * 12, -4, 8.5, 4.6])
  oval(pen, fur, [0, -70, 25, 23])
  for (const side of [-1, 1]) oval(pen, dark, [side * 25, -68, 8, 19, side * -0.3])
  oval(pen, lighter(fur, 0.5), [0, -60, 13, 11])
  eyes(pen, [10, -74, 4], { colour: '#5a3a22', blink: blinks(timeMs) })
  oval(pen, '#2a2228', [0, -66, 5, 3.6])
  stroke(pen, '#4a3430', 1.3, 'M0 -63L0 -58M-7 -57C-4 -53 4 -53 7 -57')
  oval(pen, ink.tone('#e5737a'), [0, -51.5, 3.6, 5 + Math.sin(timeMs / 160)])
  stroke(pen, ink.tone('#c93a3f'), 4, 'M-17 -49C-8 -44 8 -44 17 -49')
  oval(pen, ink.tone('#f2c84a'), [0, -43, 3.2])
}

export function fox(pen: Pen, ink: Ink, timeMs: number): void {
  const fur = ink.main ?? ink.tone('#db6a2b')
  const pale = ink.tone('#fbf0e2')
  const wag = Math.sin(timeMs / 500) * 4
  shape(pen, fur, `M16 -4C46 4 60 -22 ${46 + wag} -48C44 -30 34 -28 18 -22Z`)
  shape(pen, pale, `M${47 + wag} -47C51 -38 51 -30 49 -24C44 -30 43 -36 ${46 + wag} -48Z`)
  shape(pen, fur, 'M-21 0C-27 -26 -16 -50 0 -50C16 -50 27 -26 21 0Z')
  shape(pen, pale, 'M-10 -44C-16 -24 -8 -8 0 -4C8 -8 16 -24 10 -44Z')
  for (const side of [-1, 1]) {
    oval(pen, '#33262a', [side * 11, -3.5, 7, 4])
    shape(pen, fur, `M${side * 5} -82L${side * 25} -104L${side * 26} -70Z`)
    shape(pen, '#33262a', `M${side * 19} -97.5L${side * 25} -104L${side * 25.6} -88Z`)
  }
  shape(pen, fur, 'M-30 -68C-22 -90 22 -90 30 -68C20 -62 10 -52 0 -46C-10 -52 -20 -62 -30 -68Z')
  for (const side of [-1, 1]) {
    shape(
      pen,
      pale,
      `M${side * 30} -68C${side * 20} -72 ${side * 8} -68 0 -50C${side * 10} -52 ${side * 20} -62 ${side * 30} -68Z`,
    )
  }
  eyes(pen, [11, -72, 3.6], { colour: '#5a3018', blink: blinks(timeMs) })
  oval(pen, '#2a2228', [0, -49, 4, 3.2])
}

export function bear(pen: Pen, ink: Ink, timeMs: number): void {
  const fur = ink.main ?? ink.tone('#7a5236')
  const pale = lighter(fur, 0.4)
  for (const side of [-1, 1]) {
    oval(pen, fur, [side * 20, -88, 10])
    oval(pen, pale, [side * 20, -88, 5.4])
    oval(pen, darker(fur, 0.2), [side * 30, -32, 9, 18, side * 0.4])
    oval(pen, darker(fur, 0.2), [side * 18, -6, 13, 9])
    oval(pen, pale, [side * 18, -5, 7.6, 5])
  }
  oval(pen, fur, [0, -30, 30, 30])
  oval(pen, pale, [0, -27, 19, 20])
  oval(pen, fur, [0, -72, 27, 24])
  oval(pen, pale, [0, -64, 13, 10.5])
  eyes(pen, [10.5, -75, 3.4], { colour: '#2a1c16', blink: blinks(timeMs) })
  oval(pen, '#2a2228', [0, -68, 5, 3.6])
  stroke(pen, '#3a2a26', 1.3, 'M0 -65L0 -61M-5 -59C-2 -57 2 -57 5 -59')
}

export function rabbit(pen: Pen, ink: Ink, timeMs: number): void {
  const fur = ink.main ?? ink.tone('#efe9e2')
  const pink = ink.tone('#f0b8bd')
  const twitch = Math.max(0, Math.sin(timeMs / 700)) * 0.12
  for (const side of [-1, 1]) {
    oval(pen, fur, [side * 12, -86, 7.4, 22, side * (0.14 + twitch)])
    oval(pen, pink, [side * 12.4, -86, 3.8, 16, side * (0.14 + twitch)])
  }
  oval(pen, fur, [27, -10, 8])
  shape(pen, fur, 'M-24 0C-30 -24 -18 -44 0 -44C18 -44 30 -24 24 0Z')
  oval(pen, lighter(fur, 0.6), [0, -16, 12, 15])
  for (const side of [-1, 1]) oval(pen, darker(fur, 0.08), [side * 14, -4, 11, 5])
  oval(pen, fur, [0, -56, 22, 18.5])
  for (const side of [-1, 1]) oval(pen, pink, [side * 13, -51, 4.4, 3])
  eyes(pen, [9, -59, 3.6], { colour: '#3a2430', blink: blinks(timeMs) })
  shape(pen, ink.tone('#d97b86'), 'M-3 -54L3 -54L0 -51Z')
  stroke(pen, '#5a4448', 1, 'M0 -51L0 -48M-4 -46C-2 -45 2 -45 4 -46')
}

export function penguin(pen: Pen, ink: Ink, timeMs: number): void {
  const coat = ink.main ?? ink.tone('#2c3548')
  const lift = Math.sin(timeMs / 300) * 0.18
  for (const side of [-1, 1]) {
    oval(pen, ink.tone('#f0963c'), [side * 11, -2, 10, 4])
    oval(pen, darker(coat, 0.2), [side * 29, -44, 7, 22, side * (-0.3 - lift)])
  }
  shape(pen, coat, 'M-28 -4C-36 -40 -26 -96 0 -96C26 -96 36 -40 28 -4C14 2 -14 2 -28 -4Z')
  shape(
    pen,
    ink.tone('#fbfaf4'),
    'M-20 -6C-27 -34 -20 -56 -16 -72C-14 -84 -2 -82 0 -76C2 -82 14 -84 16 -72C20 -56 27 -34 20 -6C8 -1 -8 -1 -20 -6Z',
  )
  eyes(pen, [8, -76, 3.2], { colour: '#22202a', blink: blinks(timeMs) })
  polygon(pen, ink.tone('#f0963c'), [
    [-6, -70],
    [6, -70],
    [0, -61],
  ])
  for (const side of [-1, 1]) oval(pen, ink.tone('#f6b7a8'), [side * 13, -68, 3.6, 2.4])
}

export function owl(pen: Pen, ink: Ink, timeMs: number): void {
  const plume = ink.main ?? ink.tone('#8b6b4a')
  const pale = lighter(plume, 0.45)
  stroke(pen, ink.tone('#5a4030'), 6, 'M-46 -2L46 -5')
  shape(
    pen,
    plume,
    'M-28 -6C-36 -44 -30 -84 -24 -98C-14 -90 14 -90 24 -98C30 -84 36 -44 28 -6C14 2 -14 2 -28 -6Z',
  )
  oval(pen, pale, [0, -28, 18, 24])
  for (let row = 0; row < 4; row += 1) {
    for (let at = -1; at <= 1; at += 1) {
      const x = at * 9 + (row % 2) * 4 - 2
      stroke(pen, darker(plume, 0.1), 1.8, `M${x - 3} ${-42 + row * 9}q3 4 6 0`)
    }
  }
  for (const side of [-1, 1]) {
    oval(pen, darker(plume, 0.25), [side * 28, -38, 7.5, 25, side * -0.14])
    oval(pen, pale, [side * 12.5, -70, 13.5])
  }
  eyes(pen, [12.5, -70, 8.4], { colour: '#f0b43c', blink: blinks(timeMs) })
  polygon(pen, ink.tone('#e39a36'), [
    [-4, -66],
    [4, -66],
    [0, -56],
  ])
}

export function horse(pen: Pen, ink: Ink, timeMs: number): void {
  const coat = ink.main ?? ink.tone('#9a6238')
  const mane = darker(coat, 0.45)
  const swish = Math.sin(timeMs / 420) * 5
  stroke(pen, mane, 7, `M-33 -50C-46 -46 -44 -26 ${-48 + swish} -14`)
  for (const [x, tone] of [
    [-20, darker(coat, 0.25)],
    [18, darker(coat, 0.25)],
    [-28, coat],
    [26, coat],
  ] as const) {
    stroke(pen, tone, 6.4, `M${x} -36L${x + 1} -18L${x} -4`)
    stroke(pen, mane, 6.8, `M${x} -4L${x + 1} -2`)
  }
  shape(
    pen,
    coat,
    'M-36 -44C-38 -60 -20 -62 -4 -58C8 -56 14 -60 20 -70C24 -80 30 -92 38 -92L40 -98L44 -91C50 -86 56 -76 58 -68C56 -62 50 -62 46 -68C42 -70 38 -68 36 -60C34 -44 32 -34 20 -32C6 -30 -10 -34 -22 -32C-32 -32 -35 -36 -36 -44Z',
  )
  stroke(pen, mane, 5.5, 'M37 -93C30 -90 24 -78 19 -66')
  oval(pen, '#22181a', [45, -82, 1.9])
  oval(pen, '#22181a', [54.5, -69, 1.2])
}

/** A pair of eyes `x` off the middle; shut for a moment now and then. */
export function eyes(
  pen: Pen,
  [x, y, size]: readonly [number, number, number],
  { colour, blink }: { colour: string; blink: boolean },
): void {
  for (const side of [-1, 1]) {
    if (blink) {
      stroke(pen, '#2a1f24', size * 0.4, `M${side * x - size} ${y}q${size} ${size * 0.8} ${size * 2} 0`)
      continue
    }
    oval(pen, colour, [side * x, y, size])
    oval(pen, '#17131a', [side * x, y, size * 0.58, size * 0.72])
    oval(pen, '#ffffff', [side * x - size * 0.28, y - size * 0.34, size * 0.28])
  }
}

export function blinks(timeMs: number): boolean {
  return timeMs % 2_600 > 2_450
}
