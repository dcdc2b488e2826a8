// Programs of the machine that judge what was made. One that is not there fails the row and says what to install.
import { wrong } from './said.mjs'

const packages = {
  ffmpeg: 'ffmpeg',
  ffprobe: 'ffmpeg',
  pocketsphinx_continuous: 'pocketsphinx pocketsphinx-en-us',
}

/** What it printed. */
export async function tool(place, name, args) {
  try {
    const result = await place.run(name, args)
    if (result.code !== 0) throw wrong(result, `${name} ended with code ${result.code}`)
    return result.stdout
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    throw new Error(`${name} is not installed, so this cannot be tried: apt-get install ${packages[name]}`)
  }
}
