/** How a rhyming word stands at the end of a line: a thing, something to do, a quality, or a where and when. */
export type WordKind = 'thing' | 'deed' | 'quality' | 'where'
export const wordKinds = ['thing', 'deed', 'quality', 'where'] as const satisfies readonly WordKind[]

export type Rhymes = Readonly<Record<WordKind, readonly string[]>>

export type Feeling = 'happy' | 'sad' | 'wild' | 'calm' | 'dark' | 'tender' | 'open'

/**
 * A language to write songs in. In the lines `{t}` is what the song is about, `{q}` a quality that suits its feeling,
 * and `{w}` the rhyme; `a {…}` becomes `an` where it must.
 */
export interface Tongue {
  readonly rhymes: readonly Rhymes[]
  readonly lines: Readonly<Record<WordKind, readonly string[]>>
  /** The lines that a refrain begins with; `{h}` is the title. */
  readonly hooks: readonly string[]
  readonly echoes: readonly string[]
  readonly titles: readonly string[]
  readonly qualities: Readonly<Record<Feeling, readonly string[]>>
  readonly subjects: Readonly<Record<Feeling, readonly string[]>>
}
