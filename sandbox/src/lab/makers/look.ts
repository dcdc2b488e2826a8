import { createCanvas } from '@napi-rs/canvas'
import { MediaFault } from '../fault.ts'
import type { Maker } from '../orders.ts'
import { brightness, type Rgb } from '../picture/colour.ts'
import { decode } from '../picture/decode.ts'
import { nameOf } from '../picture/naming.ts'

export interface LookOrder {
  readonly bytes: Uint8Array
}

/** What can be said of a picture without knowing what it shows. */
export interface LookProduct {
  readonly width: number
  readonly height: number
  /** Of the picture, 0 to 1. */
  readonly clearShare: number
  /** The most frequent first. */
  readonly colours: readonly { readonly name: string; readonly share: number }[]
  /** 0 to 1. */
  readonly brightness: number
  readonly kind: 'photo' | 'drawing' | 'flat'
  /** The main colour of the top, middle and bottom third. */
  readonly bands: readonly [string, string, string]
}

/** Enough to count colours by; more would only cost time. */
const LONG_SIDE = 192
const INVALID = 2013

export const makeLook: Maker<'look'> = async ({ bytes }) => {
  const picture = await decode(bytes)
  if (picture === undefined) throw new MediaFault(INVALID, 'invalid params, the image cannot be decoded')
  const scale = Math.min(1, LONG_SIDE / Math.max(picture.width, picture.height))
  const width = Math.max(1, Math.round(picture.width * scale))
  const height = Math.max(1, Math.round(picture.height * scale))
  const canvas = createCanvas(width, height)
  const pen = canvas.getContext('2d')
  // Without smoothing no colour appears that the picture does not have.
  pen.imageSmoothingEnabled = false
  pen.drawImage(picture, 0, 0, width, height)
  const pixels = pen.getImageData(0, 0, width, height).data
  return { width: picture.width, height: picture.height, ...judge(pixels, { width, height }) }
}

const SEEN_ALPHA = 16
const CLEAR_ALPHA = 250
const LEAST_SHARE = 0.02
const MOST_NAMED = 5

function judge(
  pixels: Uint8ClampedArray,
  size: { width: number; height: number },
): Omit<LookProduct, 'width' | 'height'> {
  const area = size.width * size.height
  const bands = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()] as const
  const all = new Map<string, number>()
  let [clear, light, seen] = [0, 0, 0]
  for (let at = 0; at < area; at += 1) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = pixels.subarray(at * 4, at * 4 + 4)
    if (alpha < CLEAR_ALPHA) clear += 1
    if (alpha < SEEN_ALPHA) continue
    const rgb: Rgb = [red, green, blue]
    const name = nameOf(rgb)
    seen += 1
    light += brightness(rgb)
    count(all, name)
    count(bands[Math.min(2, Math.floor((at / area) * 3)) as 0 | 1 | 2], name)
  }
  return {
    clearShare: clear / area,
    colours: ranked(all)
      .map(([name, times]) => ({ name, share: times / seen }))
      .filter(({ share }, index) => index === 0 || share >= LEAST_SHARE)
      .slice(0, MOST_NAMED),
    brightness: seen === 0 ? 0 : light / seen,
    kind: kindOf(pixels, size),
    bands: bands.map((band) => ranked(band)[0]?.[0] ?? 'nothing') as [string, string, string],
  }
}

function count(map: Map<string, number>, name: string): void {
  map.set(name, (map.get(name) ?? 0) + 1)
}

function ranked(map: ReadonlyMap<string, number>): [string, number][] {
  return [...map].sort((a, b) => b[1] - a[1])
}

/** Sixteen steps a channel. */
const COARSE_BITS = 4
const FLAT_COLOURS = 24
const FLAT_EVENNESS = 0.82
const PHOTO_EVENNESS = 0.3

/** Few colours or large even areas speak of a graphic, hardly any two equal neighbours of a photo. */
function kindOf(
  pixels: Uint8ClampedArray,
  { width, height }: { width: number; height: number },
): LookProduct['kind'] {
  const colours = new Set<number>()
  let even = 0
  let pairs = 0
  for (let at = 0; at < width * height; at += 1) {
    const from = at * 4
    const [red = 0, green = 0, blue = 0] = pixels.subarray(from, from + 3)
    colours.add(((red >> COARSE_BITS) << 8) | ((green >> COARSE_BITS) << 4) | (blue >> COARSE_BITS))
    if ((at + 1) % width === 0) continue
    const [nextRed = 0, nextGreen = 0, nextBlue = 0] = pixels.subarray(from + 4, from + 7)
    pairs += 1
    if (Math.abs(red - nextRed) + Math.abs(green - nextGreen) + Math.abs(blue - nextBlue) <= 3) even += 1
  }
  const evenness = pairs === 0 ? 1 : even / pairs
  if (colours.size <= FLAT_COLOURS || evenness > FLAT_EVENNESS) return 'flat'
  return evenness < PHOTO_EVENNESS ? 'photo' : 'drawing'
}
