import { type Canvas, createCanvas } from '@napi-rs/canvas'
import type { Pen } from '../picture/pen.ts'
import type { SceneSize as Size } from '../picture/scene.ts'
import type { Layer } from '../picture/stage.ts'

/** A layer as it is put on every frame: drawn anew, or copied from where it was drawn once. */
export interface Sheet {
  readonly depth: number
  paint(pen: Pen, timeMs: number): void
}

/** Neighbours that hardly move against each other share one canvas: each costs a copy in every frame. */
const TOGETHER = 0.13

export function sheetsOf(layers: readonly Layer[], size: Size): Sheet[] {
  const sheets: Sheet[] = []
  let still: Layer[] = []
  const press = () => {
    if (still.length > 0) sheets.push(pressed(still, size))
    still = []
  }
  for (const layer of layers) {
    const first = still[0]
    if (layer.moving || (first !== undefined && Math.abs(layer.depth - first.depth) > TOGETHER)) press()
    if (layer.moving) sheets.push(layer)
    else still.push(layer)
  }
  press()
  return sheets
}

function pressed(layers: readonly Layer[], { width, height, margin }: Size): Sheet {
  const canvas = createCanvas(width + margin * 2, height)
  const pen = canvas.getContext('2d')
  pen.translate(margin, 0)
  for (const layer of layers) layer.paint(pen, 0)
  const top = firstRow(canvas)
  const sheet = top === 0 ? canvas : cutAbove(canvas, top)
  const depth = layers[layers.length - 1]?.depth ?? 0
  return { depth, paint: (to) => to.drawImage(sheet, -margin, top) }
}

function cutAbove(canvas: Canvas, top: number): Canvas {
  const cut = createCanvas(canvas.width, Math.max(1, canvas.height - top))
  cut.getContext('2d').drawImage(canvas, 0, -top)
  return cut
}

const ROWS_AT_ONCE = 8

/** The first row that is not empty, give or take; what lies above need not be copied. */
function firstRow(canvas: Canvas): number {
  const { width, height } = canvas
  const pixels = canvas.data()
  for (let y = 0; y < height; y += ROWS_AT_ONCE) {
    const end = Math.min(height, y + ROWS_AT_ONCE) * width * 4
    for (let at = y * width * 4 + 3; at < end; at += 4) if (pixels[at] !== 0) return y
  }
  return height - 1
}
