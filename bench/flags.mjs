// `--name value` of the command line.
export function flagIn(name, fallback) {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : process.argv[at + 1]
}

/** A whole number; ends the process where something else stands there. */
export function wholeFlagIn(name, fallback) {
  const value = Number(flagIn(name, fallback))
  if (Number.isSafeInteger(value) && value >= 0) return value
  console.error(`--${name} is a whole number`)
  process.exit(2)
}
