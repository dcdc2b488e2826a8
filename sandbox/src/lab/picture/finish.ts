import { type Canvas, createCanvas, ImageData } from '@napi-rs/canvas'
import type { Dice } from './dice.ts'
import { oval, type Pen } from './pen.ts'
import type { Style } from './styles.ts'

const TILE = 192

/** A breath of grain and darker corners: flat fields look printed, not computed. */
export function finish(pen: Pen, { width, height }: { width: number; height: number }, chance: Dice): void {
  darkenCorners(pen, { width, height })
  pen.save()
  pen.globalCompositeOperation = 'overlay'
  pen.globalAlpha = 0.075
  const pattern = pen.createPattern(grain(chance.fork('grain')), 'repeat')
  pen.fillStyle = pattern
  pen.fillRect(0, 0, width, height)
  pen.restore()
}

export function darkenCorners(pen: Pen, { width, height }: { width: number; height: number }): void {
  const inner = Math.min(width, height) * 0.42
  const outer = Math.hypot(width, height) * 0.6
  const shade = pen.createRadialGradient(width / 2, height * 0.46, inner, width / 2, height / 2, outer)
  shade.addColorStop(0, '#05081800')
  shade.addColorStop(1, '#05081866')
  pen.fillStyle = shade
  pen.fillRect(0, 0, width, height)
}

function grain(chance: Dice): Canvas {
  const tile = createCanvas(TILE, TILE)
  const dots = new Uint8ClampedArray(TILE * TILE * 4)
  for (let at = 0; at < dots.length; at += 4) {
    const tone = 128 + (chance.next() + chance.next() - 1) * 127
    dots.set([tone, tone, tone, 255], at)
  }
  tile.getContext('2d').putImageData(new ImageData(dots, TILE, TILE), 0, 0)
  return tile
}

/** Puts a style over a finished scene; `weight` (0 to 1) is how much of it. */
export function stylise(canvas: Canvas, style: Style, weight: number): Canvas {
  const { width, height } = canvas
  const styled = createCanvas(width, height)
  const pen = styled.getContext('2d')
  pen.drawImage(canvas, 0, 0)
  pen.globalAlpha = weight
  pen.filter = FILTERS[style](Math.sqrt(width * height) / 100)
  pen.drawImage(canvas, 0, 0)
  pen.filter = 'none'
  overlays[style](pen, width, height)
  pen.globalAlpha = 1
  return styled
}

const FILTERS: Readonly<Record<Style, (unit: number) => string>> = {
  漫画: () => 'contrast(1.35) saturate(1.25)',
  元气: () => 'saturate(1.7) brightness(1.08)',
  中世纪: () => 'sepia(0.75) contrast(0.95) brightness(0.94)',
  水彩: (unit) => `blur(${unit * 0.22}px) saturate(0.85) brightness(1.1)`,
}

const overlays: Readonly<Record<Style, (pen: Pen, width: number, height: number) => void>> = {
  漫画(pen, width, height) {
    const unit = Math.sqrt(width * height) / 100
    for (let y = 0; y < height; y += unit * 1.1) {
      for (let x = 0; x < width; x += unit * 1.1) {
        const shift = Math.round(y / (unit * 1.1)) % 2 === 0 ? 0 : unit * 0.55
        oval(pen, '#1a1a2a22', [x + shift, y, unit * 0.26])
      }
    }
    border(pen, [width, height], { wide: unit * 2.6, colour: '#fdfcf6' })
    border(pen, [width, height], { wide: unit * 0.5, colour: '#15151c', inset: unit * 2.4 })
  },
  元气(pen, width, height) {
    const reach = Math.hypot(width, height)
    pen.fillStyle = '#fffbe01c'
    for (let index = 0; index < 24; index += 2) {
      const [from, to] = [(index / 24) * Math.PI * 2, ((index + 1) / 24) * Math.PI * 2]
      pen.beginPath()
      pen.moveTo(width / 2, height * 0.5)
      pen.lineTo(width / 2 + Math.cos(from) * reach, height / 2 + Math.sin(from) * reach)
      pen.lineTo(width / 2 + Math.cos(to) * reach, height / 2 + Math.sin(to) * reach)
      pen.fill()
    }
  },
  中世纪(pen, width, height) {
    const unit = Math.sqrt(width * height) / 100
    border(pen, [width, height], { wide: unit * 3, colour: '#d9c08a' })
    border(pen, [width, height], { wide: unit * 0.4, colour: '#6a3a1c', inset: unit * 0.9 })
    border(pen, [width, height], { wide: unit * 0.6, colour: '#8a2a22', inset: unit * 2.7 })
  },
  水彩(pen, width, height) {
    const unit = Math.sqrt(width * height) / 100
    const paper = '#fbf8ef'
    for (let step = 0; step < 6; step += 1) {
      border(pen, [width, height], { wide: unit * (0.9 + step * 0.75), colour: `${paper}38` })
    }
    border(pen, [width, height], { wide: unit * 0.9, colour: paper })
  },
}

interface Border {
  readonly wide: number
  readonly colour: string
  readonly inset?: number
}

function border(
  pen: Pen,
  [width, height]: readonly [number, number],
  { wide, colour, inset = 0 }: Border,
): void {
  pen.strokeStyle = colour
  pen.lineWidth = wide
  const edge = inset + wide / 2
  pen.strokeRect(edge, edge, width - edge * 2, height - edge * 2)
}
