// What a refusal of Postgres means to a model that has to correct its statement. The server's own text stays in the log:
// it can hold values, paths and settings.
import { ToolError } from '../../authoring/tool.ts'
import type { Table } from './contract.ts'
import { didYouMean } from './nearest.ts'

export interface PostgresError {
  code: string
  position?: string | undefined
}

/** By SQLSTATE, or by its class. */
const WORDS: Record<string, string> = {
  '08': 'The database cannot be reached right now. Try again in a minute.',
  21000: 'A subquery that should give one row gave several. Use IN, an aggregate or LIMIT 1.',
  22012: 'The statement divides by zero. Use NULLIF(x, 0).',
  22: 'A value does not fit: a text that is no number or date, a number out of range, or a wrong argument. Check the casts and parameters.',
  25006: 'Only reading is possible here.',
  42501: 'This may not be read here. Call database_query without sql to see what may.',
  42601: 'The statement is no valid SQL.',
  42702: 'A column name is in several of the tables. Write the table or its alias before it.',
  42703: 'There is no such column.',
  42803: 'A column is neither grouped nor in an aggregate. Add it to GROUP BY, or wrap it in an aggregate.',
  42804: 'The types do not go together. Cast one with ::type.',
  42883: 'No function or operator takes values of these types. Cast them with ::type.',
  '42P01': 'There is no such table. Call database_query without sql to see the tables.',
  '42P02': 'A parameter is missing: $1 is the first of parameters.',
  '42P18': 'The type of a parameter is not clear. Write $1::type.',
  '08P01': 'The parameters do not fit: give one value for each of $1, $2 and so on.',
  42: 'The statement does not fit the tables. Check names, types and aliases.',
  53: 'The database is too busy for this now. Try again later, or ask for less.',
  54: 'The statement is too complex. Write a simpler one.',
  '55P03': 'A table is being changed right now. Try again in a few seconds.',
  57014: 'The query took too long and was stopped. Narrow it with WHERE, or aggregate less.',
  57: 'The database cannot be reached right now. Try again in a minute.'
}

/** The text contains only our own words and those of the caller's statement. */
export function toToolError ({ code, position }: PostgresError, sql: string, tables: Iterable<Table>): ToolError {
  const words =
    WORDS[code] ?? WORDS[code.slice(0, 2)] ?? 'The database did not run this statement. Write it in another way.'
  const near =
    position === undefined
      ? ''
      : [...sql]
          .slice(Number(position) - 1)
          .join('')
          .slice(0, 60)
          .toWellFormed()
  if (near === '') return new ToolError(words)
  const at = ` It is about ${JSON.stringify(/^\S{1,40}(?:\s+\S{1,20})?/.exec(near)?.[0] ?? near)}.`
  const name = code === '42703' ? /^(?:(?:\w+|"[^"]*")\.)*(?:"([^"]*)"|(\w+))/u.exec(near) : null
  const columns = name === null ? [] : [...tables].flatMap(({ columns }) => columns.map(({ name }) => name))
  return new ToolError(words + at + (name === null ? '' : didYouMean(name[1] ?? name[2]!, columns)))
}
