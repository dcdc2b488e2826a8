/** Nothing was taken: the books cannot be read or written. */
export class BookDown extends Error {
  override readonly name = 'BookDown'

  static from(error: unknown): BookDown {
    return new BookDown(error instanceof Error ? error.message : String(error))
  }
}
