import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { CatalogueFault, type FindFile, readCatalogue } from './read.ts'

export const folder = fileURLToPath(new URL('../../../catalogue/', import.meta.url))
export const shipped = readFileSync(`${folder}token-plan.yaml`, 'utf8')
export const findShipped: FindFile = (name) =>
  name === 'token-plan.yaml' ? { text: shipped, fileName: name } : null

/** Line 1 is `extends: token-plan.yaml`, so the text's first line is line 2. */
export function readOver(text: string) {
  return readCatalogue(`extends: token-plan.yaml\n${text}`, 'own.yaml', findShipped)
}

export function problemsOf(read: () => unknown): readonly string[] {
  try {
    read()
  } catch (fault) {
    assert.ok(fault instanceof CatalogueFault, String(fault))
    for (const problem of fault.problems) assert.ok(fault.message.includes(problem))
    return fault.problems
  }
  throw new Error('the catalogue was accepted')
}

const INDENT = '  '
/** One key per line, each deeper than the one above. */
export const nested = (...keys: string[]) => keys.map((key, depth) => INDENT.repeat(depth) + key).join('\n')

export function lineOf(text: string, start: string): number {
  return text.split('\n').findIndex((line) => line.startsWith(start)) + 1
}
