import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Context, Hono } from 'hono'
import { marked } from 'marked'
import { pageHeaders } from './assets.ts'

/**
 * `/docs/…` renders `docs/….md` plainly; the same path with `.md` is the source, `/docs/llms.txt` lists every page.
 * The folder is the project's own, so its HTML is trusted; paths are looked up in the list of files, never joined.
 */
export function docsPages(app: Hono, folder: string): void {
  app.get('/docs', (c) => c.redirect('/docs/token-plan/intro'))
  app.get('/docs/*', async (c) => {
    // Names of pages need no escapes, so an escaped one is not a page.
    const asked = c.req.path.replace(/^\/docs\//, '').replace(/\/$/, '')
    const pages = await listPages(folder)
    if (asked === 'llms.txt') return c.text(await llmsText(folder, pages))
    const source = asked.endsWith('.md')
    const page = source ? asked.slice(0, -3) : asked
    if (!pages.includes(page)) return c.notFound()
    const markdown = await readFile(path.join(folder, `${page}.md`), 'utf8')
    if (source) return c.body(markdown, 200, { 'content-type': 'text/markdown; charset=utf-8' })
    return sendPage(c, titleOf(markdown, page), await marked.parse(markdown))
  })
}

/** Every page's path without `.md`, sorted. */
async function listPages(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true })
  return files
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => file.endsWith('.md'))
    .map((file) => file.slice(0, -3))
    .sort()
}

async function llmsText(folder: string, pages: readonly string[]): Promise<string> {
  const lines = await Promise.all(
    pages.map(async (page) => {
      const title = titleOf(await readFile(path.join(folder, `${page}.md`), 'utf8'), page)
      return `- [${title}](/docs/${page}.md)`
    }),
  )
  return `# Token Plan\n\n> The open, self-hostable Token Plan: one key, flat-rate plans, exact quotas.\n\n## Pages\n\n${lines.join('\n')}\n`
}

function titleOf(markdown: string, page: string): string {
  return /^# (.+)$/m.exec(markdown)?.[1]?.trim() ?? page
}

function sendPage(c: Context, title: string, body: string): Response {
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} · Token Plan</title><link rel="icon" href="/assets/mark.svg"><link rel="stylesheet" href="/assets/docs.css"></head>
<body><header><a href="/account/token-plan">Token Plan</a> <nav><a href="/docs/token-plan/intro">Docs</a>
<a href="/docs/llms.txt">llms.txt</a> <a href="${escaped(c.req.path)}.md">this page as Markdown</a></nav></header>
<main>${body}</main></body></html>`
  return c.body(html, 200, { 'content-type': 'text/html; charset=utf-8', ...pageHeaders })
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
}
