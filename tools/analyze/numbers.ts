// Reads numbers from a text (a plain list, or the columns of CSV or JSON) and describes each column. What is left out is
// counted, and ambiguous input is refused.
import papa from 'papaparse'
import { ToolError } from '../../authoring/tool.ts'
import { quantile, standardDeviation, sum } from './statistics.ts'

export interface Column {
  name: string
  values: number[]
  /** Empty cells. */
  missing: number
  /** Cells with a text that is not a number. */
  others: string[]
}

/** Signs, decimals, thousands as in 1,234.5 or 1 234, an exponent; the sign may be Unicode's. */
const NUMBER = /^[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?$/
const UNIT = /^([+-]?)\s*([$€£¥]?)\s*(.*?)\s*([%$€£¥]?)$/s
const BEFORE_QUOTE = /(^|[,;\t]) +(?=")/gm
const MAX_EXAMPLES = 3
/** Characters. A longer cell is none: the patterns take the square of its length. */
const MAX_NUMBER_LENGTH = 500
/** Each takes 300 characters of the answer, and of JSON all rows are read for each. */
const MAX_COLUMNS = 100

export interface Columns {
  columns: Column[]
  /** Columns without a single number. */
  leftOut: string[]
}

interface Cell {
  value: number
  /** `%` or a currency, or nothing. */
  unit: string
}

/** @returns undefined for a cell that is not a number. @throws ToolError for one that is too large. */
function readCell (text: string): Cell | undefined {
  const trimmed = text.trim()
  if (trimmed.length > MAX_NUMBER_LENGTH) return undefined
  const plain = trimmed.replaceAll('−', '-').replaceAll(/(?<=\d)[\u00a0\u202f'](?=\d{3})/g, ',')
  const [, sign, before, digits, after] = UNIT.exec(plain) ?? []
  if (digits === undefined || (before && after) || !NUMBER.test(digits) || (sign && /^[+-]/.test(digits))) return undefined
  const value = Number(`${sign}${digits.replaceAll(/[_,]/g, '')}`)
  if (!Number.isFinite(value)) throw new ToolError(`${text.trim().slice(0, 40)} is too large for statistics: numbers go up to 1e308.`)
  return { value, unit: before || after || '' }
}

/** @returns undefined for a text that is not data. @throws ToolError for data that cannot be counted rightly. */
export function readColumns (text: string): Columns | undefined {
  if (/^\s*[[{]/.test(text)) return readJson(text)
  const lines = text.trim().split(/\r?\n/).filter((line) => line.trim() !== '')
  const delimiter = ['\t', ';', ','].find((candidate) => lines.length > 1 && lines.every((line) => line.includes(candidate)))
  if (delimiter === undefined) return readList(text) ?? readTable(text, ',')
  return readTable(text, delimiter) ?? readList(text)
}

/** Numbers with commas, semicolons, blanks or line breaks between. @throws ToolError where a comma can be either. */
function readList (text: string): Columns | undefined {
  const words = text.trim().split(/[\s;]+/).map(withoutCommas).filter((word) => word !== '')
  const cells = words.flatMap((word) => (word.includes('.') && readCell(word) ? [word] : word.split(',').filter((cell) => cell !== '')))
  if (cells.length === 0 || !cells.every((cell) => readCell(cell))) return undefined
  const unclear = words.find((word) => word.includes(',') && !word.includes('.') && readCell(word))
  if (unclear !== undefined) {
    throw new ToolError(`${unclear.slice(0, 40)} could be one number or several. Write numbers without commas inside, and blanks or line breaks between them.`)
  }
  return { columns: [columnOf('numbers', cells)], leftOut: [] }
}

/** Not those between. A pattern would take the square of their number. */
function withoutCommas (word: string): string {
  let [start, end] = [0, word.length]
  while (word[start] === ',') start++
  while (end > start && word[end - 1] === ',') end--
  return word.slice(start, end)
}

function readJson (text: string): Columns | undefined {
  let data: unknown
  try {
    data = JSON.parse(text)
  } catch {
    // [1 2 3] is also a list.
    return readList(text.trim().replace(/^\[|\]$/g, ''))
  }
  const rows: unknown[] = Array.isArray(data) ? data : [data]
  if (rows.length > 0 && rows.every((row) => typeof row === 'number' || row === null)) return { columns: [columnOf('numbers', rows.map(cellOf))], leftOut: [] }
  if (rows.length === 0 || !rows.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row))) {
    throw new ToolError('Of JSON, pass a list of numbers or a list of flat objects.')
  }
  const names = [...new Set(rows.flatMap((row) => Object.keys(row as object)))]
  checkWidth(names)
  return numeric(names.map((name) => columnOf(name, rows.map((row) => cellOf((row as Record<string, unknown>)[name])))))
}

function cellOf (value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? (Array.isArray(value) ? '[…]' : '{…}') : String(value)
}

function checkWidth (names: readonly string[]): void {
  if (names.length <= MAX_COLUMNS) return
  throw new ToolError(`The data has ${names.length} columns. Pass at most ${MAX_COLUMNS} at once: those whose figures are asked for.`)
}

/** CSV has a header, and rows with the same number of cells. @returns undefined for prose. */
function readTable (text: string, delimiter: string): Columns | undefined {
  // Blanks before an opening quote, as people write them after a comma, would make it part of the cell.
  const { data, errors } = papa.parse<string[]>(text.replaceAll(BEFORE_QUOTE, '$1'), { delimiter, skipEmptyLines: true })
  if (errors.length > 0) return undefined
  const rows = data.map((row) => row.map((cell) => cell.trim()))
  const [names, ...cells] = rows
  if (names === undefined || cells.length === 0) return undefined
  const isData = cells.some((row) => row.some((cell) => readCell(cell)))
  if (names.length === 1 && !cells.every((row) => row.length === 1 && readCell(row[0]!))) return undefined
  const ragged = rows.findIndex((row) => row.length !== names.length)
  if (ragged !== -1) {
    if (!isData || rows.filter((row) => row.length === names.length).length <= rows.length / 2) return undefined
    throw new ToolError(`Line ${ragged + 1} has ${rows[ragged]!.length} cells, and the header has ${names.length}. Put cells that contain the delimiter in double quotes.`)
  }
  // Cells without blanks are a table of names; lines of words with commas are prose.
  if (!isData) return rows.flat().some((cell) => /\s/.test(cell)) ? undefined : numeric([])
  checkWidth(names)
  const headless = names.every((name) => readCell(name))
  const columns = names.map((name, index) =>
    columnOf(headless || name === '' ? `column ${index + 1}` : name, (headless ? rows : cells).map((row) => row[index]!))
  )
  return numeric(columns)
}

/** @throws ToolError where no column holds numbers. */
function numeric (all: Column[]): Columns {
  const columns = all.filter(({ values }) => values.length > 0)
  if (columns.length > 0) return { columns, leftOut: all.filter(({ values }) => values.length === 0).map(({ name }) => name) }
  throw new ToolError('None of the columns holds numbers. Pass CSV with a header line and at least one column of plain numbers, such as 1234.5.')
}

/** @throws ToolError for a column of different units. */
function columnOf (name: string, cells: string[]): Column {
  const filled = cells.filter((cell) => cell.trim() !== '')
  const read = filled.map((cell) => ({ cell, number: readCell(cell) }))
  const numbers = read.flatMap(({ number }) => number ?? [])
  const units = [...new Set(numbers.map(({ unit }) => unit))]
  if (units.length > 1) {
    throw new ToolError(
      `The column ${JSON.stringify(name.slice(0, 40))} mixes ${units.map((unit) => (unit === '' ? 'plain numbers' : unit)).join(' and ')}. Write them all in one unit.`
    )
  }
  return {
    name: units[0] ? `${name} (${units[0]})` : name,
    values: numbers.map(({ value }) => value),
    missing: cells.length - filled.length,
    others: read.filter(({ number }) => number === undefined).map(({ cell }) => cell)
  }
}

export const describeColumns = ({ columns, leftOut }: Columns) => ({
  ...(leftOut.length > 0 && { leftOut }),
  columns: columns.map(({ name, values, missing, others }) => {
    const sorted = values.toSorted((a, b) => a - b)
    return {
      name,
      count: values.length,
      missing,
      notNumbers: others.length,
      ...(others.length > 0 && { examples: [...new Set(others)].slice(0, MAX_EXAMPLES).map((cell) => cell.slice(0, 40).toWellFormed()) }),
      sum: finite(sum(values)),
      mean: finite(sum(values) / values.length),
      median: quantile(sorted, 0.5),
      min: sorted[0]!,
      max: sorted.at(-1)!,
      standardDeviation: values.length > 1 ? finite(standardDeviation(values)) : null,
      quartiles: [quantile(sorted, 0.25), quantile(sorted, 0.75)] as [number, number]
    }
  })
})

function finite (value: number): number {
  if (Number.isFinite(value)) return value
  throw new ToolError('These numbers are too large to be added up. Divide them by a power of ten first.')
}
