// The table grows while the run goes on: every row is known beforehand, so the columns are as wide as they will be.
const heads = {
  client: 'client',
  version: 'version',
  command: 'command',
  result: 'result',
  seconds: 'seconds',
  cost: 'cost',
}
const columns = Object.keys(heads)
const FROM_RIGHT = new Set(['seconds'])

export function tableOf(planned) {
  const widths = Object.fromEntries(
    columns.map((column) => [
      column,
      Math.max(7, heads[column].length, ...planned.map((row) => width(row[column]))),
    ]),
  )
  const line = (row) =>
    columns
      .map((column) => {
        const text = String(row[column] ?? '')
        return FROM_RIGHT.has(column) ? text.padStart(widths[column]) : text.padEnd(widths[column])
      })
      .join('  ')
      .trimEnd()
  const rule = line(Object.fromEntries(columns.map((column) => [column, '-'.repeat(widths[column])])))
  return { head: `${line(heads)}\n${rule}`, line }
}

function width(value) {
  return String(value ?? '').length
}
