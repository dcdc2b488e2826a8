import type { JsonObject } from '../json.ts'

/** Times are in seconds. */
export interface Segment {
  readonly start: number
  readonly end: number
  readonly label: string
}

const SEGMENT_SECONDS = 16
const LINE_SECONDS = 4

/** The sandbox does not listen: it assumes the form that most songs have. */
export function segmentsOf(durationMs: number): (Segment & JsonObject)[] {
  const seconds = durationMs / 1000
  const edge = Math.min(8, seconds / 6)
  const count = Math.max(1, Math.round((seconds - 2 * edge) / SEGMENT_SECONDS))
  const each = (seconds - 2 * edge) / count
  const labels = Array.from({ length: count }, (_, i) => (i % 2 === 0 ? 'verse' : 'chorus'))
  const lengths = [edge, ...labels.map(() => each), edge]
  let at = 0
  return ['intro', ...labels, 'outro'].map((label, i) => {
    const start = at
    at += lengths[i] ?? 0
    return { start: rounded(start), end: rounded(at), label }
  })
}

function rounded(seconds: number): number {
  return Math.round(seconds * 100) / 100
}

const MOST_LINES = 28
const LINES = ['La la la la, la la la', 'La la la, oh la la la']

/** Lyrics of no words, as many lines as there is time for, and no more than a cover takes. */
export function humFor(segments: readonly Segment[]): string {
  let left = MOST_LINES
  return segments
    .map(({ start, end, label }) => {
      const sung = label === 'verse' || label === 'chorus'
      const count = sung ? Math.min(left, Math.max(1, Math.round((end - start) / LINE_SECONDS))) : 0
      left -= count
      const lines = Array.from({ length: count }, (_, i) => LINES[i % LINES.length])
      return [`[${label.charAt(0).toUpperCase()}${label.slice(1)}]`, ...lines].join('\n')
    })
    .join('\n')
}
