import { darker, lighter } from './colour.ts'
import type { Ink } from './figure.ts'
import { box, glow, oval, type Pen, polygon, shape, stroke, within } from './pen.ts'

export function boat(pen: Pen, ink: Ink, timeMs: number): void {
  const sail = ink.main ?? ink.tone('#fbf4e4')
  within(pen, [0, Math.sin(timeMs / 620) * 1.6, 1, Math.sin(timeMs / 800) * 0.03], () => {
    stroke(pen, ink.tone('#6a4630'), 2.6, 'M0 -12V-98')
    shape(pen, sail, 'M3 -96C26 -74 38 -48 40 -24L3 -20Z')
    shape(pen, darker(sail, 0.1), 'M3 -96C14 -74 16 -48 14 -21L3 -20Z')
    shape(pen, darker(sail, 0.06), 'M-3 -90C-16 -66 -26 -44 -30 -22L-3 -19Z')
    shape(pen, ink.tone('#d8343b'), 'M0 -98L13 -102L0 -106Z')
    shape(pen, ink.tone('#8a4a34'), 'M-42 -15L46 -15C42 -4 34 2 24 2L-26 2C-34 0 -40 -6 -42 -15Z')
    box(pen, ink.tone('#f0e2c8'), [-41, -15, 86, 3])
  })
  const foam = ink.tone('#eef8fb')
  oval(pen, foam, [-6 + Math.sin(timeMs / 500) * 3, 2.6, 40, 1.6])
  oval(pen, foam, [30, 3.4, 20, 1.2])
}

export function car(pen: Pen, ink: Ink, timeMs: number): void {
  const paint = ink.main ?? ink.tone('#d8443c')
  const hop = Math.sin(timeMs / 110) * 0.5
  within(pen, [0, hop, 1], () => {
    shape(
      pen,
      paint,
      'M-48 -14C-50 -30 -44 -34 -32 -36C-26 -52 -20 -56 -2 -56C16 -56 24 -50 32 -36C46 -34 50 -28 50 -14C50 -10 46 -9 42 -9L-42 -9C-46 -9 -48 -10 -48 -14Z',
    )
    shape(pen, ink.tone('#a8d6ea'), 'M-27 -36C-23 -48 -18 -51 -4 -51L-4 -36Z')
    shape(pen, ink.tone('#8fc3de'), 'M0 -51C14 -51 20 -47 27 -36L0 -36Z')
    shape(pen, darker(paint, 0.25), 'M-49 -20H50V-13C50 -10 46 -9 42 -9H-42C-46 -9 -49 -10 -49 -15Z')
    stroke(pen, lighter(paint, 0.4), 1.2, 'M-44 -30H44')
    oval(pen, '#fff0b8', [47, -25, 3, 3.8])
    if (ink.dark) glow(pen, [54, -24, 26], '#fff0b890', '#fff0b800')
  })
  for (const x of [-27, 28]) {
    oval(pen, '#22242c', [x, -10, 10.5])
    oval(pen, '#b8bec8', [x, -10, 5.4])
    const turn = timeMs / 130
    stroke(
      pen,
      '#6a707c',
      1.6,
      `M${x - Math.cos(turn) * 5} ${-10 - Math.sin(turn) * 5}L${x + Math.cos(turn) * 5} ${-10 + Math.sin(turn) * 5}`,
    )
  }
}

export function train(pen: Pen, ink: Ink, timeMs: number): void {
  const paint = ink.main ?? ink.tone('#2f6f8f')
  const brass = ink.tone('#d9a93f')
  for (let puff = 0; puff < 6; puff += 1) {
    const age = (timeMs / 40 + puff * 15) % 90
    oval(
      pen,
      `#f4f4f4${Math.round(150 * (1 - age / 90))
        .toString(16)
        .padStart(2, '0')}`,
      [30 - age * 0.9, -72 - age * 0.24, 5 + age * 0.13],
    )
  }
  box(pen, ink.tone('#4a4a50'), [-56, -2, 112, 2])
  box(pen, darker(paint, 0.25), [-46, -20, 92, 8])
  shape(pen, paint, 'M-10 -44H34C42 -44 44 -18 34 -18H-10Z')
  box(pen, darker(paint, 0.12), [-44, -66, 34, 48])
  box(pen, ink.dark ? '#ffd98a' : ink.tone('#a8d6ea'), [-37, -58, 18, 16])
  box(pen, ink.tone('#2f333d'), [-48, -71, 42, 6])
  polygon(pen, ink.tone('#2f333d'), [
    [25, -44],
    [35, -44],
    [38, -66],
    [22, -66],
  ])
  oval(pen, brass, [10, -46, 6, 5])
  for (const x of [0, 16]) box(pen, brass, [x, -44, 2, 26])
  polygon(pen, ink.tone('#b5483a'), [
    [40, -14],
    [56, -2],
    [40, -2],
  ])
  const turn = timeMs / 160
  for (const [x, size] of [
    [-32, 11],
    [-6, 8],
    [12, 8],
    [30, 8],
  ] as const) {
    oval(pen, '#23252c', [x, -size - 1, size])
    oval(pen, ink.tone('#c8443c'), [x, -size - 1, size * 0.66])
    stroke(
      pen,
      '#23252c',
      1.4,
      `M${x} ${-size - 1}l${Math.cos(turn) * size * 0.6} ${Math.sin(turn) * size * 0.6}`,
    )
  }
}

