// The catalogue of the databases as resources: all of it at once, and each table that this caller may read (MCP
// "Resources").
import { defineResource, type Resource } from '../../authoring/resource.ts'
import { isToolError, ToolError, type ToolContext } from '../../authoring/tool.ts'
import { describeDatabases, describeTable } from './catalogue.ts'
import type { Database, Table } from './contract.ts'

const PAGE = 50
const JSON_TYPE = 'application/json'

const write = (value: unknown): string => JSON.stringify(value, null, 2)

/** @param databases those that database_query asks. */
export function catalogueResources (databases: readonly Database[]): Resource[] {
  const catalogue = defineResource({
    uri: 'database://catalogue',
    name: 'database_catalogue',
    title: 'Databases and their tables',
    description: 'The databases that database_query reads, with their tables and columns.',
    mimeType: JSON_TYPE,
    scopes: ['mcp:read'],
    read: async (_, context) => write(await describeDatabases(databases, context))
  })
  const table = defineResource({
    uri: 'database://{database}/tables/{+table}',
    name: 'database_table',
    title: 'Table',
    description: 'A table or view that database_query reads, with its columns.',
    mimeType: JSON_TYPE,
    scopes: ['mcp:read'],
    async read ({ database, table }, context) {
      const found = (await databases.find(({ name }) => name === database)?.tables(context))?.find(
        ({ name }) => name === table
      )
      return found && write({ database, ...describeTable(found) })
    },
    async list (cursor = '0', context) {
      const from = Number(cursor)
      if (!Number.isSafeInteger(from) || from < 0) { throw new ToolError('There is no such page: begin the list again, without a cursor.') }
      const all = await readable(databases, context)
      return {
        resources: all
          .slice(from, from + PAGE)
          .map(({ database, table: { name, comment } }) => ({
            values: { database, table: name },
            name,
            title: `${name} (${database})`,
            ...(comment && { description: comment.slice(0, 300) })
          })),
        ...(from + PAGE < all.length && { next: String(from + PAGE) })
      }
    },
    complete: {
      database: async (typed) => databases.map(({ name }) => name).filter((name) => name.startsWith(typed)),
      table: async (typed, context) => [
        ...new Set(
          (await readable(databases, context))
            .map(({ table: { name } }) => name)
            .filter((name) => name.startsWith(typed))
        )
      ]
    }
  })
  return [catalogue, table as unknown as Resource]
}

/** A caller who may not read a database has no tables there. Everything else is still listed. */
async function readable (
  databases: readonly Database[],
  context: ToolContext
): Promise<Array<{ database: string; table: Table }>> {
  const found = await Promise.all(
    databases.map(async (database) => {
      const tables = await database.tables(context).catch((error: unknown) => {
        if (isToolError(error)) return []
        throw error
      })
      return tables.map((table) => ({ database: database.name, table }))
    })
  )
  return found.flat()
}
