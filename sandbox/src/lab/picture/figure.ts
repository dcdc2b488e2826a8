import { bear, cat, dog, fox, horse, owl, penguin, rabbit } from './animals.ts'
import { castle, house, lighthouse } from './houses.ts'
import type { Pen } from './pen.ts'
import { astronaut, person, robot } from './people.ts'
import { blossom, flower, mushroom, palm, pine, tree } from './plants.ts'
import { type Light, lit } from './stage.ts'
import {
  apple,
  balloon,
  boat,
  cake,
  car,
  cup,
  heart,
  lantern,
  plane,
  rocket,
  star,
  train,
  umbrella,
} from './things.ts'
import type { Figure } from './vocabulary.ts'
import { bird, butterfly, fish, whale } from './winged.ts'

/** The colours of one figure at this hour. */
export interface Ink {
  /** The one the prompt asks for, if it does. */
  readonly main: string | undefined
  /** Whether windows and lamps are lit. */
  readonly dark: boolean
  tone(hex: string): string
}

export function inkOf(light: Light, main: string | undefined, distance: number): Ink {
  return { main, dark: light.gloom > 0.3, tone: (hex) => lit(light, hex, distance) }
}

/** Draws in a box of 100 units: x −50 to 50, y −100 to 0, feet at 0. */
export type Draw = (pen: Pen, ink: Ink, timeMs: number) => void

/** Where a figure belongs, and how tall it is against the others. */
export interface Cut {
  readonly draw: Draw
  readonly home: 'ground' | 'water' | 'air'
  readonly size: number
}

const ground = (draw: Draw, size = 1): Cut => ({ draw, home: 'ground', size })
const air = (draw: Draw, size = 0.62): Cut => ({ draw, home: 'air', size })
const water = (draw: Draw, size = 0.9): Cut => ({ draw, home: 'water', size })

export const figures: Readonly<Record<Figure, Cut>> = {
  cat: ground(cat),
  dog: ground(dog),
  fox: ground(fox),
  bear: ground(bear, 1.1),
  rabbit: ground(rabbit, 0.85),
  horse: ground(horse, 1.2),
  penguin: ground(penguin, 0.9),
  owl: ground(owl, 0.85),
  bird: air(bird, 0.7),
  butterfly: air(butterfly, 0.6),
  fish: water(fish, 0.7),
  whale: water(whale, 1),
  person: ground(person, 1.15),
  robot: ground(robot, 1.1),
  astronaut: ground(astronaut, 1.1),
  tree: ground(tree, 1.35),
  pine: ground(pine, 1.35),
  palm: ground(palm, 1.45),
  blossom: ground(blossom, 1.4),
  flower: ground(flower, 0.95),
  mushroom: ground(mushroom, 0.8),
  house: ground(house, 1.15),
  castle: ground(castle, 1.45),
  lighthouse: ground(lighthouse, 1.55),
  boat: water(boat, 1.05),
  car: ground(car, 0.9),
  train: ground(train, 1.05),
  plane: air(plane, 0.75),
  rocket: air(rocket, 1.15),
  balloon: air(balloon, 1),
  umbrella: ground(umbrella, 0.95),
  cup: ground(cup, 0.85),
  cake: ground(cake, 0.9),
  apple: ground(apple, 0.75),
  heart: air(heart, 0.8),
  star: air(star, 0.75),
  lantern: air(lantern, 0.7),
}
