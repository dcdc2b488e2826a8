import {
  leaveInAnswer,
  leaveInRequest,
  type Payer,
  payers,
  requestOf,
  type Small,
  smalls,
} from './hang-up.ts'
import { conversationOf, leaveInConversation, leaveWhileHearing, SPOKEN } from './hang-up-socket.ts'
import { booksAreRight, type World } from './harness.ts'

/** Every place in which a client can hang up, as lists of offsets. */

const RICH = 5_000_000_000_000
const DAY_MS = 86_400_000

/** Of `0..length` those to try. */
export type Offsets = (length: number) => readonly number[]

export const everyOffset: Offsets = (length) => Array.from({ length: length + 1 }, (_, offset) => offset)

export type Tried = {
  readonly name: string
  readonly payer: Payer
  readonly requests: number
  readonly answers: number
}

export async function hangUpInSmall(
  world: World,
  small: Small,
  payer: Payer,
  offsets: Offsets,
): Promise<Tried> {
  const place = await placeIn(world, payer)
  const request = requestOf(small, place)
  const inRequest = offsets(request.length)
  for (const bytes of inRequest)
    await named(`${small.name}, ${payer}, request`, bytes, () => leaveInRequest(bytes, request, place))
  const inAnswer = offsets(small.answer.length)
  for (const said of inAnswer)
    await named(`${small.name}, ${payer}, answer`, said, () => leaveInAnswer(said, small, place))
  await booksAreRight(world)
  return { name: small.name, payer, requests: inRequest.length, answers: inAnswer.length }
}

export async function hangUpInSocket(world: World, payer: Payer, offsets: Offsets): Promise<Tried> {
  const place = await placeIn(world, payer)
  const { handshake, frames } = conversationOf(place)
  const inRequest = offsets(handshake.length + frames.length)
  for (const bytes of inRequest)
    await named(`socket, ${payer}, request`, bytes, () => leaveInConversation(bytes, place))
  const inAnswer = offsets(SPOKEN.length)
  for (const said of inAnswer)
    await named(`socket, ${payer}, answer`, said, () => leaveWhileHearing(said, place))
  await booksAreRight(world)
  return { name: 'speech over WebSocket', payer, requests: inRequest.length, answers: inAnswer.length }
}

export async function hangUpEverywhere(
  world: World,
  offsets: Offsets,
  told: (tried: Tried) => void,
): Promise<void> {
  for (const payer of payers) {
    for (const small of smalls) told(await hangUpInSmall(world, small, payer, offsets))
    told(await hangUpInSocket(world, payer, offsets))
  }
}

async function placeIn(world: World, payer: Payer) {
  world.advance(DAY_MS)
  world.upstream.forget()
  return { world, payer, team: await world.team({ plan: 'max', wallet: RICH }) }
}

async function named(where: string, offset: number, play: () => Promise<void>): Promise<void> {
  try {
    await play()
  } catch (error) {
    throw new Error(`${where}, hung up after ${offset} bytes`, { cause: error })
  }
}
