import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Catalogue, entitlementAt, findModel, findUnitPrice, type Plan } from './catalogue.ts'
import { loadCatalogue } from './read.ts'

const folder = fileURLToPath(new URL('../../../catalogue/', import.meta.url))
const catalogue = loadCatalogue(`${folder}token-plan.yaml`)
const slots = loadCatalogue(`${folder}token-plan-slots.yaml`)
const weekly = loadCatalogue(`${folder}token-plan-weekly.yaml`)
const planIds = ['starter', 'plus', 'max', 'plus-highspeed', 'max-highspeed', 'ultra-highspeed']

function planOf(from: Catalogue, id: string): Plan {
  const plan = from.plans.get(id)
  assert.ok(plan, `plan ${id}`)
  return plan
}

/** `4500 five-hours` or `10 five-hours + 100 week`; `–` where the plan has no entitlement. */
function cell(from: Catalogue, planId: string, resource: string): string {
  const found = planOf(from, planId).entitlements.filter((entitlement) => entitlement.resource === resource)
  assert.ok(found.length <= 1, `${planId} has ${resource} once`)
  return found[0]?.quotas.map(({ rule, limitUnits }) => `${limitUnits} ${rule.name}`).join(' + ') ?? '–'
}

const row = (from: Catalogue, resource: string) => planIds.map((id) => cell(from, id, resource))
const daily = (...units: (number | null)[]) => units.map((value) => (value === null ? '–' : `${value} day`))
const fiveHours = (...units: number[]) => units.map((value) => `${value} five-hours`)

describe('the default catalogue: the quotas of the public page', () => {
  test('plans in the order of the page', () => assert.deepEqual([...catalogue.plans.keys()], planIds))

  const table: [string, string[]][] = [
    ['text', fiveHours(1500, 4500, 15000, 4500, 15000, 30000)],
    ['speech-hd', daily(null, 4000, 11000, 9000, 19000, 50000)],
    ['image-01', daily(null, 50, 120, 100, 200, 800)],
    ['hailuo-2.3-fast-768p-6s', daily(null, null, 2, null, 3, 5)],
    ['hailuo-2.3-768p-6s', daily(null, null, 2, null, 3, 5)],
    ['music-2.6', daily(100, 100, 100, 100, 100, 100)],
  ]
  for (const [resource, cells] of table) {
    test(resource, () => assert.deepEqual(row(catalogue, resource), cells))
  }

  test('covers and lyrics 100 a day, search and vision as large as text, and nothing else', () => {
    for (const resource of ['music-cover', 'lyrics']) {
      assert.deepEqual(row(catalogue, resource), daily(100, 100, 100, 100, 100, 100))
    }
    for (const resource of ['search', 'vision'])
      assert.deepEqual(row(catalogue, resource), row(catalogue, 'text'))
    const counts = planIds.map((id) => planOf(catalogue, id).entitlements.length)
    assert.deepEqual(counts, [6, 8, 10, 8, 10, 10])
  })

  test('windows: 5 hours to the millisecond, days in UTC', () => {
    assert.deepEqual(
      [...catalogue.windows.values()],
      [
        { name: 'five-hours', kind: 'sliding', windowMs: 18_000_000 },
        { name: 'day', kind: 'daily', zone: 'UTC' },
      ],
    )
  })

  test('prices by month and year', () => {
    const prices = planIds.map((id) => [
      planOf(catalogue, id).monthNanos / 1e9,
      planOf(catalogue, id).yearNanos / 1e9,
    ])
    assert.deepEqual(prices, [
      [10, 100],
      [20, 200],
      [50, 500],
      [40, 400],
      [80, 800],
      [150, 1500],
    ])
  })

  test('highspeed models on highspeed plans alone', () => {
    const flags = planIds.map((id) => entitlementAt(planOf(catalogue, id), 'text', 0)?.highspeed)
    assert.deepEqual(flags, [false, false, false, true, true, true])
    assert.deepEqual(
      [...catalogue.models.values()].filter((model) => model.highspeed).map((model) => model.id),
      ['MiniMax-M2.7-highspeed', 'MiniMax-M2.5-highspeed', 'MiniMax-M2.1-highspeed'],
    )
  })

  test('music is limited free without an end, over the base of the page before', () => {
    const promotions = planIds.map(
      (id) => entitlementAt(planOf(catalogue, id), 'music-2.6', Number.MAX_SAFE_INTEGER)?.promotion,
    )
    assert.deepEqual(
      promotions.map((promotion) => promotion?.baseUnits),
      [0, 0, 4, 0, 7, 15],
    )
    assert.ok(promotions.every((promotion) => promotion?.endsAt === null))
    const promoted = [...catalogue.plans.values()]
      .flatMap((plan) => plan.entitlements)
      .filter((entitlement) => entitlement.promotion)
    assert.equal(promoted.length, 6, 'music only')
  })

  test('credits, media and rate limits', () => {
    assert.deepEqual(catalogue.credits, {
      stepCredits: 5_000,
      minimumCredits: 5_000,
      stepNanos: 5_000_000_000,
      lotLifetimeMs: 365 * 86_400_000,
    })
    assert.deepEqual(catalogue.media, {
      outputLifetimeMs: 24 * 3_600_000,
      unusedVoiceLifetimeMs: 168 * 3_600_000,
      bytesPerTeam: 100_000_000_000,
      longestSongMs: 300_000,
    })
    assert.equal(catalogue.rateLimits.enforce, false)
    const rates = catalogue.rateLimits.rules.map((rule) => [
      rule.name,
      rule.requestsPerMinute,
      rule.tokensPerMinute,
      rule.connections,
    ])
    assert.deepEqual(rates, [
      ['text', 500, 20_000_000, null],
      ['speech', 60, 20_000, null],
      ['voice-clone', 60, null, null],
      ['voice-design', 20, null, null],
      ['video', 5, null, null],
      ['image', 10, 60, null],
      ['music', 120, null, 20],
    ])
    assert.equal(catalogue.rateLimits.rules[0]?.models.length, 7, 'all M2 models share one limit')
  })
})

