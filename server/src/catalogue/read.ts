import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Catalogue, Model, Resource } from './catalogue.ts'
import { checkAliases, checkModels, checkResources } from './check-models.ts'
import { checkPlans, checkPromotions } from './check-plans.ts'
import { checkCredits, checkMedia, checkRateLimits } from './check-terms.ts'
import { checkBeside, checkWindows } from './check-windows.ts'
import { complain, type Field, members, nameField, rootField } from './fields.ts'
import { optional, text, timeZone, wholeNumber } from './scalars.ts'
import { layOver, type Problem, parseTree, type Tree } from './yaml-tree.ts'

const FIELDS = [
  'extends',
  'name',
  'version',
  'zone',
  'windows',
  'weekly',
  'resources',
  'models',
  'aliases',
  'plans',
  'promotions',
  'credits',
  'media',
  'rate-limits',
] as const

/** The files a catalogue may extend; the text is given, so that reading stays free of files. */
export type CatalogueFile = { readonly text: string; readonly fileName: string }
export type FindFile = (name: string) => CatalogueFile | null

/** Names every mistake of a catalogue at once: an operator should not have to start the server once per typo. */
export class CatalogueFault extends Error {
  readonly problems: readonly string[]
  constructor(fileName: string, problems: readonly string[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    super(`The catalogue ${fileName} has ${count}:\n  ${problems.join('\n  ')}`)
    this.name = 'CatalogueFault'
    this.problems = problems
  }
}

/** `shippedFolder` is where a file named by `extends` is looked for when it does not stand beside the catalogue. */
export function loadCatalogue(path: string, shippedFolder?: string): Catalogue {
  if (!existsSync(path)) throw new CatalogueFault(path, ['there is no such file'])
  const folders = [dirname(resolve(path)), ...(shippedFolder === undefined ? [] : [shippedFolder])]
  return readCatalogue(readFileSync(path, 'utf8'), basename(path), (name) => {
    const found = folders.map((folder) => join(folder, name)).find((candidate) => existsSync(candidate))
    return found === undefined ? null : { text: readFileSync(found, 'utf8'), fileName: name }
  })
}

export function readCatalogue(source: string, fileName: string, findFile: FindFile = () => null): Catalogue {
  const problems: Problem[] = []
  const tree = layered({ text: source, fileName }, { findFile, problems, above: [] })
  stopAtProblems(fileName, problems)
  const catalogue = checkCatalogue(rootField(tree, problems))
  stopAtProblems(fileName, problems)
  return catalogue
}

type Layers = {
  readonly findFile: FindFile
  readonly problems: Problem[]
  readonly above: readonly string[]
}

function layered({ text: source, fileName }: CatalogueFile, layers: Layers): Tree {
  const tree = parseTree(source, fileName, layers.problems)
  const above = [...layers.above, fileName]
  const entry = tree.kind === 'map' ? tree.entries.get('extends') : undefined
  if (entry === undefined) return tree
  const field: Field = { path: 'extends', at: entry.tree.at, tree: entry.tree, problems: layers.problems }
  const name = text(field)
  if (name === '') return tree
  if (above.includes(name)) {
    complain(field, `goes in a circle: ${[...above, name].join(' → ')}`)
    return tree
  }
  const base = layers.findFile(name)
  if (base === null) complain(field, `there is no file ${JSON.stringify(name)} to extend`)
  return base === null ? tree : layOver(layered(base, { ...layers, above }), tree)
}

function checkCatalogue(root: Field): Catalogue {
  const member = members(root, FIELDS)
  const zone = optional(member('zone'), timeZone, 'UTC')
  const windows = checkWindows(member('windows'), zone)
  const resources = checkResources(member('resources'))
  const models = checkModels(member('models'), resources)
  complainOfIdleResources(member('resources'), resources, models)
  const frame = { windows, resources, beside: checkBeside(member('weekly'), windows) }
  const plans = checkPlans(member('plans'), frame)
  checkPromotions(member('promotions'), plans, frame)
  return {
    name: text(member('name')),
    version: wholeNumber(member('version'), { from: 1, to: 1_000_000 }),
    zone,
    windows,
    resources,
    models,
    modelsByLowerId: new Map([...models.values()].map((model) => [model.id.toLowerCase(), model])),
    aliases: checkAliases(member('aliases'), models),
    plans,
    rateLimits: checkRateLimits(member('rate-limits'), models),
    credits: checkCredits(member('credits')),
    media: checkMedia(member('media')),
  }
}

/** A resource nobody uses is a quota that can never be spent; asked only where the models themselves are right. */
function complainOfIdleResources(
  field: Field,
  resources: ReadonlyMap<string, Resource>,
  models: ReadonlyMap<string, Model>,
): void {
  const used = new Set([...models.values()].map(({ resource }) => resource))
  for (const id of field.problems.length > 0 ? [] : resources.keys()) {
    if (!used.has(id)) complain(nameField(field, id), 'no model belongs to this resource')
  }
}

/** In the order of the files, so that the list is worked off from top to bottom. */
function stopAtProblems(fileName: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return
  const sorted = [...problems].sort(
    (a, b) =>
      Number(a.at.file !== fileName) - Number(b.at.file !== fileName) ||
      a.at.line - b.at.line ||
      a.at.column - b.at.column,
  )
  const lines = sorted.map(
    ({ at, path, reason }) => `${at.file}:${at.line}:${at.column} ${path || '(file)'}: ${reason}`,
  )
  throw new CatalogueFault(fileName, [...new Set(lines)])
}
