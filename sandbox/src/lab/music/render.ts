import { SpessaSynthProcessor } from 'spessasynth_core'
import type { Pcm } from '../audio/pcm.ts'
import { MediaFault } from '../fault.ts'
import { type Note, type Part, parts, type Score } from './score.ts'
import { soundBank } from './sound-bank.ts'

const SAMPLE_RATE = 44_100
/** Events fall on the start of a block, 3 ms. */
const BLOCK = 128
const BLOCKS_PER_LOOK = 1_000
const DRUM_CHANNEL = 9

const CONTROLLER = { volume: 7, pan: 10, reverb: 91, chorus: 93 } as const

/** Where everybody sits, and how much of the room is heard; 64 is the middle. */
const SEATS: Readonly<
  Record<Part, { readonly pan: number; readonly reverb: number; readonly gainDb: number }>
> = {
  voice: { pan: 64, reverb: 56, gainDb: 0 },
  lead: { pan: 72, reverb: 52, gainDb: 0 },
  keys: { pan: 48, reverb: 40, gainDb: -5 },
  guitar: { pan: 84, reverb: 36, gainDb: -6 },
  bass: { pan: 64, reverb: 12, gainDb: -1.5 },
  pad: { pan: 56, reverb: 64, gainDb: -7 },
  drums: { pan: 64, reverb: 22, gainDb: 0 },
}

export interface Room {
  readonly durationMs: number
  /** True when nobody waits for the song any more. */
  gone(): boolean
}

/** Plays a score. What rings on after `durationMs` is not recorded. */
export async function render(score: Score, { durationMs, gone }: Room): Promise<Pcm> {
  const synth = await openSynth(score)
  const events = schedule(score)
  const length = Math.round((durationMs * SAMPLE_RATE) / 1000)
  const left = new Float32Array(length)
  const right = new Float32Array(length)
  let next = 0
  for (let at = 0, blocks = 0; at < length; at += BLOCK, blocks += 1) {
    for (let event = events[next]; event !== undefined && event.sample <= at; event = events[next]) {
      event.play(synth)
      next += 1
    }
    synth.process(left, right, at, Math.min(BLOCK, length - at))
    if (blocks % BLOCKS_PER_LOOK === 0 && gone()) throw new MediaFault(1000, 'the client has left')
  }
  return { sampleRate: SAMPLE_RATE, channels: [left, right] }
}

async function openSynth({ players }: Score): Promise<SpessaSynthProcessor> {
  const synth = new SpessaSynthProcessor(SAMPLE_RATE, { eventsEnabled: false, maxBufferSize: BLOCK })
  synth.soundBankManager.addSoundBank(await soundBank(), 'band')
  await synth.processorInitialized
  for (const part of parts) {
    const player = players[part]
    if (player === undefined) continue
    const channel = channelOf(part)
    const { pan, reverb, gainDb } = SEATS[part]
    synth.programChange(channel, player.program)
    synth.controllerChange(channel, CONTROLLER.volume, volumeFor(player.gainDb + gainDb))
    synth.controllerChange(channel, CONTROLLER.pan, pan)
    synth.controllerChange(channel, CONTROLLER.reverb, reverb)
    synth.controllerChange(channel, CONTROLLER.chorus, part === 'pad' || part === 'voice' ? 30 : 0)
  }
  return synth
}

/** The volume controller counts in squares: half of it is 12 dB less. */
function volumeFor(gainDb: number): number {
  return Math.round(127 * 10 ** (gainDb / 40))
}

function channelOf(part: Part): number {
  return part === 'drums' ? DRUM_CHANNEL : parts.indexOf(part)
}

interface Event {
  readonly sample: number
  play(synth: SpessaSynthProcessor): void
}

/** In order; where a key ends and begins at once it ends first. */
function schedule({ notes, tempoBpm }: Score): Event[] {
  const beatSamples = (60 / tempoBpm) * SAMPLE_RATE
  return notes
    .flatMap(({ part, key, at, beats, velocity }: Note) => {
      const channel = channelOf(part)
      return [
        {
          sample: at * beatSamples,
          rank: 1,
          play: (to: SpessaSynthProcessor) => to.noteOn(channel, key, velocity),
        },
        {
          sample: (at + beats) * beatSamples,
          rank: 0,
          play: (to: SpessaSynthProcessor) => to.noteOff(channel, key),
        },
      ]
    })
    .sort((a, b) => a.sample - b.sample || a.rank - b.rank)
}
