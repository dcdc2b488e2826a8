import { clear } from './colour.ts'
import { FONT, FONT_BOLD, openFonts } from './fonts.ts'
import { box, type Pen } from './pen.ts'

export interface Sheet {
  readonly width: number
  readonly height: number
}

const MAX_SHARE = 0.24

/** The prompt's words over a darkened foot of the picture, as large as they fit. */
export function paintCaption(pen: Pen, { width, height }: Sheet, text: string, accent: string): void {
  if (text === '') return
  openFonts()
  const unit = Math.sqrt(width * height) / 100
  const inset = Math.min(width, height) * 0.055
  const { lines, size } = fit(pen, text, { wide: width - inset * 2, tall: height * MAX_SHARE, unit })
  const step = size * 1.26
  const top = height - inset - step * lines.length
  const reach = top - unit * 10
  const scrim = pen.createLinearGradient(0, reach, 0, height)
  scrim.addColorStop(0, '#05081800')
  scrim.addColorStop(0.45, '#0508188c')
  scrim.addColorStop(1, '#050818dc')
  pen.fillStyle = scrim
  pen.fillRect(0, reach, width, height - reach)
  box(pen, accent, [inset, top - unit * 1.6, unit * 7, unit * 0.55])
  pen.font = `${size}px "${FONT_BOLD}"`
  pen.textBaseline = 'alphabetic'
  pen.textAlign = 'left'
  pen.shadowColor = '#000000a0'
  pen.shadowBlur = size * 0.16
  pen.fillStyle = '#ffffff'
  for (const [index, line] of lines.entries()) pen.fillText(line, inset, top + step * index + size * 1.02)
  pen.shadowColor = '#00000000'
  pen.shadowBlur = 0
}

/** The small mark that says where a picture comes from. */
export function paintMark(pen: Pen, { width, height }: Sheet): void {
  openFonts()
  const unit = Math.sqrt(width * height) / 100
  const text = 'AI generated'
  const size = Math.max(11, unit * 1.9)
  pen.font = `${size}px "${FONT}"`
  pen.textBaseline = 'middle'
  pen.textAlign = 'left'
  const wide = pen.measureText(text).width + size * 1.2
  const tall = size * 1.7
  const x = width - wide - unit * 2
  const y = unit * 2
  pen.fillStyle = clear('#0b0f24', 0.5)
  pen.beginPath()
  pen.roundRect(x, y, wide, tall, tall / 2)
  pen.fill()
  pen.fillStyle = '#ffffffe6'
  pen.fillText(text, x + size * 0.6, y + tall / 2)
}

interface Room {
  readonly wide: number
  readonly tall: number
  readonly unit: number
}

interface Setting {
  readonly lines: readonly string[]
  readonly size: number
}

const SIZES = [5.2, 4.6, 4.1, 3.6, 3.1, 2.7, 2.4]

function fit(pen: Pen, text: string, { wide, tall, unit }: Room): Setting {
  for (const units of SIZES) {
    const size = units * unit
    const lines = wrap(pen, text, { size, wide })
    const most = Math.floor(tall / (size * 1.26))
    if (lines.length <= Math.min(most, units > 4 ? 2 : units > 3 ? 4 : 6)) return { lines, size }
  }
  const size = 2.4 * unit
  const most = Math.max(1, Math.floor(tall / (size * 1.26)))
  const lines = wrap(pen, text, { size, wide: wide * 0.985 })
  const shown = lines.slice(0, most)
  return {
    lines: shown.map((line, index) => (index === most - 1 ? `${line.replace(/[\s,.;:]+$/, '')}…` : line)),
    size,
  }
}

function wrap(pen: Pen, text: string, { size, wide }: { size: number; wide: number }): string[] {
  pen.font = `${size}px "${FONT_BOLD}"`
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((whole) => broken(pen, whole, wide))) {
    const longer = line === '' ? word : `${line} ${word}`
    if (pen.measureText(longer).width <= wide) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    line = word
  }
  return line === '' ? lines : [...lines, line]
}

/** A word wider than the line, in pieces that fit. */
function broken(pen: Pen, word: string, wide: number): string[] {
  if (pen.measureText(word).width <= wide) return [word]
  const letters = [...word]
  const each = Math.max(1, Math.floor((letters.length * wide) / pen.measureText(word).width) - 1)
  return Array.from({ length: Math.ceil(letters.length / each) }, (_, index) =>
    letters.slice(index * each, (index + 1) * each).join(''),
  )
}