describe('the default catalogue: models', () => {
  test('tokens, USD per million', () => {
    const usd = (id: string) => {
      const prices = catalogue.models.get(id)?.tokenPrices
      assert.ok(prices, id)
      return Object.values(prices).map((nanos) => nanos / 1e9)
    }
    assert.deepEqual(usd('MiniMax-M2.7'), [0.3, 1.2, 0.06, 0.375])
    assert.deepEqual(usd('MiniMax-M2.7-highspeed'), [0.6, 2.4, 0.06, 0.375])
    for (const id of ['MiniMax-M2.5', 'MiniMax-M2.1', 'MiniMax-M2'])
      assert.deepEqual(usd(id), [0.3, 1.2, 0.03, 0.375])
    for (const id of ['MiniMax-M2.5-highspeed', 'MiniMax-M2.1-highspeed'])
      assert.deepEqual(usd(id), [0.6, 2.4, 0.03, 0.375])
    assert.deepEqual(usd('M2-her'), [0.3, 1.2, 0.3, 0.3], 'a cached token without a price is an input token')
  })

  test('everything else, as sold', () => {
    const price = (id: string, when = '') => {
      const model = findModel(catalogue, id)
      const found = model && findUnitPrice(model, when)
      return (
        found && `${found.nanos / 1e9} per ${found.per} ${found.unit}${found.covered ? '' : ', not covered'}`
      )
    }
    for (const id of ['speech-2.8-hd', 'speech-2.6-hd', 'speech-02-hd'])
      assert.equal(price(id), '100 per 1000000 character')
    for (const id of ['speech-2.8-turbo', 'speech-2.6-turbo', 'speech-02-turbo', 'speech-01-turbo']) {
      assert.equal(price(id), '60 per 1000000 character, not covered')
    }
    assert.equal(price('speech-01-hd'), '100 per 1000000 character, not covered')
    assert.equal(price('voice-clone'), '1.5 per 1 request, not covered')
    assert.equal(price('voice-design'), '3 per 1 request, not covered')
    assert.equal(price('image-01'), '0.0035 per 1 image')
    assert.equal(price('MiniMax-Hailuo-2.3-Fast', '768P 6s'), '0.19 per 1 video')
    assert.equal(price('MiniMax-Hailuo-2.3-Fast', '768P 10s'), '0.32 per 1 video, not covered')
    assert.equal(price('MiniMax-Hailuo-2.3-Fast', '1080P 6s'), '0.33 per 1 video, not covered')
    assert.equal(price('MiniMax-Hailuo-2.3', '768P 6s'), '0.28 per 1 video')
    assert.equal(price('MiniMax-Hailuo-2.3', '768P 10s'), '0.56 per 1 video, not covered')
    assert.equal(price('MiniMax-Hailuo-2.3', '1080P 6s'), '0.49 per 1 video, not covered')
    assert.equal(price('MiniMax-Hailuo-2.3', '512P 6s'), undefined)
    assert.equal(price('MiniMax-Hailuo-02', '512P 6s'), '0.1 per 1 video, not covered')
    assert.equal(price('MiniMax-Hailuo-02', '512P 10s'), '0.15 per 1 video, not covered')
    assert.equal(price('music-2.6'), '0.15 per 1 song')
    assert.equal(price('music-2.5+'), '0.15 per 1 song, not covered')
    assert.equal(price('music-2.0'), '0.03 per 1 song, not covered')
    assert.equal(price('music-cover'), '0.15 per 1 song')
    assert.equal(price('music-cover-preprocess'), '0 per 1 request')
    assert.equal(price('lyrics_generation'), '0.01 per 1 request')
    assert.equal(price('coding-plan-search'), '0.01 per 1 request')
    assert.equal(price('coding-plan-vlm'), '0.06 per 1 request')
  })

  test('which belong to which resource', () => {
    const members = (resource: string | null) =>
      [...catalogue.models.values()].filter((model) => model.resource === resource).map((model) => model.id)
    assert.deepEqual(members('text'), [
      'MiniMax-M2.7',
      'MiniMax-M2.7-highspeed',
      'MiniMax-M2.5',
      'MiniMax-M2.5-highspeed',
      'MiniMax-M2.1',
      'MiniMax-M2.1-highspeed',
      'MiniMax-M2',
    ])
    assert.deepEqual(members('speech-hd'), ['speech-2.8-hd', 'speech-2.6-hd', 'speech-02-hd'])
    assert.deepEqual(members('image-01'), ['image-01'])
    assert.deepEqual(members('hailuo-2.3-fast-768p-6s'), ['MiniMax-Hailuo-2.3-Fast'])
    assert.deepEqual(members('hailuo-2.3-768p-6s'), ['MiniMax-Hailuo-2.3'])
    assert.deepEqual(members('music-2.6'), ['music-2.6'])
    assert.deepEqual(members('music-cover'), ['music-cover', 'music-cover-preprocess'])
    assert.ok(members(null).includes('M2-her'))
    assert.ok(members(null).includes('MiniMax-Hailuo-02'))
  })

  test('names in "remains"', () => {
    const names = [...catalogue.resources.values()].map(({ shownAs }) => shownAs)
    assert.deepEqual(names, [
      'MiniMax-M*',
      'speech-hd',
      'image-01',
      'MiniMax-Hailuo-2.3-Fast-6s-768p',
      'MiniMax-Hailuo-2.3-6s-768p',
      'music-2.6',
      'music-cover',
      'lyrics_generation',
      'coding-plan-search',
      'coding-plan-vlm',
    ])
  })

  test('dates as the provider lists them', () => {
    assert.equal(catalogue.models.get('MiniMax-M2.7')?.createdAt, 1_773_799_200)
    assert.equal(catalogue.models.get('MiniMax-M2.5')?.createdAt, 1_770_948_000)
  })

  test('findModel: the id, the id in another case, then aliases', () => {
    const found = (id: string) => findModel(catalogue, id)?.id
    assert.equal(found('MiniMax-M2.5'), 'MiniMax-M2.5')
    assert.equal(found('minimax-m2.5-HIGHSPEED'), 'MiniMax-M2.5-highspeed')
    assert.equal(found('MiniMax-M3'), 'MiniMax-M2.7')
    assert.equal(found('minimax-m3'), 'MiniMax-M2.7')
    assert.equal(found('codex-MiniMax-M2.7'), 'MiniMax-M2.7')
    assert.equal(found('codex-MiniMax-M2'), 'MiniMax-M2.7')
    assert.equal(found('claude-haiku-4-5-20251001'), 'MiniMax-M2.7')
    for (const id of ['tts-1', 'tts-1-hd', 'gpt-4o-mini-tts', 'gpt-4o-mini-tts-2025-12-15'])
      assert.equal(found(id), 'speech-2.8-hd', id)
    for (const id of ['dall-e-2', 'dall-e-3', 'gpt-image-1', 'gpt-image-1-mini'])
      assert.equal(found(id), 'image-01', id)
    for (const id of ['', 'MiniMax-M', 'MiniMax-M33', 'xclaude-', 'gpt-5', '__proto__', '*'])
      assert.equal(found(id), undefined, id)
  })
})

