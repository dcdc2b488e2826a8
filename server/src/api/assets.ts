import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Context, Hono } from 'hono'

const mediaTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Pages run our own files and nothing else; they may ask this origin alone. */
export const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** A name that cannot be a file is one that is not there. */
const NOT_A_FILE = new Set(['ENOENT', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE', 'EISDIR'])

/** The console: one page and its files. */
export function consolePages(app: Hono, folder: string): void {
  const page = (c: Context) => sendFile(c, folder, 'index.html')
  app.get('/account/token-plan', page)
  app.get('/', (c) => c.redirect('/account/token-plan'))
  app.get('/assets/:file', (c) => sendFile(c, folder, c.req.param('file')))
}

async function sendFile(c: Context, folder: string, file: string): Promise<Response> {
  const type = mediaTypes[path.extname(file)]
  if (!type || path.basename(file) !== file) return c.notFound()
  try {
    const bytes = await readFile(path.join(folder, file))
    return c.body(new Uint8Array(bytes), 200, {
      'content-type': type,
      'cache-control': 'no-cache',
      ...pageHeaders,
    })
  } catch (error) {
    if (NOT_A_FILE.has((error as NodeJS.ErrnoException).code ?? '')) return c.notFound()
    throw error
  }
}
