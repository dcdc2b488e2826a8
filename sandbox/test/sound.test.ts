import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeAudio, openEncoder, wholeFile } from '../src/lab/audio/encoder.ts'
import { durationMsOf, type Pcm, resample, silence, toChannels } from '../src/lab/audio/pcm.ts'
import { readAudio } from '../src/lab/audio/read.ts'
import { type AudioFormat, audioFormats, rateOf } from '../src/lab/audio/spec.ts'
import { factsOf } from './sound-file.ts'

const RATES = [8_000, 16_000, 22_050, 24_000, 32_000, 44_100]
const HEADED: readonly AudioFormat[] = ['mp3', 'wav', 'flac', 'opus', 'pcmu_wav']

function tone(sampleRate: number, samples: number, channels = 1): Pcm {
  const one = (hz: number) =>
    Float32Array.from({ length: samples }, (_, i) => 0.5 * Math.sin((2 * Math.PI * hz * i) / sampleRate))
  return { sampleRate, channels: Array.from({ length: channels }, (_, at) => one(440 * (at + 1))) }
}

/** Times a second that the wave goes up through zero. */
function pitchOf({ sampleRate, channels: [samples = new Float32Array(0)] }: Pcm): number {
  const rises = samples.filter((sample, i) => sample >= 0 && (samples[i - 1] ?? 0) < 0)
  return (rises.length * sampleRate) / samples.length
}

const heard = tone(16_000, 17_777, 2)
const heardMs = durationMsOf(heard)

test('every format has its head, its rate, its channels and its length', async () => {
  for (const format of audioFormats) {
    for (const sampleRate of RATES) {
      for (const channels of [1, 2] as const) {
        const spec = { format, sampleRate, bitrate: 64_000, channels }
        const { bytes, durationMs } = await encodeAudio(heard, spec)
        const name = JSON.stringify(spec)
        // An encoder of mp3 works in frames and adds its delay; nobody else adds anything.
        const slackMs = (format === 'mp3' ? 4 * 576_000 : 1_000) / sampleRate
        assert.ok(durationMs >= heardMs - 0.001 && durationMs <= heardMs + slackMs, `${name}: ${durationMs}`)
        if (!HEADED.includes(format)) {
          const perSecond = sampleRate * channels * (format === 'pcm' ? 2 : 1)
          assert.ok(Math.abs((bytes.length * 1000) / perSecond - durationMs) < 0.1, name)
          continue
        }
        const facts = factsOf(bytes)
        assert.deepEqual(
          [facts.format, facts.sampleRate, facts.channels],
          [format, rateOf(spec), channels],
          name,
        )
        assert.ok(Math.abs(facts.durationMs - durationMs) < 0.1, `${name}: ${facts.durationMs}`)
        const read = await readAudio(bytes)
        assert.ok(Math.abs(read.durationMs - durationMs) < 8, `${name}: read as ${read.durationMs}`)
      }
    }
  }
})

test('bitrates change the size of what is compressed by them', async () => {
  for (const format of ['mp3', 'opus'] as const) {
    const size = async (bitrate: number) =>
      (await encodeAudio(heard, { format, sampleRate: 44_100, bitrate, channels: 2 })).bytes.length
    const [low, high] = [await size(32_000), await size(256_000)]
    assert.ok(high > 4 * low, `${format}: ${low} and ${high}`)
  }
})

test('parts make the same file as the whole', async () => {
  for (const format of audioFormats) {
    const spec = { format, sampleRate: 16_000, bitrate: 64_000, channels: 1 } as const
    const [channel = new Float32Array(0)] = toChannels(heard, 1).channels
    const encoder = await openEncoder(spec)
    const parts: Uint8Array[] = []
    for (let at = 0; at < channel.length; at += 5_000) {
      parts.push(encoder.add({ sampleRate: 16_000, channels: [channel.slice(at, at + 5_000)] }))
    }
    parts.push(encoder.end())
    const whole = await encodeAudio(heard, spec)
    assert.equal(encoder.durationMs(), whole.durationMs, format)
    // More parts are more pages of Ogg.
    if (format !== 'opus') assert.deepEqual(Buffer.from(wholeFile(parts, encoder)), Buffer.from(whole.bytes))
  }
})

test('a stream has its head in the first part', async () => {
  const begins = { wav: 'RIFF', flac: 'fLaC', opus: 'OggS', pcmu_wav: 'RIFF' }
  for (const [format, magic] of Object.entries(begins)) {
    const encoder = await openEncoder({
      format: format as AudioFormat,
      sampleRate: 16_000,
      bitrate: 64_000,
      channels: 1,
    })
    const first = encoder.add(tone(16_000, 1_000))
    assert.equal(Buffer.from(first).toString('latin1', 0, 4), magic)
    encoder.end()
  }
})

test('samples of 16 bits and of mu-law are the sound', async () => {
  const spec = { sampleRate: 16_000, bitrate: 0, channels: 1 } as const
  const sound = tone(16_000, 2_000)
  const [samples = new Float32Array(0)] = sound.channels
  const { bytes: pcm } = await encodeAudio(sound, { ...spec, format: 'pcm' })
  const { bytes: mulaw } = await encodeAudio(sound, { ...spec, format: 'pcmu_raw' })
  samples.forEach((sample, i) => {
    assert.ok(Math.abs(Buffer.from(pcm).readInt16LE(2 * i) / 32_768 - sample) < 0.001)
    assert.ok(Math.abs(fromMulaw(mulaw[i] ?? 0) / 32_768 - sample) < 0.03)
  })
})

/** ITU-T G.711, the other way round. */
function fromMulaw(byte: number): number {
  const code = ~byte & 0xff
  const magnitude = ((((code & 0x0f) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84
  return (code & 0x80) === 0 ? magnitude : -magnitude
}

test('another rate is the same sound', () => {
  for (const rate of [8_000, 11_025, 22_050, 44_100]) {
    const moved = resample(tone(16_000, 16_000), rate)
    assert.equal(moved.sampleRate, rate)
    assert.ok(Math.abs(durationMsOf(moved) - 1000) < 1)
    assert.ok(Math.abs(pitchOf(moved) - 440) < 2, `${rate}: ${pitchOf(moved)} Hz`)
    const peak = moved.channels[0]?.reduce((most, sample) => Math.max(most, sample), 0) ?? 0
    assert.ok(peak > 0.48 && peak < 0.52, `${rate}: ${peak}`)
  }
  // What the lower rate cannot hold is gone, not folded back.
  const high = resample({ ...tone(44_100, 44_100), sampleRate: 441_000 }, 8_000)
  const inside = high.channels[0]?.slice(100, -100)
  const loudest = inside?.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) ?? 1
  assert.ok(loudest < 0.02, String(loudest))
})

test('nothing and silence are files too', async () => {
  for (const format of audioFormats) {
    const spec = { format, sampleRate: 24_000, bitrate: 32_000, channels: 1 } as const
    for (const sound of [silence(16_000, 0), silence(16_000, 700)]) {
      const { bytes, durationMs } = await encodeAudio(sound, spec)
      assert.ok(durationMs >= durationMsOf(sound) - 1)
      if (HEADED.includes(format) && durationMs > 0 && durationMsOf(sound) > 0) factsOf(bytes)
    }
  }
})

test('what is no audio is refused', async () => {
  for (const bytes of [Buffer.from('hello'), Buffer.alloc(0), Buffer.alloc(5_000, 7)]) {
    await assert.rejects(readAudio(bytes), { code: 2013 })
  }
})
