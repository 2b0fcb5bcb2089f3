// database_query on Postgres: which statements run, as whom, and a bounded answer.
import type * as Pg from 'pg'
import { findPackage } from '../../authoring/optional-package.ts'
import { ToolError, type ToolContext, type ToolHost } from '../../authoring/tool.ts'
import type { Answer, Database, Table, Value } from './contract.ts'
import { readCatalogue, type Catalogue } from './postgres-catalogue.ts'
import { checkPostgres } from './postgres-check.ts'
import { toToolError } from './postgres-errors.ts'
import { createConnect, inTransaction, MAX_CONNECTIONS, type Connect, type DatabaseCaller } from './postgres-transaction.ts'
import { createTurns } from './postgres-turns.ts'
import { createTypes } from './postgres-types.ts'
import { createValueReader, type PgType } from './postgres-values.ts'

export interface PostgresOptions {
  url: string
  schemas: readonly string[]
  /**
   * `user`: as the signed-in Supabase user, who is all that row-level security lets see. `everyone`: as the role of the
   * URL.
   */
  as: 'user' | 'everyone'
  /** Milliseconds that a statement may take. */
  statementMs: number
}

const CONNECT_MS = 2_000
/** What a call may take besides its statement: waiting for a connection, and reading the answer. */
const BESIDE_MS = 1_500
const CATALOGUE_MS = 30_000
/** The role under which Supabase runs the queries of a person who is signed in. */
const SIGNED_IN = 'authenticated'

const AWAY = 'The database cannot be reached right now. Try again in a minute.'

/**
 * @returns undefined if nothing may be asked of this database; the reason is in the log. A database that does not answer
 * yet is asked again at the first call.
 */
export async function openPostgres (options: PostgresOptions, host: ToolHost): Promise<Database | undefined> {
  if (!(await hasParser(host.log))) return undefined
  const pool = await openPool(options.url, host.log)
  const connect = createConnect(pool)
  const searchPath = options.schemas.map((schema) => `"${schema}"`).join(', ')
  const { statementMs } = options
  const role = options.as === 'user' ? SIGNED_IN : undefined
  const catalogue = cached(() =>
    inTransaction(connect, { searchPath, claims: '', role: 'none', statementMs }, AbortSignal.timeout(statementMs + BESIDE_MS), (client) =>
      readCatalogue(async (sql, values) => (await client.query(sql, values)).rows, options.schemas, role)
    )
  )
  if (await mayBeAsked(catalogue, host.log)) return databaseOf({ options, pool, connect, searchPath, catalogue, host })
  await pool.end()
  return undefined
}

/** Statements are read by Postgres' own parser before they run. It is loaded with the first one. */
async function hasParser (log: ToolHost['log']): Promise<boolean> {
  if (await findPackage(async () => import.meta.resolve('libpg-query'))) return true
  log.warn('database_query does not ask Postgres: it needs a package that is not installed. Run: npm install libpg-query@18')
  return false
}

async function openPool (url: string, log: ToolHost['log']): Promise<Pg.Pool> {
  const { Pool } = (await import('pg')).default
  const pool = new Pool({
    connectionString: url,
    application_name: 'mcp-oauth-server database_query',
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 30_000
  })
  return pool.on('error', (error) => log.warn(`Postgres for database_query: ${error.message}`))
}

interface Deps {
  options: PostgresOptions
  pool: Pg.Pool
  connect: Connect
  searchPath: string
  catalogue: () => Promise<Catalogue>
  host: ToolHost
}

function databaseOf ({ options, pool, connect, searchPath, catalogue, host }: Deps): Database {
  async function allowed (): Promise<Catalogue> {
    const found = await catalogue()
    if (found.refusal === undefined) return found
    host.log.warn(`database_query refuses: ${found.refusal}`)
    throw new ToolError('This database is not set up for queries. The operator finds the reason in the log of the server.')
  }

  const types = createTypes()
  const turn = createTurns()
  return {
    name: 'postgres',
    kind: 'PostgreSQL',
    async tables (context) {
      await callerOf(options.as, context)
      try {
        return [...(await allowed()).tables.values()]
      } catch (error) {
        throw readError(error, '', [], context)
      }
    },
    async query ({ sql, parameters, rows: limit }, context) {
      const caller = await callerOf(options.as, context)
      const signal = AbortSignal.any([context.signal, AbortSignal.timeout(options.statementMs + BESIDE_MS)])
      const { default: Cursor } = await import('pg-cursor')
      let tables: Catalogue['tables'] = new Map()
      try {
        const names = await allowed()
        tables = names.tables
        await checkPostgres(sql, names, parameters)
        return await turn(context.caller, signal, () =>
          inTransaction(connect, { searchPath, ...caller, statementMs: options.statementMs }, signal, async (client) => {
            const cursor = client.query(new Cursor(sql, parameters, { rowMode: 'array', types: AS_TEXT }))
            const read = await readRows(cursor, limit)
            return toAnswer(read, await types(client, read.fields.map(({ dataTypeID }) => dataTypeID)))
          })
        )
      } catch (error) {
        throw readError(error, sql, tables.values(), context)
      }
    },
    close: () => pool.end()
  }
}

