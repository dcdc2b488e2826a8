import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { BookDown } from '../book/book-down.ts'
import type { Clock } from '../clock.ts'
import { Fault, faults } from '../faults.ts'
import { type Statement, StoreFault } from '../store/sqlite.ts'
import { consolePages } from './assets.ts'
import { docsPages } from './docs-pages.ts'
import { errorBody } from './error-body.ts'
import { operatorActs } from './operator.ts'
import type { OperatorSources } from './operator-acts.ts'
import { operatorClock } from './operator-clock.ts'
import { ownQuota, type QuotaSources } from './own-quota.ts'

export type Control = {
  readonly clock: Clock
  readonly operatorToken: string
  readonly write: (statements: readonly Statement[]) => Promise<readonly (readonly unknown[])[]>
  readonly quota: QuotaSources
  readonly acts: Omit<OperatorSources, 'operatorToken'>
  readonly consoleFolder: string
  readonly docsFolder: string
  /** What is not ready yet, in words; null when everything is. */
  readonly notReady: () => Promise<string | null>
  readonly mintRequestId: () => string
  readonly report: (path: string, error: unknown) => void
}

/** Everything beside the gateway: health, control plane, console, docs. */
export function controlApp(control: Control): ReturnType<typeof getRequestListener> {
  const app = new Hono()
  app.get('/healthz', (c) => c.json({ ok: true }))
  app.get('/readyz', async (c) => {
    const missing = await control.notReady()
    return missing === null ? c.json({ ready: true }) : c.json({ ready: false, missing }, 503)
  })
  operatorClock(app, control.clock, control.operatorToken, control.write)
  operatorActs(app, { ...control.acts, operatorToken: control.operatorToken })
  ownQuota(app, control.quota)
  for (const path of ['/healthz', '/readyz', '/api/own-quota'])
    app.all(path, (c) => c.json(errorBody(new Fault('method_wrong', 'GET')), 405, { allow: 'GET' }))
  consolePages(app, control.consoleFolder)
  docsPages(app, control.docsFolder)
  app.notFound((c) => c.json(errorBody(new Fault('path_unknown', c.req.path.slice(0, 100))), 404))
  app.onError((error, c) => {
    const requestId = control.mintRequestId()
    control.report(`${c.req.path} ${requestId}`, error)
    const fault = error instanceof BookDown || error instanceof StoreFault ? 'store_down' : 'internal'
    return c.json({ ...errorBody(new Fault(fault)), request_id: requestId }, faults[fault].status, {
      'x-request-id': requestId,
    })
  })
  return getRequestListener(app.fetch, { overrideGlobalObjects: false })
}