export function plane(pen: Pen, ink: Ink, timeMs: number): void {
  const paint = ink.main ?? ink.tone('#f2f4f7')
  within(pen, [0, Math.sin(timeMs / 700) * 2, 1, -0.1], () => {
    polygon(pen, darker(paint, 0.3), [
      [4, -54],
      [-14, -76],
      [-4, -77],
      [20, -55],
    ])
    shape(
      pen,
      paint,
      'M-48 -54C-48 -60 -40 -61 -20 -61H24C40 -61 48 -56 52 -50C46 -45 36 -44 22 -44H-24C-40 -46 -48 -50 -48 -54Z',
    )
    polygon(pen, ink.tone('#d8444a'), [
      [-46, -57],
      [-56, -78],
      [-46, -78],
      [-32, -60],
    ])
    polygon(pen, darker(paint, 0.15), [
      [6, -48],
      [-22, -24],
      [-10, -23],
      [24, -47],
    ])
    for (let x = -28; x < 26; x += 8) oval(pen, ink.tone('#3a5a80'), [x, -54, 2])
    shape(pen, ink.tone('#3a5a80'), 'M38 -57C44 -56 47 -53 49 -51L36 -52Z')
  })
}

export function rocket(pen: Pen, ink: Ink, timeMs: number): void {
  const hull = ink.main ?? ink.tone('#eef1f6')
  const fin = ink.tone(ink.main === undefined ? '#d8444a' : '#3a4258')
  const flame = 22 + Math.sin(timeMs / 60) * 5
  within(pen, [0, -22, 0.82, 0.22], () => {
    glow(pen, [0, 8, 34], '#ffb84a80', '#ffb84a00')
    shape(pen, '#ff9a3c', `M-9 -4C-11 8 -3 14 0 ${flame}C3 14 11 8 9 -4Z`)
    shape(pen, '#ffe9a0', `M-5 -4C-6 4 -2 8 0 ${flame * 0.6}C2 8 6 4 5 -4Z`)
    for (const side of [-1, 1])
      shape(
        pen,
        fin,
        `M${side * 13} -38C${side * 26} -26 ${side * 28} -12 ${side * 27} 0C${side * 22} -8 ${side * 16} -10 ${side * 11} -8Z`,
      )
    shape(pen, hull, 'M-13 -6C-20 -44 -14 -78 0 -100C14 -78 20 -44 13 -6Z')
    shape(pen, darker(hull, 0.16), 'M3 -6C10 -44 8 -78 0 -100C14 -78 20 -44 13 -6Z')
    shape(pen, fin, 'M-9.6 -78C-7 -87 -3.6 -94 0 -100C3.6 -94 7 -87 9.6 -78C4 -76 -4 -76 -9.6 -78Z')
    oval(pen, ink.tone('#8a94a4'), [0, -56, 8.6])
    oval(pen, ink.tone('#3fa0d8'), [0, -56, 6.2])
    oval(pen, '#ffffff90', [-2, -58, 2])
  })
}

