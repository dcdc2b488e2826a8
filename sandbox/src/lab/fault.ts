/** What a request cannot have, with MiniMax's internal code. Thrown by media handlers and, across threads, by makers. */
export class MediaFault extends Error {
  override readonly name = 'MediaFault'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}
