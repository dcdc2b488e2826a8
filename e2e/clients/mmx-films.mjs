import { setTimeout as pause } from 'node:timers/promises'
import { areDifferent, inWork, isFilm, picture } from '../made.mjs'
import { succeeded, wrong } from '../said.mjs'
import { credits } from '../spent.mjs'
import { jsonOf } from './mmx-run.mjs'

const WAVES = 'ocean waves at sunset'
const command = 'mmx video generate'
const one = { 'MiniMax-Hailuo-2.3-6s-768p': 1 }
const oneFast = { 'MiniMax-Hailuo-2.3-Fast-6s-768p': 1 }
/** Several films are made one after the other, on a machine that may have other things to do. */
const SECONDS = 240
const wide = { width: 1366, height: 768 }

export const films = (mmx) => ({
  command: `${command} --download`,
  cost: one,
  seconds: SECONDS,
  async run(place) {
    const file = inWork(place, 'waves.mp4')
    const result = await mmx(
      place,
      'video',
      'generate',
      '--prompt',
      WAVES,
      '--download',
      file,
      '--poll-interval',
      '1',
    )
    succeeded(result, '"status": "Success"')
    await isFilm(place, file, wide)
  },
})

const fromPicture = (mmx) => ({
  command: `${command} --first-frame`,
  cost: one,
  seconds: SECONDS,
  async run(place) {
    const first = await picture(place, 'orange', [800, 800], 'first.jpg')
    const file = inWork(place, 'film.mp4')
    const asked = ['--prompt', WAVES, '--first-frame', first, '--download', file, '--poll-interval', '1']
    succeeded(await mmx(place, 'video', 'generate', ...asked))
    await isFilm(place, file, { width: 768, height: 768 })
  },
})

const laterOn = (mmx) => ({
  command: `${command} --no-wait, video task get, video download`,
  cost: oneFast,
  seconds: SECONDS,
  async run(place) {
    const first = await picture(place, 'green', [1280, 720], 'first.png')
    const asked = [
      '--model',
      'MiniMax-Hailuo-2.3-Fast',
      '--prompt',
      WAVES,
      '--first-frame',
      first,
      '--no-wait',
    ]
    const { taskId } = jsonOf(await mmx(place, 'video', 'generate', ...asked))
    await download(mmx, place, taskId, 'later.mp4')
  },
})

/** Two a day are in the plan; the third is the first that credits pay. */
const byCredits = (mmx) => ({
  command: `${command} --async, a third, by credits; two prompts`,
  cost: credits(2 * 280),
  seconds: SECONDS,
  async run(place) {
    const files = []
    for (const prompt of [WAVES, 'a snowy mountain']) {
      const { taskId } = jsonOf(await mmx(place, 'video', 'generate', '--prompt', prompt, '--async'))
      files.push(await download(mmx, place, taskId, `${files.length}.mp4`))
    }
    areDifferent(...files)
  },
})

/** Asks with `video task get` until the film is there, and fetches it with `video download`. */
async function download(mmx, place, taskId, name) {
  for (;;) {
    const result = await mmx(place, 'video', 'task', 'get', '--task-id', taskId)
    succeeded(result)
    const { status, file_id } = jsonOf(result)
    if (!['Preparing', 'Queueing', 'Processing', 'Success'].includes(status)) throw wrong(result, status)
    if (status === 'Success') {
      const file = inWork(place, name)
      succeeded(await mmx(place, 'video', 'download', '--file-id', file_id, '--out', file), name)
      await isFilm(place, file, wide)
      return file
    }
    await pause(1000)
  }
}

const outside = (mmx, [flag, says]) => ({
  command: `${command} ${flag}, which no plan covers`,
  units: 0,
  async run(place) {
    const frame = await picture(place, 'blue', [800, 600], 'frame.jpg')
    const frames = flag === '--last-frame' ? ['--first-frame', frame, flag, frame] : [flag, frame]
    const result = await mmx(place, 'video', 'generate', '--prompt', WAVES, ...frames)
    if (result.code !== 0 && (result.stdout + result.stderr).includes(says)) return
    throw wrong(result, `was not refused with ${JSON.stringify(says)}`)
  },
})

export const videoSteps = (mmx) => [
  films(mmx),
  fromPicture(mmx),
  laterOn(mmx),
  byCredits(mmx),
  outside(mmx, ['--last-frame', 'not support model, MiniMax-Hailuo-02']),
  outside(mmx, ['--subject-image', 'S2V-01']),
]
