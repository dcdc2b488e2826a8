const LONGEST_NAME = 255

/** Names are shown to people: no line breaks, no marks that turn the direction of a text around. */
export function cleanName(name: string): string {
  const shown = name.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '').trim()
  return [...shown].slice(0, LONGEST_NAME).join('') || 'file'
}

/** What a caller says of a file's type, where it is one. */
export function cleanType(contentType: string): string {
  return /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(contentType)
    ? contentType.toLowerCase()
    : 'application/octet-stream'
}
