import { readMarkers } from '../markers.ts'
import { search } from '../search/engine.ts'
import type { Exchange } from '../serve.ts'
import { obey, readJson, sendMedia } from './answer.ts'
import { needText } from './fields.ts'

const MAX_QUERY = 2_000

/** `POST /v1/coding_plan/search` */
export async function serveSearch(exchange: Exchange): Promise<void> {
  const body = await readJson(exchange)
  const markers = readMarkers(needText(body.q, 'q', MAX_QUERY))
  if (!(await obey(exchange, markers))) return
  const { found, related } = search(markers.rest)
  const organic = found.map(({ page, snippet }) => ({
    title: page.title,
    link: page.link,
    snippet,
    date: page.date,
  }))
  await sendMedia(exchange, { organic, related_searches: related.map((query) => ({ query })) }, markers)
}
