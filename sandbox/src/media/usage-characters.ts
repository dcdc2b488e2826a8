import { MediaFault } from '../lab/fault.ts'

/** What MiniMax bills speech by: a Han character is two, everything else that Unicode counts as one is one. */
export function usageCharacters(text: string): number {
  let count = 0
  for (const character of text) count += isHan(character) ? 2 : 1
  return count
}

/** Words as a reader counts them: each Han character is one. */
export function countWords(text: string): number {
  return text.match(/\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}'’-])+/gu)?.length ?? 0
}

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/u
const MAX_INVISIBLE = 0.1
const TOO_INVISIBLE = 1042

export function invisibleRatio(text: string): number {
  let all = 0
  let invisible = 0
  for (const character of text) {
    all += 1
    if (INVISIBLE.test(character) && !/\s/.test(character)) invisible += 1
  }
  return all === 0 ? 0 : invisible / all
}

export function refuseInvisible(text: string): void {
  if (invisibleRatio(text) > MAX_INVISIBLE) {
    throw new MediaFault(TOO_INVISIBLE, 'the text has more than 10% invisible characters')
  }
}

/** Most text is Latin, and a property of Unicode is slow to look up. */
function isHan(character: string): boolean {
  return character >= '⺀' && /\p{Script=Han}/u.test(character)
}
