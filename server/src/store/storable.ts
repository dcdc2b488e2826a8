/** A text that the store takes and gives back whole: one with a NUL in it would end there, and its statement would fail. */
export function storable(text: string): string {
  return text.replaceAll('\0', '')
}
