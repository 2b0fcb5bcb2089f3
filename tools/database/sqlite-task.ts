// Runs one query of a SQLite file in a separate process that is killed at its timeout. The file is opened to read, and only
// what is on the authorizer's list is allowed.
// Tested in test/tools/database/sqlite.test.ts.
import { constants, DatabaseSync, type StatementSync } from 'node:sqlite'
import { ToolError } from '../../authoring/tool.ts'
import { ASK_OPERATOR, MAX_BYTES, type Answer, type Question, type Table, type Value } from './contract.ts'
import { didYouMean } from './nearest.ts'
import { factsOf, readShadows, readTables } from './sqlite-catalogue.ts'
import { allowedFunctions } from './sqlite-functions.ts'

export interface Look {
  path: string
  question?: Question
}

/**
 * What SQLite itself refuses. Its heap limit is none of them: Node's SQLite is built without counting its memory.
 * A statement that sorts or compares too much ends with its process, which has a limit.
 */
const LIMITS = {
  length: 2_000_000,
  sqlLength: 20_000,
  column: 200,
  attach: 0,
  exprDepth: 200,
  compoundSelect: 50,
  vdbeOp: 250_000,
  functionArg: 100,
  variableNumber: 100,
  likePatternLength: 1_000
}
const SHOWN_BYTES = 1_000
/** Virtual tables that only take their arguments apart. */
const ARGUMENT_TABLES = new Set(['json_each', 'json_tree'])

const PARAMETERS = 'The parameters do not fit: give one value for each ?.'
const ONLY_READS =
  'Only one SELECT (or WITH … SELECT, or VALUES) is run here: nothing that writes, attaches files or changes settings.'

/** @returns the tables, or with a question its answer. @throws ToolError in words for a model. */
export default function look ({ path, question }: Look): Table[] | Answer {
  let database: DatabaseSync | undefined
  try {
    const opened = database = new DatabaseSync(path, {
      readOnly: true,
      enableDoubleQuotedStringLiterals: false,
      allowExtension: false,
      timeout: 1_000,
      defensive: true,
      limits: LIMITS
    })
    for (const setting of [
      'trusted_schema = OFF',
      'query_only = ON',
      'temp_store = MEMORY',
      'mmap_size = 0',
      'cell_size_check = ON'
    ]) { opened.exec(`PRAGMA ${setting}`) }
    const tables = readTables(opened)
    return question ? answer(opened, tables, question) : tables.map((table) => ({ ...table, ...factsOf(opened, table) }))
  } catch (error) {
    // Also before any statement: another program may be writing, or the file be gone.
    throw readError(error as Error, [], undefined)
  } finally {
    database?.close()
  }
}

/**
 * A name of `WITH` is no table, and is read as one without columns by `count(*)`: it passes if it is none of SQLite's
 * own tables either.
 */
interface Known {
  tables: ReadonlySet<string>
  /** Where virtual tables keep their data: they read it within the caller's statement. */
  shadows: ReadonlySet<string>
  builtIn: (name: string) => boolean
}

function readBuiltIn (database: DatabaseSync): Known['builtIn'] {
  const modules = new Set(
    (database.prepare('SELECT name FROM pragma_module_list').all() as Array<{ name: string }>).map(({ name }) =>
      name.toLowerCase()
    )
  )
  return (name) => modules.has(name) || /^(?:sqlite|pragma)_/.test(name)
}

function answer (database: DatabaseSync, tables: Table[], { sql, parameters, rows: limit }: Question): Answer {
  const denied = authorize(database, {
    tables: new Set(tables.map(({ name }) => name.toLowerCase())),
    shadows: readShadows(database),
    builtIn: readBuiltIn(database)
  })
  try {
    const statement = database.prepare(sql)
    if (hasMore(sql.slice(statement.sourceSQL.length)) || statement.columns().length === 0) { throw new ToolError(ONLY_READS) }
    statement.setReturnArrays(true)
    statement.setReadBigInts(true)
    const rows: Value[][] = []
    let bytes = 0
    const values = parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value))
    if (takesMore(statement, values)) throw new ToolError(PARAMETERS)
    for (const row of statement.iterate(...values) as unknown as Iterable<unknown[]>) {
      if (rows.length === limit) return { columns: columnsOf(statement), rows, more: true }
      bytes += row.reduce<number>((sum, value) => sum + sizeOf(value), 0)
      if (bytes > MAX_BYTES) {
        throw new ToolError(
          'The answer is too large. Select fewer columns or rows, or shorten long values with substr().'
        )
      }
      rows.push(row.map(readValue))
    }
    return { columns: columnsOf(statement), rows, more: false }
  } catch (error) {
    throw readError(error as Error & { errcode?: number }, tables, denied())
  }
}

/** SQLite reads NULL where no value was given, so a missing value is reported here. */
function takesMore (statement: StatementSync, values: Array<string | number | null>): boolean {
  try {
    statement.iterate(...values, null)
    return true
  } catch {
    return false
  }
}

