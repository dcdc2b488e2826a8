/** The words of a text as a search compares them: lower case, without accents, grammar or endings. */
export function termsOf(text: string): string[] {
  return wordsOf(text)
    .filter((word) => !IDLE.has(word))
    .map(stem)
}

export function wordsOf(text: string): string[] {
  const plain = text.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '')
  return plain.match(/[\p{L}\p{N}]+/gu) ?? []
}

/** Enough that "caching", "cached" and "caches" meet "cache"; it need not give words. */
export function stem(word: string): string {
  if (word.length < 4 || /\d/.test(word)) return word
  const single = word
    .replace(/ies$/, 'y')
    .replace(/(ss|sh|ch|x)es$/, '$1')
    .replace(/([^su])s$/, '$1')
  const bare = single.length > 5 ? single.replace(/(?:ing|ed)$/, '') : single.replace(/(?<=...)ed$/, '')
  const whole = /[aeiouy]/.test(bare) ? bare : single
  return whole.replace(/([^aeiouls])\1$/, '$1').replace(/(?<=...)e$/, '')
}

const IDLE = new Set(
  `a about an and any are as at be by can could did do does explain find for from give has have how i in into is it its
me my of on or please s should show so t tell than that the their them there these this those to use was were what when
where which who why will with would you your`.split(/\s+/),
)

/** How many letters must be changed, added or left out; `most + 1` where it is more than `most`. */
export function distance(from: string, to: string, most: number): number {
  if (Math.abs(from.length - to.length) > most) return most + 1
  let above = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const changed = (above[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      row.push(Math.min(changed, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    above = row
  }
  return Math.min(above[to.length] ?? 0, most + 1)
}
