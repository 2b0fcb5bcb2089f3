// Questions to the operator's own data: one SQL SELECT on Postgres or on a SQLite file, or a list of what
// tables there are.
// Tested in test/tools/database/.
import { z } from 'zod'
import { shape } from './database/answer.ts'
import { describeDatabases } from './database/catalogue.ts'
import type { Database } from './database/contract.ts'
import { OWN_SCHEMA } from './database/postgres-catalogue.ts'
import { openPostgres } from './database/postgres.ts'
import { catalogueResources } from './database/resources.ts'
import { openSqliteFiles } from './database/sqlite.ts'
import { list, path } from '../authoring/env.ts'
import { defineTool, ToolError } from '../authoring/tool.ts'

const postgresUrl = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^postgres(?:ql)?:$/.test(new URL(value).protocol),
    'write postgres://user:password@host:5432/database'
  )

const MAX_ROWS = 500
/** A parameter is for a value to search for, and not for large data. */
const MAX_PARAMETER_CHARACTERS = 1_000

export default defineTool({
  name: 'database_query',
  title: 'Query a database',
  description:
    'Reads from a database with one SQL SELECT, for questions about its data. Call it without sql first: it then lists the databases, their tables, columns and about how many rows there are.',
  input: z.strictObject({
    sql: z.string().min(1).max(5_000).optional(),
    parameters: z
      .array(z.union([z.string().max(MAX_PARAMETER_CHARACTERS), z.number(), z.boolean(), z.null()]))
      .max(50)
      .optional()
      .describe('For $1, $2 … (PostgreSQL) or each ? (SQLite).'),
    database: z.string().min(1).max(200).optional(),
    tables: z
      .array(z.string().min(1).max(200))
      .min(1)
      .max(50)
      .optional()
      .describe('Without sql: only these.'),
    limit: z.number().int().min(1).max(MAX_ROWS).optional().describe('Rows; 100 if left out.')
  }),
  output: z.strictObject({
    database: z.string().optional(),
    columns: z.array(z.strictObject({ name: z.string(), type: z.string().optional() })).optional(),
    rows: z
      .array(z.array(z.unknown()))
      .optional()
      .describe('What JSON cannot hold exactly is text.'),
    rowCount: z.number().int().optional(),
    truncated: z.string().optional(),
    databases: z.array(z.looseObject({ name: z.string(), tables: z.array(z.looseObject({ name: z.string() })) })).optional()
  }),
  annotations: { readOnlyHint: true, destructiveHint: false, openWorldHint: false, idempotentHint: true },
  scopes: ['mcp:read'],
  env: z.object({
    DATABASE_URL: postgresUrl.optional(),
    DATABASE_QUERY_URL: postgresUrl.optional(),
    DATABASE_QUERY_AS: z
      .enum(
        ['user', 'everyone'],
        'write user (each Supabase user sees what row-level security lets them see) or everyone (all see what the role of the URL may read)'
      )
      .default('user'),
    DATABASE_SCHEMAS: list
      .refine(
        (names) =>
          names.length > 0 &&
          names.every(
            (name) => /^[A-Za-z_][\w$]*$/.test(name) && !/^pg_|^information_schema$/.test(name) && name !== OWN_SCHEMA
          ),
        `write the names of schemas that may be read, for example public,shop; not those of Postgres or ${OWN_SCHEMA}`
      )
      .default(['public']),
    DATABASE_FILES: list.pipe(z.array(path)).optional(),
    DATABASE_QUERY_TIMEOUT: z.coerce
      .number('write a number of seconds from 1 to 20')
      .min(1, 'write at least 1')
      .max(20, 'write at most 20: clients wait no longer')
      .default(4)
  }),
  async open (env, host) {
    const url = env.DATABASE_QUERY_URL ?? env.DATABASE_URL
    const statementMs = env.DATABASE_QUERY_TIMEOUT * 1_000
    const files = await openSqliteFiles(env.DATABASE_FILES ?? [], statementMs, host)
    const postgres =
      url === undefined
        ? undefined
        : await openPostgres({ url, schemas: env.DATABASE_SCHEMAS, as: env.DATABASE_QUERY_AS, statementMs }, host)
    const databases = [...(postgres ? [postgres] : []), ...files]
    if (databases.length === 0) return undefined
    return {
      async run ({ sql, parameters = [], database: name, tables, limit = 100 }, context) {
        const chosen = choose(databases, name)
        if (sql === undefined) return { databases: await describeDatabases(chosen, context, tables) }
        const [database] = chosen
        if (chosen.length > 1) { throw new ToolError(`Say which database to ask: ${databases.map(({ name }) => name).join(', ')}.`) }
        return { database: database!.name, ...shape(await database!.query({ sql, parameters, rows: limit }, context)) }
      },
      resources: catalogueResources(databases),
      close: async () => {
        await Promise.all(databases.map((database) => database.close?.()))
      }
    }
  }
})

function choose (databases: Database[], name: string | undefined): Database[] {
  if (name === undefined) return databases
  const found = databases.filter((database) => database.name === name)
  if (found.length === 0) {
    throw new ToolError(
      `There is no database of that name. Pass one of these as database: ${databases.map(({ name }) => name).join(', ')}.`
    )
  }
  return found
}
