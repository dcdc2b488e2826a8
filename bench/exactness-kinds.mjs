// What bench/exactness.mjs uses up, kind by kind. Amounts are units of the plan, or nanos.

/** The end of a pool that no price fits into: no price divides it. */
const ODD_NANOS = 1_234_567
const RICH_NANOS = 1_000_000_000_000

const search = { path: '/v1/coding_plan/search', body: { q: 'the weather' }, sizes: [1], price: 10_000_000 }
const image = {
  path: '/v1/image_generation',
  body: { model: 'image-01', prompt: 'a boat', response_format: 'base64' },
  sizeField: 'n',
  sizes: [1, 3, 9],
  price: 3_500_000,
}
const text = {
  path: '/v1/chat/completions',
  body: { model: 'MiniMax-M2.7', max_tokens: 20, messages: [{ role: 'user', content: 'Hello!' }] },
  sizes: [1],
  price: 10 * 300 + 20 * 1_200,
}
/** What a running text holds: a token per byte of its body, and its limit. More than it costs, so more than a price may be left. */
const textHold = Buffer.byteLength(JSON.stringify(text.body)) * 375 + 20 * 1_200

const plan = { team: 'plan', key: 'planKey' }
const pool = (count, price) => count * price + ODD_NANOS
const [credits, wallet, cap, behind, keyCap, texts] = [
  pool(2_500, search.price),
  pool(20_000, image.price),
  pool(3_000, search.price),
  pool(3_000, search.price),
  pool(20_000, image.price),
  pool(6_000, text.price),
]

/** `sizes`: units of a call, in turn; who is refused asks for the smallest. `hold`: the most a smallest call holds. */
export const kinds = [
  { ...plan, ...text, name: 'text requests', resource: 'text', limit: 10_000 },
  {
    ...plan,
    name: 'speech characters',
    resource: 'speech-hd',
    limit: 40_000,
    path: '/v1/t2a_v2',
    body: { model: 'speech-2.8-hd' },
    sizeField: 'text',
    sizes: [1, 7, 19],
  },
  { ...plan, ...image, name: 'images', resource: 'image-01', limit: 20_000 },
  {
    ...plan,
    name: 'videos',
    resource: 'hailuo-2.3-768p-6s',
    limit: 300,
    path: '/v1/video_generation',
    body: { model: 'MiniMax-Hailuo-2.3', prompt: 'waves' },
    sizes: [1],
    isTask: true,
  },
  {
    ...plan,
    name: 'songs',
    resource: 'music-2.6',
    limit: 4_000,
    path: '/v1/music_generation',
    body: { model: 'music-2.6', prompt: 'a song of the road', lyrics: 'We walk' },
    sizes: [1],
  },
  {
    ...search,
    name: 'credits, of three lots',
    team: 'credits',
    key: 'planKey',
    limit: credits,
    isMoney: true,
  },
  { ...image, name: 'wallet', team: 'wallet', key: 'apiKey', limit: wallet, isMoney: true },
  {
    ...text,
    name: 'wallet, by texts',
    team: 'texts',
    key: 'apiKey',
    limit: texts,
    hold: textHold,
    isMoney: true,
  },
  { ...search, name: "member's cap on credits", team: 'cap', key: 'planKey', limit: cap, isMoney: true },
  {
    ...search,
    name: "owner's cap on the wallet behind credits",
    team: 'behind',
    key: 'planKey',
    limit: behind,
    isMoney: true,
  },
  { ...image, name: "API key's cap", team: 'keyCap', key: 'apiKey', limit: keyCap, isMoney: true },
]

/** A pool each, so that none stands in for another. */
export const teams = [
  { name: 'plan', plan: 'exact', lots: [RICH_NANOS], overflow: false, wallet: RICH_NANOS },
  { name: 'credits', lots: [search.price / 4, 1_000_000_007, credits - search.price / 4 - 1_000_000_007] },
  { name: 'wallet', wallet },
  { name: 'texts', wallet: texts },
  { name: 'cap', lots: [RICH_NANOS], memberCap: cap },
  { name: 'behind', wallet: RICH_NANOS, walletOn: true, walletCap: behind },
  { name: 'keyCap', wallet: RICH_NANOS, keyCap },
]
