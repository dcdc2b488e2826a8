import type { Dice } from './dice.ts'
import { BAR_BEATS, type Note } from './score.ts'

/** Keys of the General MIDI percussion map. */
const DRUMS = {
  kick: 36,
  rim: 37,
  snare: 38,
  clap: 39,
  hat: 42,
  pedal: 44,
  open: 46,
  crash: 49,
  ride: 51,
  tambourine: 54,
  shaker: 70,
} as const
type Drum = keyof typeof DRUMS

/** One bar in sixteenths: `.` rests, `o` is soft, `x` plain, `X` accented. */
type Pattern = Readonly<Partial<Record<Drum, string>>>

const GROOVES = {
  backbeat: {
    kick: 'X.......x.x.....',
    snare: '....X.......X...',
    hat: 'x.o.x.o.x.o.x.o.',
  },
  rock: {
    kick: 'X.....x.X.x.....',
    snare: '....X.......X..o',
    hat: 'X.x.X.x.X.x.X.x.',
  },
  fourOnTheFloor: {
    kick: 'X...X...X...X...',
    clap: '....x.......x...',
    hat: 'o.o.o.o.o.o.o.oo',
    open: '..x...x...x...x.',
  },
  boomBap: {
    kick: 'X.....o...x.....',
    snare: '....X.......X...',
    hat: 'x.o.x.o.x.o.x.oo',
  },
  trap: {
    kick: 'X.....x...x.....',
    clap: '........X.......',
    hat: 'x.o.x.o.x.xxx.oo',
  },
  swing: {
    kick: 'o.......o.......',
    pedal: '....x.......x...',
    ride: 'x...x.x.x...x.x.',
  },
  bossa: {
    kick: 'x..ox..ox..ox..o',
    rim: 'x..x..x...x..x..',
    shaker: 'o.o.o.o.o.o.o.o.',
  },
  funk: {
    kick: 'X..x..x...x.....',
    snare: '....X..o.o..X..o',
    hat: 'xoxoxoxoxoxoxoxo',
  },
  brushed: {
    kick: 'x.......x.......',
    rim: '....o.......o...',
    shaker: 'o.o.x.o.o.o.x.o.',
  },
  halfTime: {
    kick: 'X.........x.....',
    snare: '........X.......',
    ride: 'x...o...x...o...',
  },
  train: {
    kick: 'x...x...x...x...',
    snare: 'o.o.x.oo.oo.x.o.',
    tambourine: '....o.......o...',
  },
} as const satisfies Record<string, Pattern>
export type GrooveName = keyof typeof GROOVES

const FILLS: readonly [Pattern, ...Pattern[]] = [
  { kick: 'X.......', snare: 'x.xxX.Xx' },
  { kick: 'X...x...', snare: '..x.x.xX' },
  { snare: 'o.x.xxXX' },
]

const VELOCITIES: Readonly<Record<string, number>> = { o: 48, x: 78, X: 102 }

export interface DrumBar {
  readonly groove: GrooveName
  readonly at: number
  /** 0 is silent, 1 leaves out the backbeat's weight, 2 is all of it, 3 adds a tambourine. */
  readonly energy: number
  readonly opens: boolean
  readonly closes: boolean
}

export function drumBar({ groove, at, energy, opens, closes }: DrumBar, dice: Dice): Note[] {
  if (energy === 0) return []
  const pattern: Pattern = GROOVES[groove]
  const whole = energy === 1 ? lighter(pattern) : pattern
  const notes = closes && energy > 1 ? broken(whole, dice) : play(whole, 0)
  if (opens && energy > 1) notes.push(hit('crash', 0, 76))
  if (energy > 2) notes.push(...play({ tambourine: '..o...o...o...o.' }, 0))
  return notes.map((note) => ({
    ...note,
    at: at + note.at,
    velocity: note.velocity + dice.between(-5, 5),
  }))
}

/** A verse keeps the pulse and takes the stick off the snare. */
function lighter({ snare, clap, crash: _, open: __, ...rest }: Pattern): Pattern {
  const backbeat = snare ?? clap
  return backbeat === undefined ? rest : { ...rest, rim: backbeat.replaceAll('o', '.').replaceAll('X', 'x') }
}

/** Half a bar of the groove, half a fill. */
function broken(pattern: Pattern, dice: Dice): Note[] {
  return [
    ...play(pattern, 0).filter(({ at }) => at < BAR_BEATS / 2),
    ...play(dice.pick(FILLS), BAR_BEATS / 2),
  ]
}

function play(pattern: Pattern, from: number): Note[] {
  return Object.entries(pattern).flatMap(([drum, steps]) =>
    [...steps].flatMap((step, i) => {
      const velocity = VELOCITIES[step]
      return velocity === undefined ? [] : [hit(drum as Drum, from + i / 4, velocity)]
    }),
  )
}

function hit(drum: Drum, at: number, velocity: number): Note {
  return { part: 'drums', key: DRUMS[drum], at, beats: drum === 'crash' ? BAR_BEATS : 0.25, velocity }
}