export function balloon(pen: Pen, ink: Ink, timeMs: number): void {
  const silk = ink.main ?? ink.tone('#e0574f')
  within(pen, [Math.sin(timeMs / 1100) * 3, Math.sin(timeMs / 800) * 2, 1], () => {
    stroke(pen, ink.tone('#6a5040'), 0.9, 'M-16 -36L-7 -13M16 -36L7 -13M-5 -32L-3 -13M5 -32L3 -13')
    const dome =
      'M0 -100C34 -100 46 -74 36 -54C30 -42 20 -38 16 -32H-16C-20 -38 -30 -42 -36 -54C-46 -74 -34 -100 0 -100Z'
    shape(pen, silk, dome)
    shape(
      pen,
      lighter(silk, 0.62),
      'M0 -100C20 -100 27 -76 21 -54C18 -42 11 -38 9 -32H-9C-11 -38 -18 -42 -21 -54C-27 -76 -20 -100 0 -100Z',
    )
    shape(
      pen,
      darker(silk, 0.08),
      'M0 -100C7 -100 10 -76 8 -54C7 -42 4 -38 3.4 -32H-3.4C-4 -38 -7 -42 -8 -54C-10 -76 -7 -100 0 -100Z',
    )
    shape(pen, '#0b0f2426', 'M0 -100C34 -100 46 -74 36 -54C30 -42 20 -38 16 -32H6C22 -44 30 -76 0 -100Z')
    if (ink.dark) glow(pen, [0, -34, 30], '#ffd98aa0', '#ffd98a00')
    shape(pen, ink.tone('#8a5a34'), 'M-8 -14H8L6.4 0H-6.4Z')
    box(pen, ink.tone('#6a4226'), [-9, -15, 18, 3])
  })
}

export function umbrella(pen: Pen, ink: Ink, timeMs: number): void {
  const cloth = ink.main ?? ink.tone('#d8343b')
  within(pen, [0, 0, 1, 0.12 + Math.sin(timeMs / 700) * 0.02], () => {
    stroke(pen, ink.tone('#5a4636'), 2.6, 'M0 -84V-12C0 -2 10 -2 10 -10')
    shape(
      pen,
      cloth,
      'M-46 -44C-44 -78 -20 -90 0 -90C20 -90 44 -78 46 -44C40 -50 36 -50 31 -44C26 -50 20 -50 15 -44C10 -50 -10 -50 -15 -44C-20 -50 -26 -50 -31 -44C-36 -50 -40 -50 -46 -44Z',
    )
    shape(
      pen,
      lighter(cloth, 0.5),
      'M-15 -44C-14 -70 -6 -88 0 -90C6 -88 14 -70 15 -44C10 -50 -10 -50 -15 -44Z',
    )
    shape(pen, darker(cloth, 0.2), 'M31 -44C30 -68 18 -86 0 -90C20 -90 44 -78 46 -44C40 -50 36 -50 31 -44Z')
    stroke(pen, ink.tone('#5a4636'), 2, 'M0 -90V-96')
  })
}

export function cup(pen: Pen, ink: Ink, timeMs: number): void {
  const clay = ink.main ?? ink.tone('#f4efe6')
  for (const [index, x] of [-14, 0, 14].entries()) {
    const bend = Math.sin(timeMs / 420 + index * 2) * 6
    stroke(pen, '#ffffff70', 4, `M${x} -64C${x + bend} -74 ${x - bend} -82 ${x + bend * 0.6} -94`)
  }
  oval(pen, ink.tone('#c9bfae'), [0, -3, 46, 6])
  oval(pen, ink.tone('#e6ddcc'), [0, -5, 44, 5])
  stroke(pen, darker(clay, 0.12), 6, 'M28 -46C48 -48 48 -20 24 -20')
  shape(pen, clay, 'M-34 -56H34C34 -28 26 -8 14 -6H-14C-26 -8 -34 -28 -34 -56Z')
  shape(pen, darker(clay, 0.14), 'M12 -56H34C34 -28 26 -8 14 -6H4C14 -16 16 -36 12 -56Z')
  oval(pen, darker(clay, 0.08), [0, -56, 34, 8])
  oval(pen, ink.tone('#5a3826'), [0, -55, 29, 6])
  oval(pen, ink.tone('#c99a6a'), [-2, -55, 14, 3])
}

export function cake(pen: Pen, ink: Ink, timeMs: number): void {
  const icing = ink.main ?? ink.tone('#f4a9c4')
  oval(pen, ink.tone('#dfe3ea'), [0, -3, 48, 6])
  box(pen, ink.tone('#e8c48a'), [-38, -32, 76, 28])
  box(pen, ink.tone('#c9784e'), [-38, -20, 76, 5])
  shape(
    pen,
    icing,
    'M-38 -34H38V-24C34 -16 28 -16 26 -24C22 -14 16 -14 13 -23C8 -12 2 -14 0 -23C-4 -14 -10 -14 -13 -23C-18 -12 -24 -14 -26 -24C-30 -16 -36 -18 -38 -24Z',
  )
  box(pen, ink.tone('#f2d9ae'), [-25, -56, 50, 24])
  shape(
    pen,
    lighter(icing, 0.3),
    'M-25 -58H25V-48C20 -40 14 -42 12 -48C8 -38 2 -40 0 -47C-4 -38 -10 -40 -12 -48C-16 -40 -22 -42 -25 -48Z',
  )
  for (const [index, x] of [-15, 0, 15].entries()) {
    box(pen, ['#58a8e0', '#f7d04a', '#e0574f'][index] ?? '#ffffff', [x - 1.8, -76, 3.6, 18])
    const flick = Math.sin(timeMs / 90 + index * 2) * 1.2
    glow(pen, [x, -82, 16], '#ffc85a90', '#ffc85a00')
    shape(
      pen,
      '#ffb347',
      `M${x - 3} -78C${x - 4} -84 ${x + flick} -88 ${x + flick} -92C${x + 3} -86 ${x + 4} -82 ${x + 3} -78Z`,
    )
  }
}

