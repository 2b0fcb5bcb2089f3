// The tables of a SQLite file: columns, references, conditions, and how many rows there are where few are counted.
// Tested in test/tools/database/sqlite.test.ts.
import type { DatabaseSync } from 'node:sqlite'
import type { Table } from './contract.ts'

/** Rows that are counted; for longer tables SQLite's own statistics are used, if ANALYZE was run. */
const MAX_COUNTED = 10_000
const CHECK = /\bcheck\s*\(/gi

/** SQLite's code of a statement that cannot be understood, and not of a file that cannot be read. */
const ERROR = 1

/**
 * The tables and views of the file, by name, without internal ones, and without those that nothing can be read from: a view of a
 * table that is gone, or a table of a module that is not here.
 */
export function readTables (database: DatabaseSync): Table[] {
  const found = database
    .prepare(
      // The internal tables of a virtual table are not shown.
      `SELECT name, iif(type = 'view', 'view', 'table') AS type FROM pragma_table_list
      WHERE schema = 'main' AND type <> 'shadow' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`
    )
    .all() as Array<{ name: string; type: 'table' | 'view' }>
  const columns = database.prepare(
    'SELECT name, type, "notnull" AS required, pk FROM pragma_table_xinfo(?) WHERE hidden <> 1'
  )
  const references = database.prepare('SELECT "from", "table" FROM pragma_foreign_key_list(?)')
  const describe = ({ name, type: kind }: (typeof found)[number]): Table => {
    const targets = new Map(
      (references.all(name) as Array<{ from: string; table: string }>).map(({ from, table }) => [from, table])
    )
    return {
      name,
      kind,
      columns: (columns.all(name) as Array<{ name: string; type: string; required: number; pk: number }>).map(
        ({ name, type, required, pk }) => ({
          name: /^[a-z_]\w*$/i.test(name) ? name : `"${name.replaceAll('"', '""')}"`,
          type: type.toLowerCase(),
          ...(pk > 0 && { primaryKey: true }),
          ...(required && !pk && { notNull: true }),
          ...(targets.has(name) && { references: targets.get(name)! })
        })
      )
    }
  }
  return found.flatMap((table) => {
    try {
      return [describe(table)]
    } catch (error) {
      if ((error as { errcode?: number }).errcode === ERROR) return []
      throw error
    }
  })
}

/** The tables in which virtual tables keep their data, in lower case. */
export const readShadows = (database: DatabaseSync): Set<string> =>
  new Set(
    (database.prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'shadow'").all() as Array<{ name: string }>).map(
      ({ name }) => name.toLowerCase()
    )
  )

/** The part of a table's description that is shown, and not needed for a query. */
export function factsOf (database: DatabaseSync, { name, kind }: Table): Pick<Table, 'checks' | 'rows'> {
  const { sql } = (database.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').get(name) ?? {}) as { sql?: string | null }
  const checks = checksOf(sql ?? '')
  const rows = kind === 'view' ? undefined : countOf(database, name)
  return { ...(checks.length > 0 && { checks }), ...(rows !== undefined && { rows }) }
}

/** SQLite keeps conditions as the text they were written in. */
function checksOf (sql: string): string[] {
  return [...sql.matchAll(CHECK)].flatMap(({ 0: start, index }) => {
    const end = closing(sql, index + start.length)
    return end === undefined ? [] : [`(${sql.slice(index + start.length, end)})`]
  })
}

/** Where the bracket that is open at `from` closes; brackets in quotes do not count. */
function closing (sql: string, from: number): number | undefined {
  let depth = 1
  for (const { 0: token, index } of sql.slice(from).matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]/g)) {
    if (token === '(') depth++
    if (token === ')' && --depth === 0) return from + index
  }
  return undefined
}

function countOf (database: DatabaseSync, name: string): number | undefined {
  try {
    const quoted = `"${name.replaceAll('"', '""')}"`
    const { n } = database.prepare(`SELECT count(*) AS n FROM (SELECT 1 FROM ${quoted} LIMIT ${MAX_COUNTED + 1})`).get() as { n: number }
    if (n <= MAX_COUNTED) return n
    const known = database.prepare('SELECT stat FROM sqlite_stat1 WHERE tbl = ? LIMIT 1').get(name) as { stat: string } | undefined
    return known && Number(known.stat.split(' ')[0])
  } catch {
    // A virtual table of a module that is not here, or no statistics.
    return undefined
  }
}
