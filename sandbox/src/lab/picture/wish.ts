import type { Dice } from './dice.ts'
import { COLOURS, type Figure, type Hour, meaningsOf, type Place, type Weather } from './vocabulary.ts'

/** What a prompt asks a picture to show; what it leaves open is thrown. */
export interface Wish {
  readonly place: Place
  readonly hour: Hour
  readonly weather: ReadonlySet<Weather>
  readonly cast: readonly Role[]
  /** Only what the prompt colours. */
  readonly tints: { readonly [part in Part]?: string }
  readonly sun: boolean
  readonly moon: boolean
}

export type Part = 'sky' | 'ground' | 'water' | 'sun' | 'moon'

export interface Role {
  readonly figure: Figure
  readonly colour: string | undefined
  readonly count: number
}

const MAX_ROLES = 3

export function readWish(prompt: string, chance: Dice): Wish {
  const found = collect(prompt)
  const place = stated(found) ?? (found.weather.has('snow') ? 'winter' : placeOf(found.cast, chance))
  const hour = place === 'space' ? 'night' : (found.hour ?? hourOf(found, chance))
  return {
    place,
    hour,
    weather: found.weather,
    cast: found.cast.length > 0 ? found.cast : [someone(place, found.loose, chance)],
    tints: found.tints,
    sun:
      found.sun ||
      !(found.moon || hour === 'night' || found.weather.has('storm') || found.weather.has('rain')),
    moon: found.moon || hour === 'night',
  }
}

interface Found {
  /** A colour of nothing that is known here. */
  loose: string | undefined
  readonly places: Place[]
  hour?: Hour
  sun: boolean
  moon: boolean
  readonly weather: Set<Weather>
  readonly cast: Role[]
  readonly tints: { [part in Part]?: string }
}

/** A colour or a number belongs to the next noun before a comma. */
function collect(prompt: string): Found {
  const found: Found = {
    loose: undefined,
    places: [],
    sun: false,
    moon: false,
    weather: new Set(),
    cast: [],
    tints: {},
  }
  let colour: string | undefined
  let count: number | undefined
  const tint = (part: Part) => {
    if (colour !== undefined) found.tints[part] = colour
    colour = undefined
  }
  for (const meaning of meaningsOf(prompt)) {
    if (meaning.kind === 'colour') colour = COLOURS[meaning.name]
    else if (meaning.kind === 'count') count = Number(meaning.name)
    else if (meaning.kind === 'figure') {
      addRole(found.cast, { figure: meaning.name, colour, count: count ?? (meaning.plural === true ? 3 : 1) })
      colour = undefined
      count = undefined
    } else if (meaning.kind === 'place') {
      found.places.push(meaning.name)
      tint(WATERS.has(meaning.name) && meaning.name !== 'beach' ? 'water' : 'ground')
    } else if (meaning.kind === 'hour') found.hour ??= meaning.name
    else if (meaning.kind === 'weather') found.weather.add(meaning.name)
    else if (meaning.kind === 'sun' || meaning.kind === 'moon') {
      found[meaning.kind] = true
      tint(meaning.kind)
    } else if (meaning.kind === 'sky') tint('sky')
    else {
      found.loose ??= colour
      colour = undefined
    }
  }
  found.loose ??= colour
  // In "a knight in a red coat" the red is the coat's; "something red" is red all over.
  if (found.cast.length === 0 && found.loose !== undefined) found.tints.sky ??= found.loose
  return found
}

const AFLOAT: ReadonlySet<Figure> = new Set(['boat', 'fish', 'whale'])
const WATERS: ReadonlySet<Place> = new Set(['sea', 'beach', 'lake'])

/** The first place named, but boats want the water that is named. */
function stated({ places, cast }: Found): Place | undefined {
  const water = cast.some(({ figure }) => AFLOAT.has(figure))
    ? places.find((place) => WATERS.has(place))
    : undefined
  return water ?? places[0]
}

function addRole(cast: Role[], role: Role): void {
  const same = cast.some(({ figure }) => figure === role.figure)
  if (!same && cast.length < MAX_ROLES) cast.push(role)
}

const HOME: { readonly [figure in Figure]?: readonly [Place, ...Place[]] } = {
  boat: ['sea'],
  fish: ['sea'],
  whale: ['sea'],
  lighthouse: ['sea'],
  palm: ['beach'],
  umbrella: ['city', 'beach'],
  penguin: ['winter'],
  bear: ['forest', 'mountain'],
  fox: ['forest'],
  owl: ['forest'],
  mushroom: ['forest'],
  rocket: ['space'],
  astronaut: ['space'],
  robot: ['city', 'space'],
  car: ['city', 'mountain'],
  train: ['mountain', 'field'],
  castle: ['mountain', 'lake'],
  pine: ['winter', 'mountain'],
  blossom: ['lake', 'mountain'],
  cup: ['mountain', 'lake'],
  cake: ['field', 'lake'],
  apple: ['field'],
  lantern: ['city', 'lake'],
}

function placeOf(cast: readonly Role[], chance: Dice): Place {
  const lead = cast[0]?.figure
  const choices = lead === undefined ? undefined : HOME[lead]
  if (choices !== undefined) return chance.pick(choices)
  if (lead !== undefined) return chance.pick(['field', 'mountain', 'lake', 'forest', 'field'])
  return chance.pick(['sea', 'mountain', 'city', 'forest', 'desert', 'field', 'lake', 'beach'])
}

function hourOf({ sun, moon, weather }: Found, chance: Dice): Hour {
  const dark = weather.has('stars') || weather.has('aurora') || weather.has('fireworks')
  if (dark || (moon && !sun)) return 'night'
  if (weather.has('rainbow') || sun) return chance.pick(['day', 'day', 'dusk'])
  return chance.pick(['dawn', 'day', 'day', 'dusk', 'night'])
}

const COMPANY: Readonly<Record<Place, readonly [Figure, ...Figure[]]>> = {
  sea: ['boat', 'lighthouse', 'whale'],
  beach: ['palm', 'boat', 'umbrella'],
  lake: ['house', 'boat', 'tree', 'castle'],
  mountain: ['house', 'balloon', 'pine', 'castle'],
  city: ['car', 'balloon', 'person', 'lantern'],
  forest: ['fox', 'house', 'bear', 'owl'],
  desert: ['balloon', 'horse', 'car'],
  field: ['tree', 'house', 'balloon', 'horse', 'flower'],
  winter: ['house', 'penguin', 'pine', 'fox'],
  space: ['rocket', 'astronaut', 'robot'],
}

function someone(place: Place, loose: string | undefined, chance: Dice): Role {
  const hue = chance.pick(['red', 'orange', 'gold', 'teal', 'blue', 'purple', 'pink', 'white'])
  const thrown = chance.next() < 0.6 ? COLOURS[hue] : undefined
  return { figure: chance.pick(COMPANY[place]), colour: loose ?? thrown, count: 1 }
}
