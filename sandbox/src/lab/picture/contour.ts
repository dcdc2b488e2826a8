import type { Dice } from './dice.ts'

/** A height, −1 to 1, for every x. */
export type Contour = (x: number) => number

/** Soft hills: a few sines out of step. */
export function swell(chance: Dice, length: number): Contour {
  const waves = [1, 2.3, 4.1].map((pitch) => ({
    rate: ((Math.PI * 2) / length) * pitch * chance.between(0.85, 1.15),
    phase: chance.between(0, Math.PI * 2),
    size: 0.62 / pitch,
  }))
  return (x) => waves.reduce((sum, { rate, phase, size }) => sum + size * Math.sin(x * rate + phase), 0)
}

/** Rough ground: value noise in octaves, with its hollows folded up into ridges. */
export function crag(chance: Dice, length: number): Contour {
  const octaves = [1, 2, 4, 8, 16].map((pitch) => ({
    noise: grain(chance),
    pitch,
    size: 0.5 ** Math.log2(pitch),
  }))
  return (x) =>
    octaves.reduce((sum, { noise, pitch, size }) => {
      const height = noise((x / length) * pitch)
      return sum + size * (pitch < 4 ? 1 - Math.abs(height) * 2 : height)
    }, -0.4) * 0.7
}

const GRAIN = 256

function grain(chance: Dice): Contour {
  const values = Array.from({ length: GRAIN }, () => chance.between(-1, 1))
  const at = (index: number) => values[((index % GRAIN) + GRAIN) % GRAIN] ?? 0
  return (x) => {
    const whole = Math.floor(x)
    const part = x - whole
    const eased = part * part * (3 - 2 * part)
    return at(whole) + (at(whole + 1) - at(whole)) * eased
  }
}
