/** The sandbox's token is four bytes of UTF-8. Cutting and counting agree: k pieces count as k tokens. */
const TOKEN_BYTES = 4

export function countTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / TOKEN_BYTES)
}

/** Pieces end at the last character before each multiple of four bytes; no character is longer than that. */
export function* tokensOf(text: string): Generator<string> {
  let piece = ''
  let at = 0
  let edge = TOKEN_BYTES
  for (const character of text) {
    const next = at + Buffer.byteLength(character)
    if (next > edge) {
      yield piece
      piece = ''
      edge += TOKEN_BYTES
    }
    piece += character
    at = next
  }
  if (piece !== '') yield piece
}

/** Tool arguments travel in larger pieces than text, as engines send them. */
export function* slicesOf(text: string, tokensPerSlice = 8): Generator<string> {
  let slice = ''
  let count = 0
  for (const token of tokensOf(text)) {
    slice += token
    count += 1
    if (count % tokensPerSlice === 0) {
      yield slice
      slice = ''
    }
  }
  if (slice !== '') yield slice
}

const WORDS = ['the', 'sun', 'has', 'set', 'and', 'one', 'red', 'fox', 'ran', 'far', 'out', 'for', 'new']

/** Exactly `count` tokens, made one at a time: three letters and a blank each, a full stop at the end. */
export function* fillerTokens(count: number, start: number): Generator<string> {
  for (let i = 0; i < count; i += 1) {
    const word = WORDS[(start + i * 5) % WORDS.length] ?? 'the'
    yield word + (i === count - 1 ? '.' : ' ')
  }
}
