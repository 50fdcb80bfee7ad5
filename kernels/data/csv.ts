/**
 * Tables in CSV (RFC 4180): commas, optional quotes, `""` for a quote inside quotes, any line ending, UTF-8 with or
 * without a byte-order mark. All columns but the label are numbers. Rows that do not fit, cells that are not numbers
 * and columns that are not there are errors which name the line and the column.
 */
import { KernelError } from '../errors.ts'
import { classCount } from './idx.ts'
import { compareNames } from './safetensors.ts'
import type { Dataset } from './types.ts'

export interface CsvOptions {
  /** The label's column by name; null = the last one. */
  readonly label: string | null
  /** The label is a number to predict, not a class. */
  readonly regression: boolean
}

interface Row {
  /** 1-based line of the file where it begins. */
  readonly line: number
  readonly cells: readonly string[]
}

const refuse = (file: string, why: string): never => {
  throw new KernelError('BAD_DATA', `${file}: ${why}`, { file })
}

/** Splits a file into rows of cells; blank lines are skipped. */
export function parseCsv(bytes: Uint8Array, file = 'csv'): Row[] {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return refuse(file, 'not text in UTF-8')
  }
  const rows: Row[] = []
  let cells: string[] = []
  let line = 1
  let rowLine = 1
  let at = 0
  const endRow = (): void => {
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: rowLine, cells })
    cells = []
  }
  while (at < text.length) {
    let cell = ''
    if (text[at] === '"') {
      const openedLine = line
      for (at++; ; at++) {
        const char = text[at]
        if (char === undefined) return refuse(file, `line ${openedLine}: a quote is opened and never closed`)
        if (char === '\n') line++
        if (char !== '"') cell += char
        else if (text[at + 1] === '"') cell += text[at++]
        else break
      }
      at++
      if (at < text.length && !',\r\n'.includes(text[at] ?? '')) return refuse(file, `line ${line}: text after a closing quote`)
    } else {
      const start = at
      while (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') at++
      cell = text.slice(start, at)
    }
    cells.push(cell)
    if (text[at] === ',') {
      at++
      // A comma at the very end of the file is followed by one more, empty cell.
      if (at === text.length) cells.push('')
      continue
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at++
    at++
    line++
    endRow()
    rowLine = line
  }
  if (cells.length > 0) endRow()
  return rows
}

/** A number as people write it in tables; null for anything else, `Infinity`, hex and blanks included. */
function numberOf(cell: string): number | null {
  const text = cell.trim()
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}

/**
 * A table as a data set: `x` `[N, columns - 1]`, `y` class ids or, for regression, `[N, 1]` numbers.
 *
 * The first row is a header when a cell outside the label column is not a number. Labels that are all integers from 0
 * up are class ids as they stand; other labels become ids in the order of their sorted distinct texts.
 */
export function csvDataset(bytes: Uint8Array, options: CsvOptions, file = 'csv'): Dataset {
  const rows = parseCsv(bytes, file)
  const [first] = rows
  if (first === undefined) return refuse(file, 'the table is empty')
  const width = first.cells.length
  if (width < 2) refuse(file, 'a table needs a label column and at least one more')

  const named = options.label === null ? width - 1 : first.cells.findIndex((cell) => cell.trim() === options.label)
  if (named < 0) {
    const names = first.cells.map((cell) => `"${cell.trim()}"`)
    refuse(file, `there is no column "${options.label}" (the first line has ${names.slice(0, 20).join(', ')}${names.length > 20 ? ', …' : ''})`)
  }
  const hasHeader = options.label !== null || first.cells.some((cell, i) => i !== named && numberOf(cell) === null)
  const columns = hasHeader ? first.cells.map((cell) => cell.trim()) : first.cells.map((_, i) => String(i + 1))
  const body = hasHeader ? rows.slice(1) : rows
  if (body.length === 0) refuse(file, 'the table has a header and no rows')

  const x = new Float32Array(body.length * (width - 1))
  const labels: string[] = []
  body.forEach(({ line, cells }, row) => {
    if (cells.length !== width) refuse(file, `line ${line} has ${cells.length} cells, the first line has ${width}`)
    let at = row * (width - 1)
    cells.forEach((cell, column) => {
      if (column === named) {
        labels.push(cell.trim())
        return
      }
      x[at++] = numberOf(cell) ?? refuse(file, `line ${line}, column "${columns[column]}": "${cell.slice(0, 40)}" is not a number`)
    })
  })
  const shape = { x, xScale: 1, sampleShape: [width - 1], length: body.length }
  const where = (row: number): string => `line ${body[row]?.line}, column "${columns[named]}"`
  if (options.regression) {
    const y = Float32Array.from(labels, (text, row) => numberOf(text) ?? refuse(file, `${where(row)}: "${text.slice(0, 40)}" is not a number`))
    return { ...shape, y, targetShape: [1], classes: null }
  }
  const y = classIds(labels, (row, why) => refuse(file, `${where(row)}: ${why}`))
  return { ...shape, y, targetShape: [], classes: classCount(y) }
}

function classIds(labels: readonly string[], wrong: (row: number, why: string) => never): Int32Array {
  const empty = labels.indexOf('')
  if (empty >= 0) wrong(empty, 'the label is empty')
  const numbers = labels.map(numberOf)
  if (numbers.every((value) => value !== null && Number.isInteger(value) && value >= 0)) {
    const tooLarge = numbers.findIndex((value) => (value ?? 0) > 0x7fff_fffe)
    if (tooLarge >= 0) wrong(tooLarge, `class id ${labels[tooLarge]} is too large`)
    return Int32Array.from(numbers, (value) => value ?? 0)
  }
  const fraction = numbers.findIndex((value) => value !== null && !Number.isInteger(value))
  if (fraction >= 0) wrong(fraction, `${labels[fraction]} is no class; to predict numbers, use a regression loss such as "mse"`)
  const ids = new Map([...new Set(labels)].sort(compareNames).map((text, id) => [text, id]))
  return Int32Array.from(labels, (text) => ids.get(text) ?? 0)
}
