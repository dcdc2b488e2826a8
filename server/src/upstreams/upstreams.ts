import type { Catalogue, Model } from '../catalogue/catalogue.ts'
import { ConfigFault, type UpstreamSetting } from '../config.ts'
import type { Dialect } from '../modalities/dialect.ts'
import { openUpstream, type Upstream } from './upstream.ts'

/** An upstream that can serve this request, and how. */
export type Target = { readonly upstream: Upstream; readonly path: string; readonly model: string }

const MOST_FOUND = 1000

/** Which upstreams serve a model, in the order of the configuration. */
export class Upstreams {
  readonly all: readonly Upstream[]
  /** Found targets by dialect and the caller's id of the model; only where no answer of an engine can change them. */
  readonly #found = new Map<Dialect, Map<string, readonly Target[]>>()

  constructor(settings: readonly UpstreamSetting[]) {
    const names = settings.map(({ name }) => name)
    const twice = names.find((name, index) => names.indexOf(name) < index)
    // What an engine keeps for us is found again by its name.
    if (twice !== undefined) throw new ConfigFault(`upstreams: two have the name ${twice}`)
    this.all = settings.map(openUpstream)
  }

  /** Those that serve the model and speak the dialect; empty when none does. */
  targets(model: Model, asked: string, dialect: Dialect): readonly Target[] | Promise<readonly Target[]> {
    return this.#found.get(dialect)?.get(asked) ?? this.#find(model, asked, dialect)
  }

  async #find(model: Model, asked: string, dialect: Dialect): Promise<readonly Target[]> {
    const targets: Target[] = []
    let settled = true
    for (const upstream of this.all) {
      if (!serves(upstream, model) || !(await speaks(upstream, dialect))) continue
      const path = upstream.basePath + (upstream.adapter.paths[dialect] ?? '')
      targets.push({ upstream, path, model: await modelSent(upstream, model, asked) })
      settled &&= upstream.adapter.kind === 'minimax' || (await upstream.probed())?.reached === true
    }
    if (settled && targets.length > 0) this.#remember(dialect, asked, targets)
    return targets
  }

  /** The caller chooses `asked`, so the memory is bounded. */
  #remember(dialect: Dialect, asked: string, targets: readonly Target[]): void {
    const found = this.#found.get(dialect) ?? new Map<string, readonly Target[]>()
    if (found.size >= MOST_FOUND) found.clear()
    found.set(asked, targets)
    this.#found.set(dialect, found)
  }

  /** Those that make this: media are asked for on MiniMax's own paths, whoever asks. `named` is what the body names. */
  mediaTargets(model: Model, path: string, named = model): readonly Target[] {
    return this.all
      .filter((upstream) => serves(upstream, model))
      .map((upstream) => ({
        upstream,
        path: upstream.basePath + path,
        model: upstream.models?.get(named.id) ?? named.id,
      }))
  }

  /** True where some engine of this server may be asked for it. */
  makes(model: Model): boolean {
    return this.all.some((upstream) => serves(upstream, model))
  }

  named(name: string): Upstream | undefined {
    return this.all.find((upstream) => upstream.name === name)
  }

  /** What is spoken for a model, to say in a refusal. */
  async dialectsFor(model: Model): Promise<Dialect[]> {
    const spoken = new Set<Dialect>()
    for (const upstream of this.all.filter((candidate) => serves(candidate, model))) {
      for (const dialect of Object.keys(upstream.adapter.paths) as Dialect[]) {
        if (await speaks(upstream, dialect)) spoken.add(dialect)
      }
    }
    return [...spoken]
  }

  /** Asks foreign engines what they are, without waiting for them. */
  warm(): void {
    for (const upstream of this.all) void upstream.probed()
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((upstream) => upstream.pool.destroy()))
  }
}

/** Every upstream of this catalogue that names models must name known ones. */
export function checkModels(upstreams: Upstreams, catalogue: Catalogue): string[] {
  return upstreams.all.flatMap((upstream) =>
    [...(upstream.models?.keys() ?? [])]
      .filter((id) => !catalogue.models.has(id))
      .map((id) => `upstream ${upstream.name}: the catalogue has no model ${id}`),
  )
}

function serves(upstream: Upstream, model: Model): boolean {
  return (
    upstream.modalities.has(model.modality) &&
    (upstream.models === undefined || model.modality !== 'text' || upstream.models.has(model.id))
  )
}

/** Declared by the operator, else found by asking, else what its kind usually speaks. */
async function speaks(upstream: Upstream, dialect: Dialect): Promise<boolean> {
  if (upstream.declaredDialects) return upstream.declaredDialects.includes(dialect)
  const probe = await upstream.probed()
  return probe?.dialects.get(dialect) ?? upstream.adapter.dialects.includes(dialect)
}

/** The operator's mapping; else the caller's id if the engine lists it, else its first listed, else ours. */
async function modelSent(upstream: Upstream, model: Model, asked: string): Promise<string> {
  const mapped = upstream.models?.get(model.id) ?? upstream.fixedModel
  if (mapped !== undefined) return mapped
  const listed = (await upstream.probed())?.models
  if (!listed) return model.id
  if (listed.includes(asked)) return asked
  return listed.includes(model.id) ? model.id : (listed[0] ?? model.id)
}
