import { type Canvas, createCanvas, type Image } from '@napi-rs/canvas'
import { clear } from '../picture/colour.ts'
import { drawCover } from '../picture/decode.ts'
import type { Dice } from '../picture/dice.ts'
import { glow, type Pen } from '../picture/pen.ts'
import { frameRing } from '../picture/people.ts'
import { composeScene, type SceneSize as Size } from '../picture/scene.ts'
import type { Camera } from './camera.ts'
import { sheetsOf } from './sheets.ts'

/** One moment of a film. */
export interface Moment {
  readonly timeMs: number
  /** 0 at the first frame, 1 at the last. */
  readonly progress: number
}

export type Scenery = (pen: Pen, moment: Moment) => void

/** A drawn scene, its sheets moving against each other as the camera goes. */
export function drawnScenery(
  prompt: string,
  chance: Dice,
  { size, camera }: { size: Size; camera: Camera },
): Scenery {
  const sheets = sheetsOf(composeScene(prompt, chance, size), size)
  return (pen, { timeMs, progress }) => {
    const { x, y, zoom } = camera(progress)
    pen.save()
    aim(pen, size, { zoom, y })
    for (const sheet of sheets) {
      // Whole pixels: a copy between two costs four times as much and blurs.
      const shift = Math.round(-x * size.margin * (0.15 + 0.85 * sheet.depth))
      pen.translate(shift, 0)
      sheet.paint(pen, timeMs)
      pen.translate(-shift, 0)
    }
    pen.restore()
  }
}

function aim(pen: Pen, { width, height }: Size, { zoom, y }: { zoom: number; y: number }): void {
  if (zoom === 1) return
  const room = (height * (zoom - 1)) / 2
  pen.translate(width / 2, height / 2 - y * room * 0.95)
  pen.scale(zoom, zoom)
  pen.translate(-width / 2, -height / 2)
}

const TRAVEL = 0.16

/** A given picture that starts or ends as it is, and in between is travelled over, with dust in its light. */
export function picturedScenery(
  picture: Image,
  chance: Dice,
  { size, ends }: { size: Size; ends: 'first' | 'last' },
): Scenery {
  const { width, height } = size
  const large = createCanvas(Math.ceil(width * (1 + TRAVEL)), Math.ceil(height * (1 + TRAVEL)))
  drawCover(large.getContext('2d'), picture, [0, 0, large.width, large.height])
  const aside = { x: chance.between(-1, 1), y: chance.between(-0.8, 0.2) }
  const dust = dustOf(chance.fork('dust'), size)
  return (pen, moment) => {
    const gone = ease(ends === 'first' ? moment.progress : 1 - moment.progress)
    const [cutWidth, cutHeight] = [large.width / (1 + TRAVEL * gone), large.height / (1 + TRAVEL * gone)]
    const x = ((large.width - cutWidth) / 2) * (1 + aside.x * 0.9)
    const y = ((large.height - cutHeight) / 2) * (1 + aside.y * 0.9)
    pen.drawImage(large, x, y, cutWidth, cutHeight, 0, 0, width, height)
    const alpha = pen.globalAlpha
    pen.globalAlpha = alpha * Math.min(1, gone * 5)
    dust(pen, moment)
    pen.globalAlpha = alpha
  }
}

function dustOf(chance: Dice, { width, height }: Size): Scenery {
  const unit = Math.sqrt(width * height) / 100
  const motes = Array.from({ length: 26 }, () => ({
    x: chance.next() * width,
    y: chance.next() * height,
    size: unit * chance.between(0.6, 2.6),
    phase: chance.between(0, 6),
    speed: chance.between(0.4, 1.4),
  }))
  return (pen, { timeMs }) => {
    for (const { x, y, size, phase, speed } of motes) {
      const up = (y - (timeMs / 1000) * unit * 4 * speed + height * 2) % height
      const shine = 0.22 * (0.5 + 0.5 * Math.sin(timeMs / 500 + phase * 3))
      glow(
        pen,
        [x + Math.sin(timeMs / 900 + phase) * unit * 3, up, size],
        clear('#fff6d8', shine),
        '#fff6d800',
      )
    }
  }
}

/** The subject of a reference picture in a round frame, swaying before the scene. */
export function medallion(picture: Image, { width, height }: Size): Scenery {
  const radius = Math.min(width, height) * 0.23
  const side = Math.ceil(radius * 2.5)
  const sprite: Canvas = createCanvas(side, side)
  const pen = sprite.getContext('2d')
  frameRing(pen, [side / 2, side / 2, radius], '#c9a24e')
  pen.beginPath()
  pen.arc(side / 2, side / 2, radius, 0, Math.PI * 2)
  pen.clip()
  drawCover(pen, picture, [side / 2 - radius, side / 2 - radius, radius * 2, radius * 2])
  return (to, { timeMs, progress }) => {
    const x = width * (0.36 + 0.28 * ease(progress)) - side / 2
    const y = height * 0.4 + Math.sin(timeMs / 600) * height * 0.015 - side / 2
    to.drawImage(sprite, x, y)
  }
}

/** One after the other, the second coming through the first between two moments. */
export function dissolve(before: Scenery, after: Scenery, [from, to]: readonly [number, number]): Scenery {
  return (pen, moment) => {
    const share = ease(Math.max(0, Math.min(1, (moment.progress - from) / (to - from))))
    if (share < 1) before(pen, moment)
    if (share === 0) return
    pen.save()
    pen.globalAlpha = share
    after(pen, moment)
    pen.restore()
  }
}

function ease(progress: number): number {
  return progress * progress * (3 - 2 * progress)
}
