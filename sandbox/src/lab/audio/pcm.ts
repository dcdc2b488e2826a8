/** Sound as the makers have it: one array of samples from -1 to 1 for each channel, all of one length. */
export interface Pcm {
  readonly sampleRate: number
  readonly channels: readonly Float32Array[]
}
