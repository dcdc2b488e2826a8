import { dialects } from '../modalities/dialect.ts'
import { probe } from '../upstreams/probe.ts'
import type { Upstream } from '../upstreams/upstream.ts'

/** `tokenplan upstreams test`: asks every configured engine what it lists and speaks. Exit code 1 when one is not there. */
export async function upstreamsTest(upstreams: readonly Upstream[]): Promise<{ text: string; exit: number }> {
  if (upstreams.length === 0) {
    return {
      text: 'No upstream is configured: the built-in sandbox serves. Set TOKENPLAN_UPSTREAM or `upstreams:`.',
      exit: 0,
    }
  }
  const reports = await Promise.all(upstreams.map(report))
  return { text: reports.map(({ text }) => text).join('\n\n'), exit: reports.every(({ ok }) => ok) ? 0 : 1 }
}

async function report(upstream: Upstream): Promise<{ text: string; ok: boolean }> {
  const title = `${upstream.name} (kind ${upstream.adapter.kind})`
  const found = await probe(upstream)
  if (!found.reached) return { text: `${title}\n  does not answer`, ok: false }
  const spoken = dialects.map((dialect) => {
    if (upstream.adapter.paths[dialect] === undefined)
      return `  ${dialect.padEnd(18)}not of this kind, not tried`
    const says = found.dialects.get(dialect)
    const declared = upstream.declaredDialects?.includes(dialect) ? ', declared' : ''
    return `  ${dialect.padEnd(18)}${says === undefined ? 'no clear answer' : says ? 'spoken' : 'not spoken'}${declared}`
  })
  const models = found.models
    ? found.models.slice(0, 20).join(', ') || 'none'
    : 'it lists none in a form we know'
  return { text: [title, ...spoken, `  models            ${models}`].join('\n'), ok: true }
}