const columnsOf = (statement: { columns(): Array<{ name: string; type: string | null }> }): Answer['columns'] =>
  statement.columns().map(({ name, type }) => ({ name, ...(type !== null && { type: type.toLowerCase() }) }))

/** Denies what is not on the list. @returns what was denied, in words. */
function authorize (database: DatabaseSync, known: Known): () => string | undefined {
  let denied: string | undefined
  let selects = false
  database.setAuthorizer((action, first, second) => {
    selects ||= action === constants.SQLITE_SELECT
    const reason = refuse(action, first, second, known, selects)
    denied ??= reason
    return reason === undefined ? constants.SQLITE_OK : constants.SQLITE_DENY
  })
  return () => denied
}

function refuse (
  action: number,
  first: string | null,
  second: string | null,
  { tables, shadows, builtIn }: Known,
  selects: boolean
): string | undefined {
  switch (action) {
    case constants.SQLITE_SELECT:
    case constants.SQLITE_RECURSIVE:
      return undefined
    case constants.SQLITE_READ: {
      const name = (first ?? '').toLowerCase()
      return tables.has(name) || shadows.has(name) || ARGUMENT_TABLES.has(name) || (second === '' && !builtIn(name))
        ? undefined
        : `There is no table ${first} to read here.${didYouMean(name, tables)} Call database_query without sql to see the tables.`
    }
    case constants.SQLITE_FUNCTION:
      return allowedFunctions.has((second ?? '').toLowerCase())
        ? undefined
        : `The function ${second} is not offered here.${didYouMean(second ?? '', allowedFunctions)} The usual functions for numbers, text, dates, JSON, aggregates and windows are.`
    case constants.SQLITE_PRAGMA:
      // Within a SELECT, a full-text index asks whether another process has written.
      return selects && first === 'data_version' && second === null ? undefined : ONLY_READS
    default:
      return ONLY_READS
  }
}

/** Whether anything other than comments follows the statement. */
const hasMore = (rest: string): boolean => /[^\s;]/.test(rest.replaceAll(/--[^\n]*|\/\*[^]*?(?:\*\/|$)/g, ''))

/** Of a number, eight bytes; of bytes, what is shown of them. */
const sizeOf = (value: unknown): number =>
  typeof value === 'string' ? value.length : value instanceof Uint8Array ? Math.min(value.length, 2 * SHOWN_BYTES) : 8

function readValue (value: unknown): Value {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value instanceof Uint8Array) {
    const shown = `\\x${Buffer.from(value.subarray(0, SHOWN_BYTES)).toString('hex')}`
    return value.length > SHOWN_BYTES ? `${shown}… (${value.length} bytes)` : shown
  }
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : (value as Value)
}

/** SQLite's result code of a parameter that the statement does not have. */
const RANGE = 25

/** By SQLite's result code. */
const WORDS: Record<number, string> = {
  5: 'The file is being written right now. Try again in a few seconds.',
  6: 'The file is being written right now. Try again in a few seconds.',
  7: 'The query needs more memory than it may use. Narrow it, or aggregate less.',
  10: `The database file cannot be read. ${ASK_OPERATOR}`,
  11: `The database file is damaged. ${ASK_OPERATOR}`,
  14: `The database file cannot be opened. ${ASK_OPERATOR}`,
  18: 'A value or the statement is too long. Use less of it, for example with substr().',
  26: `The file is no SQLite database. ${ASK_OPERATOR}`
}

function readError (
  error: Error & { errcode?: number; code?: string },
  tables: Table[],
  denied: string | undefined
): Error {
  if (error instanceof ToolError) return error
  if (denied !== undefined) return new ToolError(denied)
  const { errcode, code, message } = error
  if (code === 'ERR_INVALID_ARG_VALUE') return new ToolError('There is no statement in it. Write one SELECT.')
  if (errcode === RANGE || code === 'ERR_INVALID_ARG_TYPE' || error instanceof RangeError) { return new ToolError(PARAMETERS) }
  if (errcode === undefined) return error
  const [, kind, name] = /^no such (column|table|function): (?:.*\.)?(.*)$/.exec(message) ?? []
  if (kind !== undefined) {
    const known =
      kind === 'table'
        ? tables.map(({ name }) => name)
        : kind === 'column'
          ? tables.flatMap(({ columns }) => columns.map(({ name }) => name))
          : allowedFunctions
    return new ToolError(
      `There is no ${kind} ${name}.${didYouMean(name!, known)} Call database_query without sql to see the tables.`
    )
  }
  const [, near] = /^near "(.*)": syntax error$/s.exec(message) ?? []
  if (near !== undefined) { return new ToolError(`The statement is no valid SQL at ${JSON.stringify(near)}. Correct it and call again.`) }
  if (/^ambiguous column name/.test(message)) { return new ToolError('A column name is in several of the tables. Write the table or its alias before it.') }
  return new ToolError(
    WORDS[errcode & 0xff] ??
      'The statement does not fit the tables, or is not complete. Check names, aggregates and the number of columns.'
  )
}
