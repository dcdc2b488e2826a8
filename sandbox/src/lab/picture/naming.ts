import type { Rgb } from './colour.ts'

/** The everyday name of a colour, by hue, saturation and lightness. */
export function nameOf(rgb: Rgb): string {
  const { hue, saturation, lightness } = hslOf(rgb)
  if (lightness < 0.1) return 'black'
  if (lightness > 0.93) return 'white'
  if (saturation < 0.12) return lightness > 0.72 ? 'light grey' : lightness < 0.3 ? 'dark grey' : 'grey'
  const name = hueName(hue, saturation, lightness)
  if (name === 'brown' || name === 'pink' || name === 'cream') return name
  if (lightness < 0.27) return `dark ${name}`
  return lightness > 0.74 ? `light ${name}` : name
}

function hueName(hue: number, saturation: number, lightness: number): string {
  if (hue >= 12 && hue < 50 && lightness > 0.8) return 'cream'
  if (hue >= 12 && hue < 48 && (lightness < 0.4 || (saturation < 0.5 && lightness < 0.62))) return 'brown'
  if ((hue >= 320 || hue < 12) && lightness > 0.68) return 'pink'
  return HUES.find(([to]) => hue < to)?.[1] ?? 'red'
}

const HUES: readonly (readonly [number, string])[] = [
  [14, 'red'],
  [42, 'orange'],
  [68, 'yellow'],
  [160, 'green'],
  [195, 'turquoise'],
  [255, 'blue'],
  [292, 'purple'],
  [335, 'magenta'],
]

function hslOf([red, green, blue]: Rgb) {
  const [r, g, b] = [red / 255, green / 255, blue / 255]
  const [max, min] = [Math.max(r, g, b), Math.min(r, g, b)]
  const [span, lightness] = [max - min, (max + min) / 2]
  const saturation = span === 0 ? 0 : span / (1 - Math.abs(2 * lightness - 1))
  return { hue: hueOf({ r, g, b, max, span }), saturation, lightness }
}

function hueOf({ r, g, b, max, span }: Readonly<Record<'r' | 'g' | 'b' | 'max' | 'span', number>>): number {
  if (span === 0) return 0
  if (max === r) return (((g - b) / span + 6) % 6) * 60
  return max === g ? ((b - r) / span + 2) * 60 : ((r - g) / span + 4) * 60
}