export function apple(pen: Pen, ink: Ink): void {
  const skin = ink.main ?? ink.tone('#d8343b')
  stroke(pen, ink.tone('#5a3d26'), 4, 'M0 -76C0 -86 4 -92 8 -97')
  shape(pen, ink.tone('#4f9a4d'), 'M6 -86C16 -100 32 -98 38 -92C30 -82 18 -80 6 -86Z')
  shape(
    pen,
    skin,
    'M0 -76C20 -90 44 -74 42 -46C40 -18 22 0 10 -1C4 -2 -4 -2 -10 -1C-22 0 -40 -18 -42 -46C-44 -74 -20 -90 0 -76Z',
  )
  shape(pen, darker(skin, 0.2), 'M22 -82C38 -80 44 -64 42 -46C40 -18 22 0 10 -1C30 -16 40 -52 22 -82Z')
  oval(pen, lighter(skin, 0.55), [-22, -60, 6, 10, 0.5])
}

export function heart(pen: Pen, ink: Ink, timeMs: number): void {
  const red = ink.main ?? ink.tone('#e0364f')
  const beat = 1 + Math.max(0, Math.sin(timeMs / 240)) * 0.06
  within(pen, [0, -50, beat], () => {
    glow(pen, [0, 0, 64], `${lighter(red, 0.3)}70`, `${red}00`)
    shape(pen, red, 'M0 40C-30 18 -46 0 -44 -20C-42 -40 -14 -46 0 -22C14 -46 42 -40 44 -20C46 0 30 18 0 40Z')
    shape(pen, darker(red, 0.2), 'M0 40C22 18 34 -6 30 -36C40 -34 44 -28 44 -20C46 0 30 18 0 40Z')
    oval(pen, lighter(red, 0.6), [-24, -22, 7, 10, 0.7])
  })
}

export function star(pen: Pen, ink: Ink, timeMs: number): void {
  const gold = ink.main ?? '#ffd45a'
  within(pen, [0, -50, 1 + Math.sin(timeMs / 400) * 0.04, Math.sin(timeMs / 1300) * 0.12], () => {
    glow(pen, [0, 0, 74], `${lighter(gold, 0.3)}80`, `${gold}00`)
    const points = Array.from({ length: 10 }, (_, index): [number, number] => {
      const radius = index % 2 === 0 ? 46 : 20
      const turn = (index / 10) * Math.PI * 2 - Math.PI / 2
      return [Math.cos(turn) * radius, Math.sin(turn) * radius]
    })
    polygon(pen, gold, points)
    for (let index = 0; index < 10; index += 2) {
      polygon(pen, darker(gold, 0.16), [[0, 0], points[index] ?? [0, 0], points[(index + 1) % 10] ?? [0, 0]])
    }
  })
}

export function lantern(pen: Pen, ink: Ink, timeMs: number): void {
  const paper = ink.main ?? '#e0442f'
  within(pen, [0, -50 + Math.sin(timeMs / 900) * 3, 1, Math.sin(timeMs / 1000) * 0.05], () => {
    glow(pen, [0, 0, 78], '#ffb45a80', '#ffb45a00')
    box(pen, ink.tone('#8a5a2a'), [-13, -40, 26, 6])
    box(pen, ink.tone('#8a5a2a'), [-13, 33, 26, 6])
    oval(pen, paper, [0, 0, 38, 35])
    for (const wide of [25, 10]) {
      pen.strokeStyle = darker(paper, 0.25)
      pen.lineWidth = 1.4
      pen.beginPath()
      pen.ellipse(0, 0, wide, 35, 0, 0, Math.PI * 2)
      pen.stroke()
    }
    glow(pen, [0, 4, 30], '#ffe9a0d0', '#ffe9a000')
    stroke(pen, ink.tone('#d9a93f'), 1.6, 'M-5 39V52M0 39V56M5 39V52')
  })
}
