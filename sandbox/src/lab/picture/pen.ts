import { Path2D, type SKRSContext2D } from '@napi-rs/canvas'

export type Pen = SKRSContext2D

/** A closed shape, written as an SVG path. */
export function shape(pen: Pen, colour: string, path: string): void {
  pen.fillStyle = colour
  pen.fill(new Path2D(path))
}

export function stroke(pen: Pen, colour: string, width: number, path: string): void {
  pen.strokeStyle = colour
  pen.lineWidth = width
  pen.lineCap = 'round'
  pen.lineJoin = 'round'
  pen.stroke(new Path2D(path))
}

/** Middle, half axes (a circle has one) and turn in radians. */
export type Oval = readonly [x: number, y: number, rx: number, ry?: number, turn?: number]

export function oval(pen: Pen, colour: string, [x, y, rx, ry = rx, turn = 0]: Oval): void {
  pen.fillStyle = colour
  pen.beginPath()
  pen.ellipse(x, y, Math.max(0, rx), Math.max(0, ry), turn, 0, Math.PI * 2)
  pen.fill()
}

export type Box = readonly [x: number, y: number, width: number, height: number]

export function box(pen: Pen, colour: string, [x, y, width, height]: Box): void {
  pen.fillStyle = colour
  pen.fillRect(x, y, width, height)
}

export function polygon(pen: Pen, colour: string, points: readonly (readonly [number, number])[]): void {
  pen.fillStyle = colour
  pen.beginPath()
  for (const [x, y] of points) pen.lineTo(x, y)
  pen.closePath()
  pen.fill()
}

/** Light that fades to nothing at its rim. */
export function glow(
  pen: Pen,
  [x, y, radius]: readonly [number, number, number],
  from: string,
  to: string,
): void {
  const light = pen.createRadialGradient(x, y, 0, x, y, radius)
  light.addColorStop(0, from)
  light.addColorStop(1, to)
  pen.fillStyle = light
  pen.fillRect(x - radius, y - radius, radius * 2, radius * 2)
}

/** Draws with another origin and scale, and leaves the pen as it was. */
export function within(
  pen: Pen,
  [x, y, scale, turn = 0]: readonly [number, number, number, number?],
  draw: () => void,
): void {
  pen.save()
  pen.translate(x, y)
  pen.rotate(turn)
  pen.scale(scale, scale)
  draw()
  pen.restore()
}
