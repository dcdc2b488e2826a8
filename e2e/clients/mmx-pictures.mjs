import { areAlike, areDifferent, inWork, isJpeg, picture } from '../made.mjs'
import { succeeded } from '../said.mjs'
import { jsonOf } from './mmx-run.mjs'

const CAT = 'a red cat on a beach'
const TOWER = 'a lighthouse at night in the rain'
const command = 'mmx image generate'
const pieces = (count) => ({ 'image-01': count })

/** [api-reference/image-generation-t2i] */
const ratios = [
  ['1:1', 1024, 1024],
  ['16:9', 1280, 720],
  ['4:3', 1152, 864],
  ['3:2', 1248, 832],
  ['2:3', 832, 1248],
  ['3:4', 864, 1152],
  ['9:16', 720, 1280],
  ['21:9', 1344, 576],
]
const square = { width: 1024, height: 1024 }

async function draw(mmx, place, file, ...flags) {
  succeeded(await mmx(place, 'image', 'generate', ...flags, '--out', file))
  return inWork(place, file)
}

export const inRatio = (mmx, [ratio, width, height]) => ({
  command: `${command} --aspect-ratio ${ratio}`,
  cost: pieces(1),
  async run(place) {
    const file = await draw(mmx, place, 'cat.jpg', '--prompt', CAT, '--aspect-ratio', ratio)
    isJpeg(file, { width, height })
  },
})

const several = (mmx) => ({
  command: `${command} --n 3 --out-dir --out-prefix`,
  cost: pieces(3),
  async run(place) {
    const asked = ['--prompt', CAT, '--n', '3', '--out-dir', 'cats', '--out-prefix', 'cat']
    const result = await mmx(place, 'image', 'generate', ...asked)
    succeeded(result)
    const files = jsonOf(result).saved.map((file) => inWork(place, file))
    if (files.length !== 3) throw new Error(`saved ${files.length} files instead of 3`)
    for (const file of files) isJpeg(file, square)
    areDifferent(...files)
  },
})

const inBase64 = (mmx) => ({
  command: `${command} --response-format base64`,
  cost: pieces(2),
  async run(place) {
    const asked = ['--prompt', CAT, '--seed', '7']
    const sent = await draw(mmx, place, 'sent.jpg', ...asked, '--response-format', 'base64')
    isJpeg(sent, square)
    areAlike(sent, await draw(mmx, place, 'fetched.jpg', ...asked))
  },
})

const ofItsOwnSize = (mmx) => ({
  command: `${command} --width 1920 --height 1080`,
  cost: pieces(1),
  async run(place) {
    const asked = ['--width', '1920', '--height', '1080', '--prompt-optimizer', '--aigc-watermark']
    isJpeg(await draw(mmx, place, 'wide.jpg', '--prompt', TOWER, ...asked), { width: 1920, height: 1080 })
  },
})

const seeds = (mmx) => ({
  command: `${command} --seed, two prompts and two seeds`,
  cost: pieces(4),
  async run(place) {
    const cat = await draw(mmx, place, 'cat.jpg', '--prompt', CAT, '--seed', '42')
    areAlike(cat, await draw(mmx, place, 'again.jpg', '--prompt', CAT, '--seed', '42'))
    const other = await draw(mmx, place, 'other.jpg', '--prompt', CAT, '--seed', '43')
    areDifferent(cat, other, await draw(mmx, place, 'tower.jpg', '--prompt', TOWER, '--seed', '42'))
  },
})

const subject = (mmx) => ({
  command: `${command} --subject-ref`,
  cost: pieces(2),
  async run(place) {
    const face = await picture(place, 'red', [640, 640], 'face.jpg')
    const asked = ['--prompt', 'a sailor', '--seed', '1']
    const reference = ['--subject-ref', `type=character,image=${face}`]
    const file = await draw(mmx, place, 'sailor.jpg', ...asked, ...reference)
    isJpeg(file, square)
    areDifferent(file, await draw(mmx, place, 'nobody.jpg', ...asked))
  },
})

export const imageSteps = (mmx) => [
  ...ratios.map((ratio) => inRatio(mmx, ratio)),
  several(mmx),
  inBase64(mmx),
  ofItsOwnSize(mmx),
  seeds(mmx),
  subject(mmx),
]

export const seesFile = (mmx) => ({
  command: 'mmx vision describe --image',
  cost: { 'coding-plan-vlm': 1 },
  async run(place) {
    const asked = ['--image', await picture(place, 'red', [640, 360], 'red.png'), '--prompt', 'Which colour?']
    succeeded(
      await mmx(place, 'vision', 'describe', ...asked),
      'PNG image of 640 × 360',
      'red 100%',
      'Which colour?',
    )
  },
})

const seesUpload = (mmx) => ({
  command: 'mmx vision describe --file-id',
  cost: { 'coding-plan-vlm': 1 },
  async run(place) {
    const file = await picture(place, 'blue', [400, 500], 'blue.jpg')
    const { file_id } = jsonOf(await mmx(place, 'file', 'upload', '--file', file, '--purpose', 'vision'))
    const result = await mmx(place, 'vision', 'describe', '--file-id', String(file_id))
    succeeded(result, 'JPEG image of 400 × 500', 'blue 100%')
  },
})

export const visionSteps = (mmx) => [seesFile(mmx), seesUpload(mmx)]
