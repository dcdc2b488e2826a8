// Where a source can be broken, and how: small mistakes that a programmer makes. Read from the syntax tree of TypeScript, so
// that types, imports and texts stay as they are. Asserts are never dropped: they say what cannot happen.
import path from 'node:path'
import { SyntaxKind } from 'typescript/unstable/ast'
import { API } from 'typescript/unstable/sync'

const SWAPS = new Map([
  [SyntaxKind.LessThanToken, ['<=', '>=']],
  [SyntaxKind.LessThanEqualsToken, ['<', '>']],
  [SyntaxKind.GreaterThanToken, ['>=', '<=']],
  [SyntaxKind.GreaterThanEqualsToken, ['>', '<']],
  [SyntaxKind.EqualsEqualsEqualsToken, ['!==']],
  [SyntaxKind.ExclamationEqualsEqualsToken, ['===']],
  [SyntaxKind.PlusToken, ['-']],
  [SyntaxKind.MinusToken, ['+']],
  [SyntaxKind.PlusEqualsToken, ['-=']],
  [SyntaxKind.MinusEqualsToken, ['+=']],
  [SyntaxKind.AmpersandAmpersandToken, ['||']],
  [SyntaxKind.BarBarToken, ['&&']],
])
const TYPES = new Set([
  SyntaxKind.TypeAliasDeclaration,
  SyntaxKind.InterfaceDeclaration,
  SyntaxKind.ImportDeclaration,
])
const TEXTS = new Set([
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.TemplateHead,
  SyntaxKind.TemplateMiddle,
  SyntaxKind.TemplateTail,
])
const SQL = /\b(select|insert into|update|delete from|where|on conflict)\s/i
const SQL_SWAPS = {
  '>': '>=',
  '<': '<=',
  '>=': '>',
  '<=': '<',
  '=': '<>',
  '<>': '=',
  and: 'or',
  min: 'max',
  max: 'min',
}

/** Every place of every file: `{ file, line, operator, from, to, text }`; `text` takes the place of what stands there. */
export function mutationsOf(house, files) {
  const api = new API({ cwd: house })
  try {
    const snapshot = api.updateSnapshot({ openProject: path.join(house, 'tsconfig.json') })
    const [project] = snapshot.getProjects()
    return files.flatMap((file) => {
      const source = project.program.getSourceFile(path.join(house, file))
      if (!source) throw new Error(`${file} is not part of the project`)
      return inSource(file, source)
    })
  } finally {
    api.close()
  }
}

function inSource(file, source) {
  const found = []
  const { text } = source
  const add = (operator, node, replacement, place = { from: node.getStart(source), to: node.end }) => {
    const line = text.slice(0, place.from).split('\n').length
    found.push({ file, line, operator, ...place, text: replacement })
  }
  const visit = (node) => {
    if (TYPES.has(node.kind) || node.kind === SyntaxKind.TypeLiteral) return
    if (isAssert(node)) return
    mutate(node, source, add)
    node.forEachChild(visit)
  }
  visit(source)
  return found
}

function isAssert(node) {
  const call = node.kind === SyntaxKind.ExpressionStatement ? node.expression : undefined
  return call?.kind === SyntaxKind.CallExpression && /^assert/.test(call.expression.getText())
}

function mutate(node, source, add) {
  const textOf = (part) => source.text.slice(part.getStart(source), part.end)
  switch (node.kind) {
    case SyntaxKind.BinaryExpression: {
      const { operatorToken } = node
      for (const other of SWAPS.get(operatorToken.kind) ?? [])
        add(`${textOf(operatorToken)} → ${other}`, operatorToken, other)
      return
    }
    case SyntaxKind.IfStatement:
    case SyntaxKind.WhileStatement:
      return add('negate the condition', node.expression, `!(${textOf(node.expression)})`)
    case SyntaxKind.ConditionalExpression:
      return add('negate the condition', node.condition, `!(${textOf(node.condition)})`)
    case SyntaxKind.ExpressionStatement:
      return add('drop the statement', node, ';')
    case SyntaxKind.TrueKeyword:
      return add('true → false', node, 'false')
    case SyntaxKind.FalseKeyword:
      return add('false → true', node, 'true')
    case SyntaxKind.NumericLiteral:
      return mutateNumber(node, textOf(node), add)
    case SyntaxKind.ReturnStatement:
      if (node.expression) add('return nothing', node.expression, 'undefined')
      return
    case SyntaxKind.PropertyAccessExpression:
      if (textOf(node) === 'Math.min') add('min → max', node, 'Math.max')
      if (textOf(node) === 'Math.max') add('max → min', node, 'Math.min')
      return
    default:
      if (TEXTS.has(node.kind)) mutateSql(node, textOf(node), source, add)
  }
}

function mutateNumber(node, text, add) {
  // A key of an object is a name, not a number.
  if (node.parent?.kind === SyntaxKind.LiteralType || !/^[\d_]+$/.test(text)) return
  const number = Number(text.replaceAll('_', ''))
  add(`${text} → ${number + 1}`, node, String(number + 1))
  if (number > 0) add(`${text} → ${number - 1}`, node, String(number - 1))
}

function mutateSql(node, text, source, add) {
  if (!SQL.test(text)) return
  const start = node.getStart(source)
  for (const match of text.matchAll(/(?<![<>=])(<=|>=|<>|<|>|=)(?![<>=])|\b(and|min|max)\b(?=[ (])/g)) {
    const [token] = match
    const other = SQL_SWAPS[token]
    const from = start + match.index
    add(`SQL ${token} → ${other}`, node, other, { from, to: from + token.length })
  }
}
