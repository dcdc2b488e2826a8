/** What a file of sound is to be. Apart from the encoders, so that who only asks for one does not load them. */
export const audioFormats = ['mp3', 'wav', 'pcm', 'flac', 'opus', 'pcmu_raw', 'pcmu_wav'] as const
export type AudioFormat = (typeof audioFormats)[number]

export interface AudioSpec {
  readonly format: AudioFormat
  readonly sampleRate: number
  /** Bits in a second; for mp3 and opus alone. */
  readonly bitrate: number
  readonly channels: 1 | 2
}

const OPUS_RATES = [8_000, 12_000, 16_000, 24_000, 48_000]

/** As the file will have it: Opus knows five rates and takes the next above. */
export function rateOf({ format, sampleRate }: Pick<AudioSpec, 'format' | 'sampleRate'>): number {
  return format === 'opus' ? (OPUS_RATES.find((rate) => rate >= sampleRate) ?? 48_000) : sampleRate
}

export const mimeOf: Readonly<Record<AudioFormat, string>> = {
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
  flac: 'audio/flac',
  opus: 'audio/ogg',
  pcmu_raw: 'audio/basic',
  pcmu_wav: 'audio/wav',
}

export const extensionOf: Readonly<Record<AudioFormat, string>> = {
  mp3: 'mp3',
  wav: 'wav',
  pcm: 'pcm',
  flac: 'flac',
  opus: 'opus',
  pcmu_raw: 'ulaw',
  pcmu_wav: 'wav',
}
