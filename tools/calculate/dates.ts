// Calculates with dates, as YYYY-MM-DD: the days between two, and a date some days, weeks, months or years later. A date
// is not a number: 2024-03-15 must never be read as two subtractions.
// Tested in test/tools/calculate/expressions.test.ts.
import { ToolError } from '../../authoring/tool.ts'

const DAY_MS = 86_400_000
const DATE = String.raw`(\d{4}-\d\d-\d\d)`
const DATE_LIKE = /(?<![\w.])\d{4}-\d\d-\d\d(?![\w.])/g
/** An expression that may be a date or a calculation, with a day and a month that exist. */
const DAY_OR_MONTH = '(?:0?[1-9]|[12]\\d|3[01])'
const OTHER_DATES = new RegExp(
  `(?<![\\w.])(?:${DAY_OR_MONTH}([/.])${DAY_OR_MONTH}\\1(?:19|20)\\d\\d|(?:19|20)\\d\\d(?:-[1-9]-\\d{1,2}|-\\d\\d-[1-9]))(?![\\w.])`
)
const DIFFERENCE = new RegExp(`^\\(?${DATE}\\s*-\\s*${DATE}\\)?(?:\\s+(?:in|to) days)?$`)
const SPAN = new RegExp(`^(?:days\\s+)?(?:between\\s+|from\\s+)?${DATE}\\s+(?:to|until|and)\\s+${DATE}(?:\\s+(?:in|to) days)?$`, 'i')
const STEP = String.raw`\s*([-+])\s*(\d{1,6})\s*(d|days?|weeks?|months?|years?)`
const STEPS = new RegExp(`^${DATE}((?:${STEP})+)$`, 'i')

export interface DateAnswer {
  result: string
  value: string
  unit?: string
  exact: boolean
}

/**
 * @returns undefined for an expression without dates.
 * @throws ToolError for dates that cannot be read, and for other operations on dates.
 */
export function answerDates (expression: string): DateAnswer | undefined {
  const text = expression.trim()
  if (OTHER_DATES.test(text)) {
    throw new ToolError('This looks like a date. Write dates as 2024-03-15; for a calculation, put spaces around each / and -.')
  }
  if (![...text.matchAll(DATE_LIKE)].some(([date]) => readDate(date) !== undefined)) return undefined
  const [, later, earlier] = DIFFERENCE.exec(text) ?? []
  if (later !== undefined) return between(earlier!, later)
  const [, from, to] = SPAN.exec(text) ?? []
  if (from !== undefined) return between(from, to!)
  const [, start, steps] = STEPS.exec(text) ?? []
  if (start !== undefined) return { ...asDate(move(existing(start), steps!)), exact: true }
  throw new ToolError(
    'Dates are subtracted (2024-03-15 - 2024-01-01) or moved (2024-01-31 + 2 weeks), and nothing else in the same expression. For a calculation with these numbers, put spaces around each -.'
  )
}

function between (from: string, to: string): DateAnswer {
  const days = String((existing(to) - existing(from)) / DAY_MS)
  return { result: `${days} days`, value: days, unit: 'days', exact: true }
}

function asDate (time: number): { result: string; value: string } {
  const date = new Date(time)
  const year = date.getUTCFullYear()
  if (!(year >= 1 && year <= 9999)) throw new ToolError('Dates go from the year 1 to the year 9999.')
  const value = date.toISOString().slice(0, 10)
  return { result: value, value }
}

/** A month later is the same day of the month, or its last one. */
function move (start: number, steps: string): number {
  let time = start
  for (const [, sign, digits, unit] of steps.matchAll(new RegExp(STEP, 'gi'))) {
    const count = Number(`${sign}${digits}`)
    const months = /^m/i.test(unit!) ? count : /^y/i.test(unit!) ? 12 * count : 0
    time = months === 0 ? time + count * (/^w/i.test(unit!) ? 7 : 1) * DAY_MS : moveMonths(time, months)
  }
  return time
}

function moveMonths (time: number, months: number): number {
  const date = new Date(time)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const last = new Date(Date.UTC(2000, 0, 1))
  last.setUTCFullYear(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)
  return date.setUTCDate(Math.min(day, last.getUTCDate()))
}

/** Milliseconds since the epoch at midnight UTC. @returns undefined for a day that does not exist. */
function readDate (text: string): number | undefined {
  const time = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text ? undefined : time
}

function existing (text: string): number {
  const time = readDate(text)
  if (time === undefined) throw new ToolError(`There is no day ${text}.`)
  return time
}
