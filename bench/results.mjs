// RESULTS.md holds the last run of each benchmark between marks of its own.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { folder } from './stage.mjs'

export function keepResult(name, report) {
  const file = path.join(folder, 'RESULTS.md')
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`]
  const text = readFileSync(file, 'utf8')
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${file} has lost the marks of ${name}`)
  writeFileSync(file, `${text.slice(0, from + begin.length)}\n\n${report}\n\n${text.slice(to)}`)
}
