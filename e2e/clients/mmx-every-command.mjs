import { versionOf } from '../install.mjs'
import { films, videoSteps } from './mmx-films.mjs'
import { imageSteps, inRatio, seesFile, visionSteps } from './mmx-pictures.mjs'
import { chatSteps, everyCommand, fileSteps, searchSteps, settingSteps } from './mmx-rest.mjs'
import { mmxOf } from './mmx-run.mjs'
import { musicSteps } from './mmx-songs.mjs'
import { speaksByDefault, speechSteps } from './mmx-speech.mjs'

const refusedOf = (mmx) => ({
  command: 'mmx image generate',
  run: (place) => mmx(place, 'image', 'generate', '--prompt', 'a red cat'),
})

const eraPack = 'mmx-cli-1.0.17'
const era = mmxOf(eraPack)
const ofTheEra = [
  ...chatSteps(era),
  ...speechSteps(era),
  ...imageSteps(era),
  ...visionSteps(era),
  ...videoSteps(era),
  ...musicSteps(era),
  ...searchSteps(era),
  ...fileSteps(era),
  ...settingSteps(era),
]

/** The last release that a server of one's own serves fully: all it can do. */
export const mmxEveryCommand = {
  name: 'mmx-cli',
  version: versionOf(eraPack),
  steps: [...ofTheEra, everyCommand(era, ofTheEra)],
  refused: refusedOf(era),
}

const nowPack = 'mmx-cli'
const now = mmxOf(nowPack)

/** The newest release; it has no music. */
export const mmxNowMedia = {
  name: 'mmx-cli',
  version: versionOf(nowPack),
  steps: [
    speaksByDefault(now),
    inRatio(now, ['16:9', 1280, 720]),
    films(now),
    ...searchSteps(now),
    seesFile(now),
    ...fileSteps(now),
  ],
  refused: refusedOf(now),
}
