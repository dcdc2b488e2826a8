import type { Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { z } from 'zod'
import { Fault, type FaultName, faults } from '../faults.ts'
import { objectIn } from '../gateway/read-json.ts'
import { isOperator } from '../keys/operator-token.ts'
import { errorBody } from './error-body.ts'

type Act<Body> = (c: Context, body: Body) => Promise<object>

/** Adds paths that take a POST with the operator token and a body of a schema. */
export function operatorPaths(app: Hono, token: string) {
  return <Body>(path: string, schema: z.ZodType<Body>, act: Act<Body>): void => {
    app.post(path, async (c) => {
      c.header('cache-control', 'no-store')
      try {
        if (!isOperator(c.req.header('authorization'), token)) throw new Fault('operator_only')
        return c.json(await act(c, bodyOf(schema, Buffer.from(await c.req.arrayBuffer()))))
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        return refused(c, error)
      }
    })
    app.all(path, (c) => {
      c.header('allow', 'POST')
      return refused(c, new Fault('method_wrong', 'POST'))
    })
  }
}

/** What is under no path of the operator's. It is not repeated: a key may have been pasted into it. */
export function noOtherOperatorPaths(app: Hono): void {
  app.all('/api/operator/*', (c) => refused(c, new Fault('path_unknown')))
}

/** An act charges nobody: what its caller must know is that nothing was done. */
const hints: Partial<Record<FaultName, string>> = {
  body_broken: 'Send one JSON object, encoded as UTF-8. Nothing was changed.',
  param_invalid: 'Correct the named field. Nothing was changed.',
  path_unknown: 'See /docs/api/operator for what there is.',
}

function refused(c: Context, fault: Fault) {
  const { status } = faults[fault.kind]
  return c.json(errorBody(fault, hints[fault.kind]), status as ContentfulStatusCode)
}

/** No body at all is one without fields. */
function bodyOf<Body>(schema: z.ZodType<Body>, bytes: Buffer): Body {
  const { success, data, error } = schema.safeParse(bytes.length === 0 ? {} : objectIn(bytes))
  if (success) return data
  const [issue] = error.issues
  const where = issue?.path.join('.')
  throw new Fault('param_invalid', `${where ? `${where}: ` : ''}${issue?.message ?? 'not as expected'}`)
}

/** The message of a field's schema, in the words of who sends it; zod's own speak of types. */
export function must(be: string, missing = 'is required') {
  return {
    error: ({ input }: { readonly input?: unknown }) => (input === undefined ? missing : `must be ${be}`),
  }
}

const LONGEST_NAME = 50

/** An object without other fields. */
export function fields<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `there is no field ${String(issue.keys?.[0]).slice(0, LONGEST_NAME)}`
        : 'must be a JSON object',
  })
}