/** Reads the catalogue once at the start, and logs what is wrong with it. */
async function mayBeAsked (catalogue: () => Promise<Catalogue>, log: ToolHost['log']): Promise<boolean> {
  const first = await catalogue().catch((error: Error) => {
    log.warn(`Postgres for database_query did not answer: ${error.message}. It is asked again at the first call.`)
  })
  for (const warning of first?.warnings ?? []) log.warn(`database_query: ${warning}.`)
  if (first?.refusal === undefined) return true
  log.warn(`database_query does not ask Postgres: ${first.refusal}.`)
  return false
}

/**
 * Who the caller is to the database.
 * @throws ToolError for a caller who has no account there: never the rights of the connection instead.
 */
async function callerOf (as: PostgresOptions['as'], context: ToolContext): Promise<DatabaseCaller> {
  if (as === 'everyone') return { claims: '', role: 'none' }
  const claims = await context.supabaseClaims()
  if (claims['role'] !== SIGNED_IN || typeof claims['sub'] !== 'string') { throw new ToolError('This database is only for people who signed in with their own Supabase account.') }
  return { claims: JSON.stringify(claims), role: SIGNED_IN }
}

/** Read again every half minute. Of many callers, one reads. */
function cached (readNow: () => Promise<Catalogue>): () => Promise<Catalogue> {
  let read: { at: number; catalogue: Promise<Catalogue> } | undefined
  return () => {
    if (read && performance.now() - read.at < CATALOGUE_MS) return read.catalogue
    const reading = { at: performance.now(), catalogue: readNow() }
    read = reading
    reading.catalogue.catch(() => {
      if (read === reading) read = undefined
    })
    return reading.catalogue
  }
}

/** Everything arrives as Postgres wrote it; {@link createValueReader} knows what to make of it. */
const AS_TEXT = { getTypeParser: () => (text: string) => text }

interface RowReader {
  read(
    rows: number,
    done: (
      error: Error | undefined,
      rows: unknown[],
      result: { fields: Array<{ name: string; dataTypeID: number }> }
    ) => void
  ): void
  close(): Promise<void>
}

interface Read {
  fields: Array<{ name: string; dataTypeID: number }>
  rows: Array<Array<string | null>>
  more: boolean
}

async function readRows (cursor: RowReader, limit: number): Promise<Read> {
  const read = await new Promise<Pick<Read, 'rows' | 'fields'>>((resolve, reject) => {
    // One more than asked for, to know whether there are more.
    cursor.read(limit + 1, (error, rows, result) =>
      error ? reject(error) : resolve({ rows: rows as Read['rows'], fields: result.fields })
    )
  })
  // What comes after waits for it in the connection; on one that ends meanwhile, this promise would never be settled.
  cursor.close().catch(() => {})
  return { fields: read.fields, rows: read.rows.slice(0, limit), more: read.rows.length > limit }
}

function toAnswer ({ fields, rows, more }: Read, types: ReadonlyMap<number, PgType>): Answer {
  const read = createValueReader()
  const readColumn = ({ dataTypeID: oid }: Read['fields'][number], text: string): Value =>
    read(oid, types.get(oid)?.element, text)
  return {
    columns: fields.map(({ name, dataTypeID }) => ({ name, type: types.get(dataTypeID)?.name })),
    rows: rows.map((row) => row.map((text, index) => (text === null ? null : readColumn(fields[index]!, text)))),
    more
  }
}

function readError (error: unknown, sql: string, tables: Iterable<Table>, { log, signal }: ToolContext): unknown {
  if (error instanceof ToolError || signal.aborted) return error
  const { code, message, position, name } = error as { code?: string; message: string; position?: string; name: string }
  if (name === 'TimeoutError') return toToolError({ code: '57014' }, sql, tables)
  log.info(`Postgres said ${code ?? ''}: ${message}`)
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code)
    ? toToolError({ code, position }, sql, tables)
    : new ToolError(AWAY)
}
