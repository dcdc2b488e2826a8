import type { Quota } from '../../catalogue/catalogue.ts'
import { AnchoredWindow } from './anchored.ts'
import { CalendarWindow } from './calendar.ts'
import { SlidingWindow } from './sliding.ts'
import type { Window } from './window.ts'

export function openWindow({ rule }: Quota): Window {
  if (rule.kind === 'sliding') return new SlidingWindow(rule.windowMs)
  return rule.kind === 'anchored' ? new AnchoredWindow(rule.windowMs) : new CalendarWindow(rule)
}
