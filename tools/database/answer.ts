// Cuts what a database answered to what a client can hold, and says what was cut: long values first, then rows.
import type { Answer, Value } from './contract.ts'

/** Characters of one value. */
export const MAX_VALUE_LENGTH = 4_000
/** Characters of all rows as JSON: clients drop larger results. */
const MAX_ANSWER_LENGTH = 60_000

export interface Shaped {
  columns: Answer['columns']
  rows: Value[][]
  rowCount: number
  /** Absent when this is everything. */
  truncated?: string
}

/** Shortens long values, and leaves out rows beyond the maximum length of an answer. */
export function shape ({ columns, rows, more }: Answer): Shaped {
  const kept: Value[][] = []
  let longValues = 0
  let size = 0
  for (const row of rows) {
    const cut = row.map((value) => {
      const short = shorten(value)
      if (short !== value) longValues++
      return short
    })
    size += JSON.stringify(cut).length
    if (size > MAX_ANSWER_LENGTH && kept.length > 0) break
    kept.push(cut)
  }
  const missing = [
    ...(kept.length < rows.length
      ? [
          `These are the first ${kept.length} rows: more would not fit. Select fewer columns, or read on with LIMIT and OFFSET.`
        ]
      : []),
    ...(more && kept.length === rows.length
      ? [
          `There are more than these ${kept.length} rows. Narrow the query, count or group instead, or read on with LIMIT and OFFSET.`
        ]
      : []),
    ...(longValues > 0
      ? [
          `${longValues} long ${longValues === 1 ? 'value was' : 'values were'} cut after ${MAX_VALUE_LENGTH} characters. Read a part with substr().`
        ]
      : [])
  ]
  return { columns, rows: kept, rowCount: kept.length, ...(missing.length > 0 && { truncated: missing.join(' ') }) }
}

function shorten (value: Value): Value {
  const text =
    typeof value === 'string' ? value : typeof value === 'object' && value !== null ? JSON.stringify(value) : ''
  if (text.length > MAX_VALUE_LENGTH) return `${text.slice(0, MAX_VALUE_LENGTH).toWellFormed()}…`
  return typeof value === 'string' ? value.toWellFormed() : value
}
