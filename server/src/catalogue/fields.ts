import { closest } from './closest.ts'
import type { Place, Problem, Tree } from './yaml-tree.ts'

/** One place of the file that a checker asks about; `tree` is null where nothing is written. */
export type Field = {
  readonly path: string
  readonly at: Place
  readonly tree: Tree | null
  readonly problems: Problem[]
}

export function rootField(tree: Tree, problems: Problem[]): Field {
  return { path: '', at: tree.at, tree, problems }
}

export function complain(field: Field, reason: string): void {
  field.problems.push({ at: field.at, path: field.path, reason })
}

export function isWritten(field: Field): boolean {
  return field.tree !== null
}

/** The named members of a map with a fixed set of names; any other name is an error. */
export function members<Name extends string>(field: Field, names: readonly Name[]): (name: Name) => Field {
  const written = mapEntries(field)
  if (written === null) return (name) => ({ ...muted(field), path: join(field.path, name) })
  for (const name of written.keys()) {
    if ((names as readonly string[]).includes(name)) continue
    complain(memberOf(field, name, true), `is not a known field${suggestion(name, names)}`)
  }
  return (name) => memberOf(field, name, false)
}

/** The members of a map whose names are the file's own; `field.at` is where the name stands. */
export function namedMembers(field: Field): [string, Field][] {
  const written = mapEntries(field)
  return [...(written?.keys() ?? [])].map((name) => [name, memberOf(field, name, false)])
}

/** The same where an empty map would leave the catalogue without anything to sell. */
export function someMembers(field: Field): [string, Field][] {
  const found = namedMembers(field)
  if (field.tree?.kind === 'map' && found.length === 0) complain(field, 'must not be empty')
  return found
}

/** The same place, but pointing at the name: for complaints about the name itself. */
export function nameField(parent: Field, name: string): Field {
  return memberOf(parent, name, true)
}

export function items(field: Field): Field[] {
  if (field.tree === null) {
    complain(field, 'is missing')
    return []
  }
  if (field.tree.kind !== 'list') {
    complain(field, `must be a list, got ${describe(field.tree)}`)
    return []
  }
  const { problems } = field
  return field.tree.items.map((tree, index) => ({
    path: `${field.path}[${index}]`,
    at: tree.at,
    tree,
    problems,
  }))
}

/** Looks a name up that another part of the file defines; if that part is missing, saying so once is enough. */
export function referred<T>(
  field: Field,
  name: string,
  known: ReadonlyMap<string, T>,
  what: string,
): T | undefined {
  const found = known.get(name)
  if (found === undefined && known.size > 0) {
    complain(field, `there is no ${what} ${JSON.stringify(name)}${suggestion(name, [...known.keys()])}`)
  }
  return found
}

export function suggestion(name: string, names: readonly string[]): string {
  const near = closest(name, names)
  return near === undefined ? `; known: ${listed(names)}` : `: did you mean ${JSON.stringify(near)}?`
}

export function describe(tree: Tree): string {
  if (tree.kind === 'map') return 'a map'
  if (tree.kind === 'list') return 'a list'
  if (tree.text === '' && !tree.quoted) return 'nothing'
  return JSON.stringify(tree.text.length > 60 ? `${tree.text.slice(0, 60)}…` : tree.text)
}

function mapEntries(field: Field): ReadonlyMap<string, unknown> | null {
  if (field.tree?.kind === 'map') return field.tree.entries
  complain(field, field.tree === null ? 'is missing' : `must be a map, got ${describe(field.tree)}`)
  return null
}

function memberOf(field: Field, name: string, atName: boolean): Field {
  const path = join(field.path, name)
  const entry = field.tree?.kind === 'map' ? field.tree.entries.get(name) : undefined
  if (entry === undefined) return { path, at: field.at, tree: null, problems: field.problems }
  const at = atName || entry.tree.kind === 'map' ? entry.keyAt : entry.tree.at
  return { path, at, tree: entry.tree, problems: field.problems }
}

/** Below a value that is wrong as a whole, further complaints would only repeat the first. */
function muted(field: Field): Field {
  return { ...field, tree: null, problems: [] }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 12).join(', ')
  return names.length > 12 ? `${shown}, …` : shown || 'none'
}
