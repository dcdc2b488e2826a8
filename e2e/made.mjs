// What was made is what was asked for: files are opened by programs that have nothing to do with this product.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { tool } from './tools.mjs'

const TOLERATED_SECONDS = 0.25
/** Formats without a header, as ffmpeg calls them: nothing in the file says how to read it. */
const headless = { pcm: 's16le', pcmu_raw: 'mulaw' }

/** `seconds`: what it must last, or from when to when. A file without a header is read as `rate` and `channels` say. */
export async function isSound(place, file, { codec, rate, channels, seconds = [0.3, 30], format }) {
  const raw = headless[format]
  const how = raw ? ['-f', raw, '-ar', String(rate), '-ac', String(channels)] : []
  const { streams, format: found } = await probe(place, file, how)
  const audio = streams.filter(({ codec_type }) => codec_type === 'audio')
  same(file, 'streams of sound', audio.length, 1)
  same(file, 'codec', audio[0].codec_name, codec)
  same(file, 'sample rate', Number(audio[0].sample_rate), rate ?? Number(audio[0].sample_rate))
  same(file, 'channels', audio[0].channels, channels ?? audio[0].channels)
  return lasts(file, found, seconds)
}

/** H.264 with sound beside it; two moments of it differ, so it moves. */
export async function isFilm(place, file, { width, height, seconds = 6 }) {
  const { streams, format } = await probe(place, file)
  const codecs = streams.map(({ codec_name }) => codec_name).toSorted()
  same(file, 'codecs', codecs.join(' and '), 'aac and h264')
  const picture = streams.find(({ codec_type }) => codec_type === 'video')
  same(file, 'size', `${picture.width} × ${picture.height}`, `${width} × ${height}`)
  lasts(file, format, [seconds - TOLERATED_SECONDS, seconds + TOLERATED_SECONDS])
  const frames = await tool(place, 'ffmpeg', [
    ...['-v', 'error', '-i', file, '-map', '0:v', '-vf', 'fps=1', '-f', 'framemd5', '-'],
  ])
  const sums = new Set([...frames.matchAll(/^0,.*\s([0-9a-f]{32})$/gm)].map(([, sum]) => sum))
  if (sums.size < 2) throw new Error(`${name(file)} does not move`)
}

async function probe(place, file, how = []) {
  const flags = ['-v', 'error', '-show_streams', '-show_format', '-of', 'json']
  return JSON.parse(await tool(place, 'ffprobe', [...flags, ...how, file]))
}

function lasts(file, { duration }, [least, most]) {
  const seconds = Number(duration)
  if (seconds >= least && seconds <= most) return seconds
  throw new Error(`${name(file)} lasts ${duration} s instead of ${least} to ${most} s`)
}

/** Of whatever kind and size. */
export async function isPicture(place, file) {
  const { streams } = await probe(place, file)
  if (!(streams[0]?.width > 0)) throw new Error(`${name(file)} is no picture`)
}

/** By the frame header of the file itself. */
export function isJpeg(file, { width, height }) {
  const bytes = readFileSync(file)
  const found = bytes.subarray(0, 3).toString('hex') === 'ffd8ff' ? sizeIn(bytes) : 'no JPEG'
  same(file, 'picture', found, `${width} × ${height}`)
  same(file, 'end', bytes.subarray(-2).toString('hex'), 'ffd9')
}

/** Segments follow each other by their lengths; C0 to C2 is the one that says the size. */
function sizeIn(bytes) {
  for (let at = 2; at + 9 < bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1]
    if (marker >= 0xc0 && marker <= 0xc2)
      return `${bytes.readUInt16BE(at + 7)} × ${bytes.readUInt16BE(at + 5)}`
  }
  return 'no size'
}

/** Recognised by a program that knows 130,000 English words and has never heard this voice. */
export async function saysIn(place, file, words) {
  const heard = `${file}.heard.raw`
  await tool(place, 'ffmpeg', [
    ...['-v', 'error', '-y', '-i', file, '-ar', '16000', '-ac', '1', '-f', 's16le', heard],
  ])
  const flags = ['-infile', heard, '-logfn', '/dev/null']
  const text = (await tool(place, 'pocketsphinx_continuous', flags)).trim().replaceAll(/\s+/g, ' ')
  same(file, 'words', text, words)
}

export function areDifferent(...files) {
  if (new Set(files.map(sumOf)).size !== files.length)
    throw new Error(`${files.map(name).join(', ')} are not all different`)
}

export function areAlike(...files) {
  if (new Set(files.map(sumOf)).size !== 1) throw new Error(`${files.map(name).join(', ')} differ`)
}

function sumOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/** A picture, a recording: made here, so that no row needs what another one left. */
export async function picture(place, colour, [width, height], file) {
  const drawing = `color=${colour}:size=${width}x${height}`
  await tool(place, 'ffmpeg', [
    '-v',
    'error',
    '-y',
    '-f',
    'lavfi',
    '-i',
    drawing,
    '-frames:v',
    '1',
    inWork(place, file),
  ])
  return inWork(place, file)
}

export async function recording(place, seconds, file) {
  const tone = `sine=frequency=330:duration=${seconds}`
  await tool(place, 'ffmpeg', ['-v', 'error', '-y', '-f', 'lavfi', '-i', tone, inWork(place, file)])
  return inWork(place, file)
}

export function inWork(place, file) {
  return path.join(place.work, file)
}

function same(file, what, found, expected) {
  if (found === expected) return
  throw new Error(`${name(file)}: ${what} ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`)
}

function name(file) {
  return path.basename(file)
}
