// Numbers out of a text: a plain list, or the columns of CSV; and what is worth knowing of each.
import { parse } from 'csv-parse/sync'
import { max, mean, min, quantileSorted, sampleStandardDeviation, sum } from 'simple-statistics'
import { ToolError } from '../../authoring/tool.ts'

export interface Column {
  name: string
  values: number[]
  missing: number
}

const NUMBER = /^[+-]?(?:\d[\d_]*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?%?$/
const isNumber = (cell: string): boolean => NUMBER.test(cell.trim())
const toNumber = (cell: string): number => Number(cell.trim().replaceAll('_', '').replace(/%$/, ''))

/** @returns undefined for a text that is no data. @throws ToolError for data in which no column holds numbers. */
export function readColumns (text: string): Column[] | undefined {
  const list = text
    .trim()
    .replace(/^\[|\]$/g, '')
    .split(/[\s,;]+/)
    .filter((cell) => cell !== '')
  if (list.length > 0 && list.every(isNumber)) return [{ name: 'numbers', values: list.map(toNumber), missing: 0 }]
  const rows = readTable(text)
  if (rows === undefined) return undefined
  const [names, ...cells] = rows
  const columns = names!
    .map((name, index) => {
      const column = cells.map((row) => row[index] ?? '')
      const filled = column.filter((cell) => cell.trim() !== '')
      return {
        name: name.trim() || `column ${index + 1}`,
        values: filled.filter(isNumber).map(toNumber),
        missing: column.length - filled.length,
        mostly: filled.filter(isNumber).length > filled.length / 2
      }
    })
    .filter(({ mostly, values }) => mostly && values.length > 0)
  if (columns.length === 0) {
    throw new ToolError(
      'None of the columns holds numbers. Pass CSV with a header line and at least one column of plain numbers, such as 1234.5.'
    )
  }
  return columns.map(({ mostly: _, ...column }) => column)
}

/**
 * CSV is what has a header and at least two more lines, all with as many cells, and more than one or a number in each.
 */
function readTable (text: string): string[][] | undefined {
  const first = text.trimStart().split('\n', 1)[0]!
  const delimiter = [',', ';', '\t'].find((candidate) => first.includes(candidate)) ?? ','
  try {
    const rows = parse(text, { delimiter, skip_empty_lines: true, trim: true, relax_column_count: false }) as string[][]
    const isTable =
      rows.length >= 3 &&
      rows[0]!.length >= 1 &&
      (rows[0]!.length > 1 || rows.slice(1).every(([cell]) => isNumber(cell ?? '')))
    return isTable ? rows : undefined
  } catch {
    return undefined
  }
}

export const describeColumns = (columns: Column[]) =>
  columns.map(({ name, values, missing }) => {
    const sorted = values.toSorted((a, b) => a - b)
    return {
      name,
      count: values.length,
      missing,
      sum: sum(values),
      mean: mean(values),
      median: quantileSorted(sorted, 0.5),
      min: min(values),
      max: max(values),
      standardDeviation: values.length > 1 ? sampleStandardDeviation(values) : null,
      quartiles: [quantileSorted(sorted, 0.25), quantileSorted(sorted, 0.75)] as [number, number]
    }
  })
