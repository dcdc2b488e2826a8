import type { WindowRule } from './catalogue.ts'
import {
  complain,
  type Field,
  isWritten,
  members,
  namedMembers,
  nameField,
  referred,
  someMembers,
} from './fields.ts'
import { duration, oneOf, optional, text, timeZone, wholeNumber } from './scalars.ts'

const KINDS = ['sliding', 'daily', 'weekly', 'slot', 'anchored'] as const
const DAY_MS = 86_400_000
const WINDOW_NAME = /^[a-z][a-z0-9-]{0,39}$/

export function checkWindows(field: Field, zone: string): Map<string, WindowRule> {
  const rules = new Map<string, WindowRule>()
  for (const [name, member] of someMembers(field)) {
    if (!WINDOW_NAME.test(name)) complain(nameField(field, name), 'a window is named like five-hours or day')
    rules.set(name, checkWindow(name, member, zone))
  }
  return rules
}

function checkWindow(name: string, field: Field, zone: string): WindowRule {
  const member = members(field, ['kind', 'length', 'zone'])
  const kind = oneOf(member('kind'), KINDS)
  if (kind === 'sliding' || kind === 'anchored') {
    refuse(member('zone'), NO_ZONE[kind])
    return { name, kind, windowMs: duration(member('length')) }
  }
  if (kind === 'slot') {
    const windowMs = duration(member('length'))
    if (windowMs > DAY_MS) complain(member('length'), 'slots begin anew every midnight: at most 24h')
    return { name, kind, windowMs, zone: optional(member('zone'), timeZone, zone) }
  }
  refuse(member('length'), `a ${kind} window has its length from the calendar`)
  return { name, kind, zone: optional(member('zone'), timeZone, zone) }
}

const NO_ZONE = {
  sliding: 'a sliding window needs no zone: units come back exactly their length later',
  anchored: 'an anchored window needs no zone: it begins with a use, whatever the clock on the wall says',
}

function refuse(field: Field, reason: string): void {
  if (isWritten(field)) complain(field, reason)
}

/** A weekly window laid beside every quota of another window, so many times as large. */
export type Beside = { readonly rule: WindowRule; readonly times: ReadonlyMap<string, number> }

export function checkBeside(field: Field, windows: ReadonlyMap<string, WindowRule>): Beside | null {
  if (!isWritten(field)) return null
  const member = members(field, ['window', 'times'])
  const rule = referred(member('window'), text(member('window')), windows, 'window')
  const times = new Map<string, number>()
  for (const [name, factor] of namedMembers(member('times'))) {
    const other = referred(nameField(member('times'), name), name, windows, 'window')
    if (other && other === rule) complain(factor, 'a window cannot stand beside itself')
    times.set(name, wholeNumber(factor, { from: 1, to: 1_000 }))
  }
  return rule === undefined ? null : { rule, times }
}
