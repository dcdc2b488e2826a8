// What a client must have printed. A failure shows what it did print, as its user saw it.
import { readFileSync } from 'node:fs'
import path from 'node:path'

const SHOWN_CHARS = 3000

export function succeeded(result, ...texts) {
  if (result.timedOut) throw wrong(result, `was still running after ${result.seconds.toFixed(0)} s`)
  if (result.code !== 0) throw wrong(result, `ended with code ${result.code}`)
  for (const text of texts) {
    if (!result.stdout.includes(text)) throw wrong(result, `did not print ${JSON.stringify(text)}`)
  }
}

/** A refusal a user can act on: it fails the command in time, and says why. */
export function refusedHonestly(result, says) {
  const printed = (result.stdout + result.stderr).toLowerCase()
  if (result.timedOut) throw wrong(result, `had not said no after ${result.seconds.toFixed(0)} s`)
  if (result.code === 0) throw wrong(result, 'ended with code 0 although it was refused')
  for (const text of says) {
    if (!printed.includes(text.toLowerCase())) throw wrong(result, `did not show ${JSON.stringify(text)}`)
  }
}

/** The shell works out the sum, so the words of the prompt alone cannot make this file. */
export const proof = {
  command: 'echo tokenplan-$((40+2)) > proof.txt',
  file: 'proof.txt',
  text: 'tokenplan-42\n',
}

export function leftProof(result, work) {
  let found = 'no such file'
  try {
    found = readFileSync(path.join(work, proof.file), 'utf8')
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
  if (found !== proof.text) throw wrong(result, `left ${JSON.stringify(found)} in ${proof.file}`)
}

export function wrong({ stdout, stderr }, what) {
  const shown = [stdout, stderr].map((text) => text.trim().slice(-SHOWN_CHARS)).filter((text) => text !== '')
  return new Error([what, ...shown].join('\n'))
}
