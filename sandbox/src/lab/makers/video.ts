import { setImmediate as turn } from 'node:timers/promises'
import { createCanvas } from '@napi-rs/canvas'
import { cameraOf, withoutCommands } from '../film/camera.ts'
import { compose } from '../film/chord.ts'
import { openFilm } from '../film/encode.ts'
import { dissolve, drawnScenery, medallion, picturedScenery, type Scenery } from '../film/scenery.ts'
import type { Maker } from '../orders.ts'
import { paintCaption, paintMark } from '../picture/caption.ts'
import { decode } from '../picture/decode.ts'
import { type Dice, dice } from '../picture/dice.ts'
import { darkenCorners } from '../picture/finish.ts'
import { spell } from '../picture/spelling.ts'
import { readWish } from '../picture/wish.ts'
import { accentOf } from './image.ts'

export interface VideoOrder {
  readonly prompt: string
  /** Everything that makes this film another one. */
  readonly chance: readonly string[]
  /** Both even. */
  readonly width: number
  readonly height: number
  readonly durationMs: number
  /** Bytes of pictures. */
  readonly firstFrame: Uint8Array | undefined
  readonly lastFrame: Uint8Array | undefined
  readonly subject: Uint8Array | undefined
  readonly isMarked: boolean
}

/** An MP4 of H.264 and AAC. */
export type VideoProduct = Uint8Array

const FRAMES_PER_SECOND = 12
const MARGIN = 0.045
/** AAC comes in whole frames and with a lead of its own; it must not end after the pictures. */
const SOUND_SHORTER_MS = 60

export const makeVideo: Maker<'video'> = async (order, bench) => {
  const { width, height, durationMs } = order
  const chance = dice(order.prompt, ...order.chance)
  const prompt = withoutCommands(order.prompt)
  const scenery = await sceneryOf(order, prompt, chance)
  const film = await openFilm({ width, height, framesPerSecond: FRAMES_PER_SECOND })
  try {
    const canvas = createCanvas(width, height)
    const pen = canvas.getContext('2d')
    const frames = Math.round((durationMs / 1000) * FRAMES_PER_SECOND)
    for (let frame = 0; frame < frames; frame += 1) {
      if (bench.gone()) throw new Error('nobody waits for this film any more')
      scenery(pen, { timeMs: (frame * 1000) / FRAMES_PER_SECOND, progress: frame / (frames - 1) })
      film.add(canvas.data())
      // What a frame leaves behind is only freed when the loop turns.
      await turn()
    }
    const wish = readWish(prompt, chance.fork('wish'))
    return await film.end(compose(wish, chance.fork('sound'), durationMs - SOUND_SHORTER_MS))
  } finally {
    film.close()
  }
}

async function sceneryOf(order: VideoOrder, prompt: string, chance: Dice): Promise<Scenery> {
  const { width, height } = order
  const size = { width, height, margin: Math.round(width * MARGIN), hasGuest: order.subject !== undefined }
  const [first, last, subject] = await Promise.all(
    [order.firstFrame, order.lastFrame, order.subject].map((bytes) => bytes && decode(bytes)),
  )
  const camera = cameraOf(order.prompt, chance)
  const opening =
    first === undefined
      ? drawnScenery(prompt, chance, { size, camera })
      : picturedScenery(first, chance.fork('first'), { size, ends: 'first' })
  const closing = last && picturedScenery(last, chance.fork('last'), { size, ends: 'last' })
  const whole = closing === undefined ? opening : dissolve(opening, closing, [0.45, 0.8])
  const guest = subject && medallion(subject, size)
  const words = await titles(order, prompt, chance)
  const isPictured = first !== undefined
  return (pen, moment) => {
    whole(pen, moment)
    guest?.(pen, moment)
    words(pen, isPictured ? moment.timeMs : Number.POSITIVE_INFINITY)
  }
}

const TITLE_FROM_MS = 500
const TITLE_RISE_MS = 700

/** Over a given picture the words come in late, so that the film opens with the picture alone. */
async function titles(order: VideoOrder, prompt: string, chance: Dice) {
  const { width, height } = order
  const sheet = createCanvas(width, height)
  const pen = sheet.getContext('2d')
  if (order.firstFrame === undefined) darkenCorners(pen, order)
  paintCaption(pen, order, await spell(prompt), accentOf(chance))
  if (order.isMarked) paintMark(pen, order)
  return (to: typeof pen, timeMs: number) => {
    const shown = Math.max(0, Math.min(1, (timeMs - TITLE_FROM_MS) / TITLE_RISE_MS))
    if (shown === 0) return
    to.save()
    to.globalAlpha = shown
    to.drawImage(sheet, 0, 0)
    to.restore()
  }
}
