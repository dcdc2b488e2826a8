/** Small sums in a prompt: finds the first expression with an operator and works it out, or undefined. */
export function solve(text: string): string | undefined {
  const prepared = text
    .slice(0, MAX_CHARS)
    .replace(/\bplus\b/gi, '+')
    .replace(/\bminus\b/gi, '-')
    .replace(/\b(?:times|multiplied by)\b/gi, '*')
    .replace(/\bdivided by\b/gi, '/')
    .replace(/(\d)\s*[x×]\s*(?=[\d(])/g, '$1*')
    .replaceAll('÷', '/')
  for (const match of prepared.matchAll(/[-(\d][\d\s.()+\-*/^]*/g)) {
    const expression = match[0].replace(/[^\d)]+$/, '')
    if (LOOKS_LIKE_A_DATE.test(expression) || !/\d\s*\)*\s*[-+*/^]/.test(expression)) continue
    const value = evaluate(expression)
    if (value !== undefined) return `${expression.replace(/\s+/g, ' ')} = ${format(value)}`
  }
  return undefined
}

const MAX_CHARS = 2_000
const LOOKS_LIKE_A_DATE = /^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$/

function format(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(12))) : 'undefined'
}

const LEVELS: readonly string[] = ['+-', '*/']

function evaluate(expression: string): number | undefined {
  const symbols = expression.match(/\d+(?:\.\d+)?|[-+*/^()]|\S/g) ?? []
  let at = 0
  const value = level(0)
  return at === symbols.length ? value : undefined

  function level(depth: number): number | undefined {
    const operators = LEVELS[depth]
    if (operators === undefined) return power()
    let left = level(depth + 1)
    for (let sign = symbols[at]; sign !== undefined && operators.includes(sign); sign = symbols[at]) {
      at += 1
      const right = level(depth + 1)
      if (left === undefined || right === undefined) return undefined
      left = combine(left, sign, right)
    }
    return left
  }

  function power(): number | undefined {
    const base = atom()
    if (base === undefined || symbols[at] !== '^') return base
    at += 1
    const exponent = power()
    return exponent === undefined ? undefined : base ** exponent
  }

  function atom(): number | undefined {
    const symbol = symbols[at]
    at += 1
    if (symbol === '-') {
      const inner = atom()
      return inner === undefined ? undefined : -inner
    }
    if (symbol !== '(') return symbol !== undefined && /^\d/.test(symbol) ? Number(symbol) : undefined
    const inner = level(0)
    const closed = symbols[at] === ')'
    at += 1
    return closed ? inner : undefined
  }
}

function combine(left: number, sign: string, right: number): number {
  if (sign === '+') return left + right
  if (sign === '-') return left - right
  return sign === '*' ? left * right : left / right
}
