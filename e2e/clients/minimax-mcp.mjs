import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { e2e, inPackage, versionOf } from '../install.mjs'
import { areDifferent, inWork, isFilm, isJpeg, isSound, picture, recording, saysIn } from '../made.mjs'
import { refusedHonestly, succeeded } from '../said.mjs'
import { usd } from '../spent.mjs'

const pack = 'minimax-mcp-js'
const HOME = 'we are going home tomorrow morning'
const MORNING = 'good morning'
const SECONDS = 240
/** Its own defaults. */
const spoken = { codec: 'mp3', rate: 32_000, channels: 1 }
const film = { width: 1366, height: 768 }
/** What 02-HD and 2.8-HD speech cost, USD a character. */
const CHARACTER = 100 / 1_000_000
const OUTSIDE = 'outside what a Token Plan Key covers'

const tools = [
  ...['text_to_audio', 'list_voices', 'play_audio', 'voice_clone', 'text_to_image', 'generate_video'],
  ...['image_to_video', 'query_video_generation', 'voice_design'],
]

/** Starts it over stdio and calls one tool; `mode`: whether it saves what was made or names its URL. */
function call(place, tool, args = {}, { key = place.key, mode = 'local' } = {}) {
  const program = [path.join(e2e, 'programs/minimax-mcp.mjs'), inPackage(pack, 'build/index.js')]
  return place.run(process.execPath, [...program, tool, JSON.stringify(args)], {
    MINIMAX_API_KEY: key,
    MINIMAX_API_HOST: place.origin,
    MINIMAX_MCP_BASE_PATH: place.work,
    MINIMAX_RESOURCE_MODE: mode,
  })
}

/** The file that it says it saved. */
function savedBy(result, says) {
  succeeded(result)
  const [, file] = new RegExp(`${says}(\\S+?\\.\\w+)(?:[.,)\\s]|$)`).exec(result.stdout) ?? []
  if (file === undefined) throw new Error(`did not say ${says}…:\n${result.stdout}`)
  return file
}

async function fetched(place, result, file) {
  succeeded(result, 'Success')
  const answer = await fetch(/https?:\/\/[^\s,]*[^\s,.]/i.exec(result.stdout)?.[0])
  if (answer.status !== 200) throw new Error(`its URL answers ${answer.status}`)
  writeFileSync(inWork(place, file), Buffer.from(await answer.arrayBuffer()))
  return inWork(place, file)
}

const covered = [
  {
    command: 'tools/list',
    units: 0,
    run: async (place) => succeeded(await call(place, 'list'), ...tools),
  },
  {
    command: 'text_to_audio, saved',
    cost: { 'speech-hd': HOME.length },
    async run(place) {
      const file = savedBy(await call(place, 'text_to_audio', { text: HOME }), 'saved: ')
      await isSound(place, file, spoken)
      await saysIn(place, file, HOME)
    },
  },
  {
    command: 'text_to_audio, url and subtitles, flac',
    cost: { 'speech-hd': MORNING.length },
    async run(place) {
      const args = { text: MORNING, format: 'flac', sampleRate: 44_100, channel: 2, subtitleEnable: true }
      const result = await call(place, 'text_to_audio', args, { mode: 'url' })
      const file = await fetched(place, result, 'it.flac')
      await isSound(place, file, { codec: 'flac', rate: 44_100, channels: 2 })
      const subtitles = await fetch(/Subtitle file saved: (\S+)/.exec(result.stdout)?.[1])
      const [{ text, time_begin, time_end }] = await subtitles.json()
      if (text !== MORNING || !(time_begin < time_end)) throw new Error('its subtitles are of something else')
    },
  },
  {
    command: 'list_voices',
    units: 0,
    run: async (place) =>
      succeeded(await call(place, 'list_voices'), 'Success', 'English_expressive_narrator'),
  },
  {
    command: 'text_to_image, saved',
    cost: { 'image-01': 2 },
    async run(place) {
      const args = { prompt: 'red cat', aspectRatio: '16:9', n: 2 }
      const result = await call(place, 'text_to_image', args)
      succeeded(result, 'saved: ')
      const files = result.stdout.split('saved: ')[1].trim().split(', ')
      for (const file of files) isJpeg(file, { width: 1280, height: 720 })
      if (files.length !== 2) throw new Error(`saved ${files.length} files instead of 2`)
      areDifferent(...files)
    },
  },
  {
    command: 'text_to_image, url, with a subject',
    cost: { 'image-01': 1 },
    async run(place) {
      const subjectReference = await picture(place, 'red', [512, 512], 'face.jpg')
      const args = { prompt: 'a sailor', subjectReference }
      const result = await call(place, 'text_to_image', args, { mode: 'url' })
      isJpeg(await fetched(place, result, 'it.jpg'), { width: 1024, height: 1024 })
    },
  },
]

