import assert from 'node:assert/strict'
import test from 'node:test'
import { periodAt, periodOf } from './periods.ts'

const HOUR_MS = 3_600_000
const at = (text: string) => Date.parse(text)

type Row = readonly [
  kind: 'daily' | 'weekly',
  zone: string,
  at: string,
  startsAt: string,
  endsAt: string,
  hours: number,
]

/** Wall clocks as the zones' laws have them: Berlin changes on the last Sundays, New York on the 2nd of March and 1st of November. */
const rows: readonly Row[] = [
  ['daily', 'UTC', '2026-11-23T01:16:57Z', '2026-11-23T00:00:00Z', '2026-11-24T00:00:00Z', 24],
  ['weekly', 'UTC', '2026-11-23T00:00:00Z', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z', 168],
  ['weekly', 'UTC', '2026-11-22T23:59:59.999Z', '2026-11-16T00:00:00Z', '2026-11-23T00:00:00Z', 168],
  ['daily', 'Asia/Shanghai', '2026-11-23T15:59:59.999Z', '2026-11-22T16:00:00Z', '2026-11-23T16:00:00Z', 24],
  ['daily', 'Asia/Shanghai', '2026-11-23T16:00:00Z', '2026-11-23T16:00:00Z', '2026-11-24T16:00:00Z', 24],
  [
    'weekly',
    'Asia/Shanghai',
    '2026-11-22T15:59:59.999Z',
    '2026-11-15T16:00:00Z',
    '2026-11-22T16:00:00Z',
    168,
  ],
  // Summer begins: 23 hours. Summer ends: 25 hours, and the hour that comes twice is one day both times.
  ['daily', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', 23],
  ['daily', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z', 25],
  ['daily', 'Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z', 25],
  ['daily', 'Europe/Berlin', '2026-10-24T21:59:59.999Z', '2026-10-23T22:00:00Z', '2026-10-24T22:00:00Z', 24],
  ['weekly', 'Europe/Berlin', '2026-03-29T12:00:00Z', '2026-03-22T23:00:00Z', '2026-03-29T22:00:00Z', 167],
  ['weekly', 'Europe/Berlin', '2026-10-25T12:00:00Z', '2026-10-18T22:00:00Z', '2026-10-25T23:00:00Z', 169],
  ['daily', 'America/New_York', '2027-03-14T12:00:00Z', '2027-03-14T05:00:00Z', '2027-03-15T04:00:00Z', 23],
  ['daily', 'America/New_York', '2026-11-01T05:30:00Z', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z', 25],
  [
    'daily',
    'America/New_York',
    '2026-11-02T04:59:59.999Z',
    '2026-11-01T04:00:00Z',
    '2026-11-02T05:00:00Z',
    25,
  ],
  ['weekly', 'America/New_York', '2026-11-01T12:00:00Z', '2026-10-26T04:00:00Z', '2026-11-02T05:00:00Z', 169],
  // Midnights that do not exist: the clock goes from Saturday 23:59 to Sunday 01:00. And one that comes twice, in Havana.
  ['daily', 'America/Santiago', '2026-09-06T12:00:00Z', '2026-09-06T04:00:00Z', '2026-09-07T03:00:00Z', 23],
  ['daily', 'America/Santiago', '2026-09-05T12:00:00Z', '2026-09-05T04:00:00Z', '2026-09-06T04:00:00Z', 24],
  ['daily', 'America/Havana', '2026-11-01T05:30:00Z', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z', 25],
  ['daily', 'Asia/Kolkata', '2026-11-23T18:30:00Z', '2026-11-23T18:30:00Z', '2026-11-24T18:30:00Z', 24],
  ['daily', 'Asia/Beirut', '2026-03-29T12:00:00Z', '2026-03-28T22:00:00Z', '2026-03-29T21:00:00Z', 23],
]

test('days and weeks are those of the wall clock, from the first millisecond to the last', () => {
  for (const [kind, zone, instant, startsAt, endsAt, hours] of rows) {
    const period = periodOf(kind, at(instant), zone)
    const what = `${kind} ${zone} ${instant}`
    assert.deepEqual(period, { startsAt: at(startsAt), endsAt: at(endsAt) }, what)
    assert.equal((period.endsAt - period.startsAt) / HOUR_MS, hours, what)
    assert.deepEqual(periodOf(kind, period.startsAt, zone), period, `${what}, its first instant`)
    assert.deepEqual(periodOf(kind, period.endsAt - 1, zone), period, `${what}, its last millisecond`)
    assert.equal(periodOf(kind, period.endsAt, zone).startsAt, period.endsAt, `${what}, the next one`)
    assert.equal(periodOf(kind, period.startsAt - 1, zone).endsAt, period.startsAt, `${what}, the one before`)
  }
})

test('two years of days follow one another without a gap in every zone', () => {
  for (const zone of [
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Asia/Shanghai',
    'Australia/Lord_Howe',
    'America/Santiago',
  ]) {
    let day = periodOf('daily', at('2026-01-01T12:00:00Z'), zone)
    for (let count = 0; count < 730; count++) {
      const next = periodOf('daily', day.endsAt, zone)
      assert.equal(next.startsAt, day.endsAt, `${zone} ${new Date(day.endsAt).toISOString()}`)
      assert.ok(next.endsAt - next.startsAt >= 23 * HOUR_MS && next.endsAt - next.startsAt <= 25 * HOUR_MS)
      day = next
    }
  }
})

test('a week has seven days and begins with a Monday', () => {
  for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Shanghai']) {
    const weekday = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      weekday: 'short',
      hour: 'numeric',
      hourCycle: 'h23',
    })
    let week = periodOf('weekly', at('2026-01-01T12:00:00Z'), zone)
    for (let count = 0; count < 60; count++) {
      assert.equal(weekday.format(week.startsAt), 'Mon, 00')
      let days = 0
      for (let instant = week.startsAt; instant < week.endsAt; days++)
        instant = periodOf('daily', instant, zone).endsAt
      assert.equal(days, 7)
      week = periodOf('weekly', week.endsAt, zone)
    }
  }
})

/** Begin of the slots of a day as UTC, and its end. */
function slotsOf(zone: string, day: string, hours: number): string[] {
  const calendar = { kind: 'slot', windowMs: hours * HOUR_MS, zone } as const
  const { startsAt, endsAt } = periodOf('daily', at(day), zone)
  const begins: number[] = [startsAt]
  for (let next = startsAt; next < endsAt; begins.push(next)) next = periodAt(calendar, next).endsAt
  return begins.map((instant) => new Date(instant).toISOString().slice(0, 16))
}

test('slots begin at midnight, the last one ends with its day', () => {
  assert.deepEqual(slotsOf('UTC', '2026-05-20T12:00Z', 5), [
    '2026-05-20T00:00',
    '2026-05-20T05:00',
    '2026-05-20T10:00',
    '2026-05-20T15:00',
    '2026-05-20T20:00',
    '2026-05-21T00:00',
  ])
  assert.deepEqual(slotsOf('Asia/Shanghai', '2026-05-20T00:00Z', 24), [
    '2026-05-19T16:00',
    '2026-05-20T16:00',
  ])
})

test('a slot in which clocks are changed is an hour shorter or longer, the others are not', () => {
  assert.deepEqual(slotsOf('Europe/Berlin', '2026-03-29T12:00Z', 5), [
    '2026-03-28T23:00',
    '2026-03-29T03:00',
    '2026-03-29T08:00',
    '2026-03-29T13:00',
    '2026-03-29T18:00',
    '2026-03-29T22:00',
  ])
  assert.deepEqual(slotsOf('Europe/Berlin', '2026-10-25T12:00Z', 5).slice(0, 3), [
    '2026-10-24T22:00',
    '2026-10-25T04:00',
    '2026-10-25T09:00',
  ])
})

test('a slot that is jumped over does not exist, an hour that comes twice begins none twice', () => {
  assert.deepEqual(slotsOf('Europe/Berlin', '2026-03-29T12:00Z', 1).slice(1, 4), [
    '2026-03-29T00:00',
    '2026-03-29T01:00',
    '2026-03-29T02:00',
  ])
  assert.equal(slotsOf('Europe/Berlin', '2026-03-29T12:00Z', 1).length, 24)
  assert.equal(slotsOf('Europe/Berlin', '2026-10-25T12:00Z', 1).length, 25)
  const twice = { kind: 'slot', windowMs: HOUR_MS, zone: 'Europe/Berlin' } as const
  assert.deepEqual(periodAt(twice, at('2026-10-25T01:30Z')), {
    startsAt: at('2026-10-25T00:00Z'),
    endsAt: at('2026-10-25T02:00Z'),
  })
})

test('a day that a zone left out is none, and its neighbours meet', () => {
  const skipped = at('2011-12-30T10:00Z')
  assert.equal(periodOf('daily', skipped - 1, 'Pacific/Apia').endsAt, skipped)
  assert.deepEqual(periodOf('daily', skipped, 'Pacific/Apia'), {
    startsAt: skipped,
    endsAt: at('2011-12-31T10:00Z'),
  })
})
