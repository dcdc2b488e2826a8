/** Colours are `#rrggbb` everywhere; whatever is computed is written back that way. */
export type Rgb = readonly [number, number, number]

export function rgbOf(hex: string): Rgb {
  const bits = Number.parseInt(hex.slice(1, 7), 16)
  return [bits >> 16, (bits >> 8) & 255, bits & 255]
}

export function hexOf([red, green, blue]: Rgb): string {
  const bits = (clamp(red) << 16) | (clamp(green) << 8) | clamp(blue)
  return `#${bits.toString(16).padStart(6, '0')}`
}

/** `share` of `to` in `from`. */
export function mix(from: string, to: string, share: number): string {
  const a = rgbOf(from)
  const b = rgbOf(to)
  return hexOf([a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share])
}

export function lighter(hex: string, share: number): string {
  return mix(hex, '#ffffff', share)
}

export function darker(hex: string, share: number): string {
  return mix(hex, '#0b0f24', share)
}

export function clear(hex: string, alpha: number): string {
  return (
    hex +
    clamp(alpha * 255)
      .toString(16)
      .padStart(2, '0')
  )
}

/** How bright it looks, 0 to 1 (Rec. 709 weights). */
export function brightness([red, green, blue]: Rgb): number {
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255
}

function clamp(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)))
}
