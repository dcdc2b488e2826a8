/**
 * Pictures as H.264 takes them: brightness for every pixel, colour for every four. BT.709 in its limited range, in whole
 * numbers of 1/256; one buffer serves all pictures of a film.
 */
export function createYuv(width: number, height: number): (rgba: Uint8Array) => Uint8Array {
  const area = width * height
  const yuv = new Uint8Array((area * 3) / 2)
  return (rgba) => {
    writeBrightness(rgba, yuv, area)
    writeColour(rgba, yuv, { width, height })
    return yuv
  }
}

/** Half a step for rounding, and 16, which is black. */
const BLACK = 128 + (16 << 8)

function writeBrightness(rgba: Uint8Array, yuv: Uint8Array, area: number): void {
  for (let at = 0, from = 0; at < area; at += 1, from += 4) {
    const red = rgba[from] as number
    const green = rgba[from + 1] as number
    const blue = rgba[from + 2] as number
    yuv[at] = (47 * red + 157 * green + 16 * blue + BLACK) >> 8
  }
}

/** Sums of four pixels, so two bits more; 128 is no colour. */
const GREY = 512 + (128 << 10)

function writeColour(
  rgba: Uint8Array,
  yuv: Uint8Array,
  { width, height }: { readonly width: number; readonly height: number },
): void {
  const row = width * 4
  let at = width * height
  const plane = at / 4
  for (let y = 0; y < height; y += 2) {
    for (let from = y * row; from < y * row + row; from += 8) {
      const red = sumOf(rgba, from, row)
      const green = sumOf(rgba, from + 1, row)
      const blue = sumOf(rgba, from + 2, row)
      yuv[at] = (-26 * red - 86 * green + 112 * blue + GREY) >> 10
      yuv[at + plane] = (112 * red - 102 * green - 10 * blue + GREY) >> 10
      at += 1
    }
  }
}

function sumOf(rgba: Uint8Array, from: number, row: number): number {
  return (
    (rgba[from] as number) +
    (rgba[from + 4] as number) +
    (rgba[from + row] as number) +
    (rgba[from + row + 4] as number)
  )
}
