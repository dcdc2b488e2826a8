import type { Dice } from '../picture/dice.ts'

/** Where the camera stands: −1 to 1 of what may be travelled each way, and how near it is. */
export interface View {
  readonly x: number
  readonly y: number
  readonly zoom: number
}

export type Camera = (progress: number) => View

const NEAR = 1.22

/**
 * MiniMax's camera commands in square brackets, `[Pan left]`, `[Push in, Tilt up]`; without one the camera drifts to
 * one side. `progress` runs from 0 to 1.
 */
export function cameraOf(prompt: string, chance: Dice): Camera {
  const commands = [...prompt.matchAll(COMMAND)].map((match) => (match[1] ?? '').toLowerCase()).join(',')
  if (commands === '') return drift(chance.fork('camera').next() < 0.5 ? 1 : -1)
  const has = (pattern: RegExp) => pattern.test(commands)
  const x = has(/(pan|truck|track\w*) ?left/) ? -1 : has(/(pan|truck|track\w*) ?right/) ? 1 : 0
  const y = has(/(tilt|pedestal) ?up/) ? -1 : has(/(tilt|pedestal) ?down/) ? 1 : 0
  const zoom = has(/push in|zoom in/) ? 1 : has(/pull out|zoom out/) ? -1 : 0
  const shake = has(/shake/) ? 1 : 0
  return (progress) => {
    const eased = ease(progress)
    const tremble = (rate: number) =>
      shake * 0.35 * Math.sin(progress * rate) * Math.cos(progress * rate * 0.37)
    return {
      x: x * (eased * 2 - 1) + tremble(210),
      y: y * (eased * 2 - 1) + tremble(170),
      // A camera that looks up or down needs room above and below.
      zoom:
        zoom === 0 ? (y === 0 && shake === 0 ? 1 : 1.12) : 1 + (NEAR - 1) * (zoom > 0 ? eased : 1 - eased),
    }
  }
}

const COMMAND = /\[([^\][]{2,60})\]/g

/** The prompt without its camera commands. */
export function withoutCommands(prompt: string): string {
  return prompt.replace(COMMAND, ' ').replace(/\s+/g, ' ').trim()
}

function drift(side: number): Camera {
  return (progress) => ({ x: side * (ease(progress) * 2 - 1), y: 0, zoom: 1 })
}

function ease(progress: number): number {
  return progress * progress * (3 - 2 * progress)
}