const notCovered = [
  ['voice_clone', { voiceId: 'MyVoice001', audioFile: 'voice.mp3' }, OUTSIDE],
  ['voice_design', { prompt: 'an old sailor', previewText: MORNING }, OUTSIDE],
  ['generate_video', { prompt: 'ocean waves' }, OUTSIDE],
  // I2V-01 has no price, so no catalogue of ours sells it.
  ['image_to_video', { prompt: 'ocean waves', firstFrameImage: 'first.jpg' }, 'unknown model: "I2V-01"'],
].map(([tool, args, says]) => ({
  command: `${tool}, plan key (refused)`,
  units: 0,
  async run(place) {
    await recording(place, 12, 'voice.mp3')
    await picture(place, 'orange', [800, 800], 'first.jpg')
    refusedHonestly(await call(place, tool, args), [says])
  },
}))

const byApiKey = [
  {
    command: 'voice_clone with a demo, API key',
    // The voice is due where it first speaks, which is the demo.
    cost: usd(1.5 + HOME.length * CHARACTER),
    async run(place) {
      const audioFile = await recording(place, 12, 'voice.mp3')
      const args = { voiceId: 'MyVoice001', audioFile, text: HOME }
      const file = savedBy(await call(place, 'voice_clone', args, { key: place.apiKey }), 'Demo audio: ')
      const heard = await isSound(place, file, { ...spoken })
      if (heard < 1) throw new Error(`the demo lasts ${heard} s`)
      await saysIn(place, file, HOME)
    },
  },
  {
    command: 'text_to_audio with the cloned voice, API key',
    cost: usd(MORNING.length * CHARACTER),
    async run(place) {
      const args = { text: MORNING, voiceId: 'MyVoice001' }
      const file = savedBy(await call(place, 'text_to_audio', args, { key: place.apiKey }), 'saved: ')
      await isSound(place, file, spoken)
    },
  },
  {
    command: 'voice_design, API key',
    cost: usd(HOME.length * CHARACTER),
    async run(place) {
      const args = { prompt: 'an old sailor with a deep voice', previewText: HOME }
      const file = savedBy(await call(place, 'voice_design', args, { key: place.apiKey }), 'saved as: ')
      await isSound(place, file, { ...spoken })
      await saysIn(place, file, HOME)
    },
  },
  {
    command: 'generate_video, waits and saves, API key',
    cost: usd(0.28),
    seconds: SECONDS,
    async run(place) {
      const result = await call(place, 'generate_video', { prompt: 'ocean waves' }, { key: place.apiKey })
      await isFilm(place, savedBy(result, 'saved: '), film)
    },
  },
  {
    command: 'image_to_video, query_video_generation, url, API key',
    cost: usd(0.28),
    seconds: SECONDS,
    async run(place) {
      const firstFrameImage = await picture(place, 'orange', [1366, 768], 'first.jpg')
      const how = { key: place.apiKey, mode: 'url' }
      const args = { prompt: 'waves', firstFrameImage, model: 'MiniMax-Hailuo-02', asyncMode: true }
      const begun = await call(place, 'image_to_video', args, how)
      succeeded(begun, 'Task ID: ')
      const taskId = /Task ID: (\d+)/.exec(begun.stdout)[1]
      for (;;) {
        const result = await call(place, 'query_video_generation', { taskId }, how)
        succeeded(result)
        if (result.stdout.includes('still processing')) continue
        return isFilm(place, await fetched(place, result, 'film.mp4'), film)
      }
    },
  },
]

/** All of its tools but `play_audio`, which opens the machine's loudspeaker and asks no server. */
export const minimaxMcp = {
  name: 'minimax-mcp-js',
  version: versionOf(pack),
  steps: [...covered, ...notCovered, ...byApiKey],
  refused: { command: 'list_voices', run: (place) => call(place, 'list_voices') },
}
