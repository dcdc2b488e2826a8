import { readFile } from 'node:fs/promises'
import { type BasicSoundBank, SoundBankLoader } from 'spessasynth_core'

let bank: Promise<BasicSoundBank> | undefined

/** The band's samples. Read once per thread; every sample is unpacked when it is first played. */
export function soundBank(): Promise<BasicSoundBank> {
  bank ??= readFile(place()).then((bytes) =>
    SoundBankLoader.fromArrayBuffer(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
    ),
  )
  return bank
}

/** From the sources, or from the bundle in `sandbox/dist`. */
function place(): URL {
  const up = import.meta.url.endsWith('.ts') ? '../../..' : '..'
  return new URL(`${up}/assets/soundfont/band.sf3`, import.meta.url)
}