describe('the weekly catalogue', () => {
  test('lays a week beside each quota: 10 × five hours, 7 × a day', () => {
    const expected = (cells: string[]) =>
      cells.map((written) => {
        const [units = '', window = ''] = written.split(' ')
        if (written === '–') return written
        return `${written} + ${Number(units) * (window === 'day' ? 7 : 10)} week`
      })
    for (const resource of catalogue.resources.keys()) {
      assert.deepEqual(row(weekly, resource), expected(row(catalogue, resource)), resource)
    }
    assert.equal(cell(weekly, 'starter', 'text'), '1500 five-hours + 15000 week')
    assert.equal(cell(weekly, 'plus-highspeed', 'speech-hd'), '9000 day + 63000 week')
    assert.deepEqual(weekly.windows.get('week'), { name: 'week', kind: 'weekly', zone: 'UTC' })
  })

  test('keeps the rest and lays the week beside the base of a promotion too', () => {
    assert.deepEqual(weekly.models, catalogue.models)
    assert.deepEqual(weekly.rateLimits, catalogue.rateLimits)
    const promotion = entitlementAt(planOf(weekly, 'max'), 'music-2.6', 0)?.promotion
    assert.deepEqual(
      promotion?.baseQuotas.map(({ limitUnits }) => limitUnits),
      [4, 28],
    )
  })
})

test('the catalogue of slots differs in its five-hour windows alone', () => {
  assert.deepEqual(slots.windows.get('five-hours'), {
    name: 'five-hours',
    kind: 'slot',
    windowMs: 18_000_000,
    zone: 'UTC',
  })
  assert.deepEqual(slots.windows.get('day'), catalogue.windows.get('day'))
  assert.deepEqual(row(slots, 'text'), row(catalogue, 'text'))
})
