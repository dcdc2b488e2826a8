import { type Image, loadImage } from '@napi-rs/canvas'
import type { Pen } from './pen.ts'

/** Undefined for what is no picture. */
export async function decode(bytes: Uint8Array): Promise<Image | undefined> {
  try {
    return await loadImage(bytes)
  } catch {
    return undefined
  }
}

/** Fills the box with the picture's middle. */
export function drawCover(
  pen: Pen,
  picture: Image,
  [x, y, width, height]: readonly [number, number, number, number],
): void {
  const scale = Math.max(width / picture.width, height / picture.height)
  const [cutWidth, cutHeight] = [width / scale, height / scale]
  pen.drawImage(
    picture,
    (picture.width - cutWidth) / 2,
    (picture.height - cutHeight) / 2,
    cutWidth,
    cutHeight,
    x,
    y,
    width,
    height,
  )
}
