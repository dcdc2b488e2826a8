// What a person copies out of a page, with the address and the key of this run in place of the page's.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { house } from '../scripts/build.mjs'

const PRINTED_ORIGIN = 'http://localhost:8787'

export function page(name) {
  const file = path.join(house, name)
  if (existsSync(file)) return readFileSync(file, 'utf8')
  throw new Error(`There is no ${name}, so what it tells people to paste cannot be tried.`)
}

export function filledIn(text, { origin, key }) {
  return text.replaceAll(PRINTED_ORIGIN, origin).replaceAll(/sk-cp-[^\s'"]*|\$\{?KEY\b\}?/g, key)
}

/** The fenced blocks in one of these languages. */
export function blocks(text, ...languages) {
  const found = [...text.matchAll(/^```(\w*)[ \t]*\n([\s\S]*?)^```/gm)]
  return found.filter(([, language]) => languages.includes(language)).map(([, , block]) => block)
}

export function shellBlocks(text) {
  return blocks(text, '', 'sh', 'bash', 'shell', 'console')
}

/** The variables that a page exports and whose names match; none at all means that the page no longer says them. */
export function exportsOf(name, wanted, place) {
  const lines = shellBlocks(page(name)).flatMap((block) => block.match(/^(?:\$ )?export .*/gm) ?? [])
  const pairs = lines.flatMap((line) => [...filledIn(line, place).matchAll(/(\w+)=(\S+)/g)])
  const found = pairs.filter(([, variable]) => wanted.test(variable))
  if (found.length === 0) throw new Error(`${name} exports nothing like ${wanted} in a shell block.`)
  return Object.fromEntries(found.map(([, variable, value]) => [variable, value]))
}

/** The first block in this language that mentions `word`. */
export function fileOf(name, language, word, place) {
  const found = blocks(page(name), language).find((block) => block.includes(word))
  if (found === undefined) throw new Error(`${name} has no ${language} block with ${word}.`)
  return filledIn(found, place)
}
