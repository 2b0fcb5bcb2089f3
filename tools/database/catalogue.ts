// The catalogue for a model: databases, tables and columns that this caller may read, short enough to be read whole.
import { ToolError, type ToolContext } from '../../authoring/tool.ts'
import type { Column, Database, Table } from './contract.ts'
import { didYouMean } from './nearest.ts'

/** Tables that are shown with their columns; of the others only the name. */
const MAX_DETAILED = 40
const MAX_NAMED = 500
const MAX_COLUMNS = 100

export interface DatabaseDescription {
  name: string
  kind: string
  tables: Array<{ name: string; kind?: string; comment?: string; columns?: string[] }>
  truncated?: string
}

/**
 * What the caller of this context may read: for the tool, and for the resources that show the catalogue.
 * @param only the tables to show; all if left out. @throws ToolError for a table that none of the databases has.
 */
export async function describeDatabases (
  databases: readonly Database[],
  context: ToolContext,
  only?: readonly string[]
): Promise<DatabaseDescription[]> {
  const found = await Promise.all(
    databases.map(async (database) => ({ database, tables: await database.tables(context) }))
  )
  const all = found.flatMap(({ tables }) => tables.map(({ name }) => name))
  const missing = only?.find((name) => !all.includes(name))
  if (missing !== undefined) { throw new ToolError(`There is no table ${missing} here.${didYouMean(missing, all)} Leave tables out to see all.`) }
  return found.map(({ database: { name, kind }, tables }) => {
    const chosen = only ? tables.filter(({ name }) => only.includes(name)) : tables
    const left = chosen.length - MAX_DETAILED
    return {
      name,
      kind,
      tables: chosen
        .slice(0, MAX_NAMED)
        .map((table, index) => (index < MAX_DETAILED ? describeTable(table) : { name: table.name })),
      ...(left > 0 && {
        truncated: `Columns are shown for ${MAX_DETAILED} of ${chosen.length} tables. Name others in tables to see theirs.`
      })
    }
  })
}

/** One table with its columns. */
export const describeTable = ({ name, kind, comment, columns }: Table) => ({
  name,
  ...(kind === 'view' && { kind }),
  ...(comment && { comment: comment.slice(0, 300) }),
  columns: [
    ...columns.slice(0, MAX_COLUMNS).map(line),
    ...(columns.length > MAX_COLUMNS ? [`… and ${columns.length - MAX_COLUMNS} more`] : [])
  ]
})

/** `id bigint primary key`, as SQL would say it. */
const line = ({ name, type, primaryKey, notNull, references, comment }: Column): string =>
  [
    name,
    type,
    primaryKey && 'primary key',
    notNull && 'not null',
    references && `references ${references}`,
    comment && `-- ${comment.slice(0, 200)}`
  ]
    .filter(Boolean)
    .join(' ')
