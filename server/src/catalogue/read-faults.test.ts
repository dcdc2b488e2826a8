import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lineOf, nested, problemsOf, readOver, shipped } from './catalogue-under-test.ts'
import { readCatalogue } from './read.ts'

/** What is written over the default file, and the one problem it must raise. */
const wrong: [string, string, string][] = [
  [
    'a quota that is no number',
    nested('plans:', 'max:', 'quotas:', 'text: { five-hours: many }'),
    'own.yaml:5:27 plans.max.quotas.text.five-hours: must be a whole number from 1 to 1,000,000,000, got "many"',
  ],
  [
    'a quota of nothing',
    nested('plans:', 'max:', 'quotas:', 'text:', 'five-hours: 0'),
    'own.yaml:6:21 plans.max.quotas.text.five-hours: must be a whole number from 1 to 1,000,000,000, got "0"',
  ],
  [
    'a quota with a fraction',
    nested('plans:', 'max:', 'quotas:', 'text:', 'five-hours: 1.5'),
    'own.yaml:6:21 plans.max.quotas.text.five-hours: must be a whole number from 1 to 1,000,000,000, got "1.5"',
  ],
  [
    'a quota left empty',
    nested('plans:', 'max:', 'quotas:', 'text:', 'five-hours:'),
    'own.yaml:6:20 plans.max.quotas.text.five-hours: must be a whole number from 1 to 1,000,000,000, got nothing',
  ],
  [
    'a misspelt window',
    nested('plans:', 'max:', 'quotas:', 'text: { five-hour: 10 }'),
    'own.yaml:5:15 plans.max.quotas.text.five-hour: there is no window "five-hour": did you mean "five-hours"?',
  ],
  [
    'a misspelt resource',
    nested('plans:', 'max:', 'quotas:', 'speach-hd: { day: 10 }'),
    'own.yaml:5:7 plans.max.quotas.speach-hd: there is no resource "speach-hd": did you mean "speech-hd"?',
  ],
  [
    'a quota without a window',
    nested('plans:', 'mini:', 'name: Mini\n    price: { month: 1, year: 10 }\n    quotas: { text: {} }'),
    'own.yaml:6:15 plans.mini.quotas.text: must not be empty',
  ],
  [
    'a plan without a price',
    nested('plans:', 'mini: { name: Mini, quotas: { text: { day: 1 } } }'),
    'own.yaml:3:3 plans.mini.price: is missing',
  ],
  [
    'two plans with one name',
    nested('plans:', 'own: { name: Max, price: { month: 1, year: 1 }, quotas: {} }'),
    'own.yaml:3:3 plans.own: plan max is called "Max" too',
  ],
  [
    'a plan id nobody can type',
    nested('plans:', 'Big Plan: { name: Big, price: { month: 1, year: 1 }, quotas: {} }'),
    'own.yaml:3:3 plans.Big Plan: a plan id is like max or max-highspeed',
  ],
  [
    'a negative price',
    nested('plans:', 'max:', 'price: { month: -50 }'),
    'own.yaml:4:21 plans.max.price.month: must be an amount in USD such as 0.30, with at most 9 decimals and at most 1,000,000, got "-50"',
  ],
  [
    'a price finer than a nano',
    nested('models:', 'MiniMax-M2.7:', 'tokens: { input: 0.0000000001 }'),
    'own.yaml:4:22 models.MiniMax-M2.7.tokens.input: must be an amount in USD such as 0.30, with at most 9 decimals and at most 1,000,000, got "0.0000000001"',
  ],
  [
    'a price in another notation',
    nested('models:', 'MiniMax-M2.7:', 'tokens: { input: 3e-1 }'),
    'own.yaml:4:22 models.MiniMax-M2.7.tokens.input: must be an amount in USD such as 0.30, with at most 9 decimals and at most 1,000,000, got "3e-1"',
  ],
  [
    'an unknown field',
    nested('models:', 'MiniMax-M2.7:', 'tokens: { imput: 1 }'),
    'own.yaml:4:15 models.MiniMax-M2.7.tokens.imput: is not a known field: did you mean "input"?',
  ],
  [
    'an unknown field like no other',
    nested('credits: { colour: red }'),
    'own.yaml:2:12 credits.colour: is not a known field; known: step, minimum, price, lifetime',
  ],
  [
    'an unknown modality',
    nested('models:', 'M2-her: { modality: txt }'),
    'own.yaml:3:23 models.M2-her.modality: "txt" is not allowed here: did you mean "text"?',
  ],
  [
    'a model of no resource',
    nested('models:', 'image-01: { resource: image-02 }'),
    'own.yaml:3:25 models.image-01.resource: there is no resource "image-02": did you mean "image-01"?',
  ],
  [
    'two ids that differ in case only',
    nested(
      'models:',
      'm2-HER: { modality: text, released: 2026-01-01, context: 1, tokens: { input: 0, output: 0 } }',
    ),
    'own.yaml:3:3 models.m2-HER: differs from M2-her only in upper and lower case',
  ],
  [
    'a text model sold by pieces',
    nested('models:', 'M2-her: { prices: [{ usd: 1, per: request }] }'),
    'own.yaml:3:21 models.M2-her.prices: a text model is sold by "tokens", not by "prices"',
  ],
  [
    'a date that does not exist',
    nested('models:', 'M2-her: { released: 2026-02-30 }'),
    'own.yaml:3:23 models.M2-her.released: must be an ISO date such as 2026-03-18 or 2026-03-18T02:00:00Z, got "2026-02-30"',
  ],
  [
    'a price per something unknown',
    nested('models:', 'voice-clone:', 'prices:', '- { usd: 1.50, per: voice }'),
    'own.yaml:5:27 models.voice-clone.prices[0].per: must be like "image" or "1000000 characters", got "voice"',
  ],
  [
    'a price in another unit than the quota counts',
    nested('models:', 'image-01:', 'prices: [{ usd: 1, per: request }]'),
    'own.yaml:4:29 models.image-01.prices[0].per: resource image-01 counts each image, got "request"',
  ],
  [
    'two prices for one thing',
    nested('models:', 'voice-clone:', 'prices: [{ usd: 1, per: request }, { usd: 2, per: request }]'),
    'own.yaml:4:40 models.voice-clone.prices[1]: a second price for "": tell them apart with "when"',
  ],
  [
    'no price at all',
    nested('models:', 'voice-clone: { prices: [] }'),
    'own.yaml:3:26 models.voice-clone.prices: must hold at least one price',
  ],
  [
    'a covered price outside the coverage',
    nested('models:', 'voice-clone: { prices: [{ usd: 1, per: request, covered: true }] }'),
    'own.yaml:3:60 models.voice-clone.prices[0].covered: a model without a resource has nothing covered',
  ],
  [
    'a resource nobody uses',
    nested('resources:', 'maps: { title: Maps, unit: request }'),
    'own.yaml:3:3 resources.maps: no model belongs to this resource',
  ],
  [
    'two resources shown as one',
    nested('resources:', 'search: { shown-as: image-01 }'),
    'own.yaml:3:3 resources.search: "remains" would show both image-01 and search as "image-01"',
  ],
  [
    'an alias to nowhere',
    nested('aliases: { gpt-*: MiniMax-M2.77 }'),
    'own.yaml:2:19 aliases.gpt-*: there is no model "MiniMax-M2.77": did you mean "MiniMax-M2.7"?',
  ],
  [
    'an alias that never applies',
    nested('aliases: { claude-opus: MiniMax-M2.5 }'),
    'own.yaml:2:12 aliases.claude-opus: never applies: "claude-*" above it matches first',
  ],
  [
    'an alias over a model',
    nested('aliases: { M2-her: MiniMax-M2.5 }'),
    'own.yaml:2:12 aliases.M2-her: never applies: a model has this very id',
  ],
  [
    'a star inside an alias',
    nested('aliases: { gpt-*-mini: MiniMax-M2.5 }'),
    'own.yaml:2:12 aliases.gpt-*-mini: a "*" may only stand at the end',
  ],
  [
    'a length without its unit',
    nested('windows:', 'five-hours: { length: 5 }'),
    'own.yaml:3:25 windows.five-hours.length: must be a length of time such as 30m, 5h or 365d, at most 10 years, got "5"',
  ],
  [
    'a zone for a sliding window',
    nested('windows:', 'five-hours: { zone: UTC }'),
    'own.yaml:3:23 windows.five-hours.zone: a sliding window needs no zone: units come back exactly their length later',
  ],
  [
    'a zone for an anchored window',
    nested('windows:', 'week: { kind: anchored, length: 7d, zone: UTC }'),
    'own.yaml:3:45 windows.week.zone: an anchored window needs no zone: it begins with a use, whatever the clock on the wall says',
  ],
  [
    'an anchored window without its length',
    nested('windows:', 'week: { kind: anchored }'),
    'own.yaml:3:3 windows.week.length: is missing',
  ],
  [
    'slots without their length',
    nested('windows:', 'slot: { kind: slot, zone: UTC }'),
    'own.yaml:3:3 windows.slot.length: is missing',
  ],
  [
    'slots of more than a day',
    nested('windows:', 'slot: { kind: slot, length: 25h }'),
    'own.yaml:3:31 windows.slot.length: slots begin anew every midnight: at most 24h',
  ],
  [
    'a kind of window that there is not',
    nested('windows:', 'slot: { kind: slots, length: 5h }'),
    'own.yaml:3:17 windows.slot.kind: "slots" is not allowed here: did you mean "slot"?',
  ],
  [
    'a zone that does not exist',
    'zone: Mars/Olympus',
    'own.yaml:2:7 zone: must be a time zone such as UTC or Asia/Shanghai, got "Mars/Olympus"',
  ],
  [
    'a window beside itself',
    nested('weekly: { window: day, times: { day: 7 } }'),
    'own.yaml:2:38 weekly.times.day: a window cannot stand beside itself',
  ],
  [
    'a promotion of an unknown plan',
    nested('promotions:', 'music-2.6: { base: { maxx: 4 } }'),
    'own.yaml:3:24 promotions.music-2.6.base.maxx: there is no plan "maxx": did you mean "max"?',
  ],
  [
    'a promotion of what a plan does not have',
    nested('promotions:', 'image-01: { until: null, base: { starter: 1 } }'),
    'own.yaml:3:36 promotions.image-01.base.starter: plan starter has no quota of image-01 to promote',
  ],
  [
    'a promotion that does not say when it ends',
    nested('promotions:', 'image-01: { base: { max: 1 } }'),
    'own.yaml:3:3 promotions.image-01.until: is missing; write "until: null" for a promotion without an end',
  ],
  [
    'a minimum between two steps',
    nested('credits: { minimum: 7000 }'),
    'own.yaml:2:21 credits.minimum: must be a multiple of the step, 5000, got "7000"',
  ],
  [
    'a rate limit of no model',
    nested('rate-limits: { rules: { text: { models: [gpt-*] } } }'),
    'own.yaml:2:42 rate-limits.rules.text.models[0]: no model is called "gpt-*"; known: MiniMax-M2.7, MiniMax-M2.7-highspeed, MiniMax-M2.5, MiniMax-M2.5-highspeed, MiniMax-M2.1, MiniMax-M2.1-highspeed, MiniMax-M2, M2-her, speech-2.8-hd, speech-2.6-hd, speech-02-hd, speech-2.8-turbo, …',
  ],
  [
    'two rate limits of one model',
    nested('rate-limits: { rules: { her: { models: [music-2.0], connections: 1 } } }'),
    'own.yaml:2:25 rate-limits.rules.her: model music-2.0 is limited by rule music already',
  ],
  [
    'a rate limit without a limit',
    nested('rate-limits: { rules: { her: { models: [M2-her] } } }'),
    'own.yaml:2:25 rate-limits.rules.her: limits nothing',
  ],
  [
    'yes for true',
    nested('rate-limits: { enforce: yes }'),
    'own.yaml:2:25 rate-limits.enforce: must be true or false, got "yes"',
  ],
  ['a list for a map', 'plans: [starter, max]', 'own.yaml:2:8 plans: must be a map, got a list'],
  ['an empty name', 'name: ""', 'own.yaml:2:7 name: must not be empty'],
  [
    'a field written twice',
    'zone: UTC\nname: Mine\nzone: Asia/Shanghai',
    'own.yaml:4:1 zone: is written twice, first in line 2',
  ],
  [
    'an anchor',
    nested('plans:', 'max: &max { name: Maximum }\n  plus: *max'),
    'own.yaml:4:9 plans.plus: anchors and aliases are not read here: write the value out, or use "extends"',
  ],
  [
    'broken YAML',
    'name: [Mine',
    'own.yaml:2:12 (YAML): Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
]

describe('a wrong catalogue is named by line, field and reason', () => {
  for (const [title, text, problem] of wrong) {
    test(title, () =>
      assert.deepEqual(
        problemsOf(() => readOver(text)),
        [problem],
      ),
    )
  }

  test('all mistakes at once, from top to bottom', () => {
    const text =
      'version: new\nplans:\n  max: { price: { month: free }, quotas: { text: { five-hours: -1 } } }\nzones: UTC'
    const places = problemsOf(() => readOver(text)).map((problem) => problem.split(': ')[0])
    assert.deepEqual(places, [
      'own.yaml:2:10 version',
      'own.yaml:4:26 plans.max.price.month',
      'own.yaml:4:64 plans.max.quotas.text.five-hours',
      'own.yaml:5:1 zones',
    ])
  })

  test('an empty file misses everything, an absent section is named', () => {
    assert.deepEqual(
      problemsOf(() => readCatalogue('', 'empty.yaml')),
      ['empty.yaml:1:1 (file): must be a map, got nothing'],
    )
    const withoutMedia = shipped.replace(/^media: .*$/m, '')
    assert.deepEqual(
      problemsOf(() => readCatalogue(withoutMedia, 'own.yaml')),
      ['own.yaml:1:1 media: is missing'].map((line) => line.replace('1:1', `${lineOf(shipped, 'name:')}:1`)),
    )
  })
})
