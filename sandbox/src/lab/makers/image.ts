import { createCanvas } from '@napi-rs/canvas'
import type { Maker } from '../orders.ts'
import { paintCaption, paintMark } from '../picture/caption.ts'
import { decode, drawCover } from '../picture/decode.ts'
import { type Dice, dice } from '../picture/dice.ts'
import { finish, stylise } from '../picture/finish.ts'
import type { Pen } from '../picture/pen.ts'
import { frameRing } from '../picture/people.ts'
import { composeScene } from '../picture/scene.ts'
import { spell } from '../picture/spelling.ts'
import type { Style } from '../picture/styles.ts'

export interface ImageOrder {
  readonly prompt: string
  /** Everything that makes this picture another one: seeds, the model, its number in the series. */
  readonly chance: readonly string[]
  readonly width: number
  readonly height: number
  readonly style: { readonly type: Style; readonly weight: number } | undefined
  readonly isMarked: boolean
  /** The bytes of a picture to show in the scene. */
  readonly reference: Uint8Array | undefined
}

/** A JPEG. */
export type ImageProduct = Uint8Array

const QUALITY = 90

export const makeImage: Maker<'image'> = async (order) => {
  const { width, height, prompt, style } = order
  const chance = dice(prompt, ...order.chance)
  const canvas = createCanvas(width, height)
  const pen = canvas.getContext('2d')
  const stillMs = momentOf(chance.fork('moment'))
  const hasGuest = order.reference !== undefined
  for (const layer of composeScene(prompt, chance, { width, height, margin: 0, hasGuest }))
    layer.paint(pen, stillMs)
  if (order.reference !== undefined) await paintReference(pen, order, order.reference)
  finish(pen, order, chance)
  const sheet = style === undefined ? canvas : stylise(canvas, style.type, style.weight)
  const top = sheet.getContext('2d')
  paintCaption(top, order, await spell(prompt), accentOf(chance))
  if (order.isMarked) paintMark(top, order)
  return sheet.encode('jpeg', QUALITY)
}

/** Lightning strikes every two seconds; a picture is taken while it does. */
function momentOf(chance: Dice): number {
  return chance.whole(0, 6) * 2_000 + chance.between(0, 110)
}

export function accentOf(chance: Dice): string {
  return chance.fork('accent').pick(['#ff6b5e', '#ffc857', '#4fd1c5', '#8ab4ff', '#f48fb1'])
}

/** The given picture as a portrait in the scene; one that cannot be decoded is left out, as a name without a face. */
async function paintReference(pen: Pen, { width, height }: ImageOrder, bytes: Uint8Array): Promise<void> {
  const picture = await decode(bytes)
  if (picture === undefined) return
  const radius = Math.min(width, height) * 0.25
  const [x, y] = [width / 2, height * 0.42]
  frameRing(pen, [x, y, radius], '#c9a24e')
  pen.save()
  pen.beginPath()
  pen.arc(x, y, radius, 0, Math.PI * 2)
  pen.clip()
  drawCover(pen, picture, [x - radius, y - radius, radius * 2, radius * 2])
  pen.restore()
}
