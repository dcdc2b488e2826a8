import { isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument, type YAMLMap } from 'yaml'

export type Place = { readonly file: string; readonly line: number; readonly column: number }

/** A YAML value that knows where it stands. Scalars keep their source text: a price must not pass through a float. */
export type Tree =
  | { readonly kind: 'scalar'; readonly at: Place; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'map'; readonly at: Place; readonly entries: ReadonlyMap<string, Entry> }
  | { readonly kind: 'list'; readonly at: Place; readonly items: readonly Tree[] }

export type Entry = { readonly keyAt: Place; readonly tree: Tree }
export type Problem = { readonly at: Place; readonly path: string; readonly reason: string }

type Source = { readonly file: string; readonly lines: LineCounter; readonly problems: Problem[] }

const ONE_TEXT_ONLY = 'anchors and aliases are not read here: write the value out, or use "extends"'

export function parseTree(text: string, file: string, problems: Problem[]): Tree {
  const lines = new LineCounter()
  const source: Source = { file, lines, problems }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false })
  for (const error of [...document.errors, ...document.warnings]) {
    report(source, error.pos[0], '(YAML)', error.message)
  }
  return toTree(document.contents, '', source)
}

/** Lays a file over the one it extends: maps are merged, everything else is replaced. */
export function layOver(base: Tree, upper: Tree): Tree {
  if (base.kind !== 'map' || upper.kind !== 'map') return upper
  const entries = new Map(base.entries)
  for (const [key, entry] of upper.entries) {
    const below = base.entries.get(key)
    entries.set(key, below ? { keyAt: entry.keyAt, tree: layOver(below.tree, entry.tree) } : entry)
  }
  return { kind: 'map', at: upper.at, entries }
}

function toTree(node: ParsedNode | null, path: string, source: Source): Tree {
  const at = placeOf(source, node?.range[0] ?? 0)
  if (isMap(node)) return { kind: 'map', at, entries: toEntries(node as YAMLMap.Parsed, path, source) }
  if (isSeq(node)) {
    const items = (node.items as ParsedNode[]).map((item, index) => toTree(item, `${path}[${index}]`, source))
    return { kind: 'list', at, items }
  }
  if (!isScalar(node)) {
    if (node !== null) report(source, node.range[0], path, ONE_TEXT_ONLY)
    return { kind: 'scalar', at, text: '', quoted: false }
  }
  if (node.anchor !== undefined) report(source, node.range[0], path, ONE_TEXT_ONLY)
  return { kind: 'scalar', at, text: node.source, quoted: node.type !== 'PLAIN' }
}

function toEntries(map: YAMLMap.Parsed, path: string, source: Source): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? key.source : ''
    const keyAt = placeOf(source, key.range[0])
    const inner = path === '' ? name : `${path}.${name}`
    const first = entries.get(name)
    if (first) report(source, key.range[0], inner, `is written twice, first in line ${first.keyAt.line}`)
    else entries.set(name, { keyAt, tree: value === null ? emptyAt(keyAt) : toTree(value, inner, source) })
  }
  return entries
}

function emptyAt(at: Place): Tree {
  return { kind: 'scalar', at, text: '', quoted: false }
}

function placeOf(source: Source, offset: number): Place {
  const { line, col } = source.lines.linePos(offset)
  return { file: source.file, line: Math.max(line, 1), column: Math.max(col, 1) }
}

function report(source: Source, offset: number, path: string, reason: string): void {
  source.problems.push({ at: placeOf(source, offset), path, reason })
}
