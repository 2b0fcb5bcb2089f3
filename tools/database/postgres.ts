// database_query on Postgres: a transaction that only reads, with limits of its own, as the role that is meant to look;
// whatever it answers is bounded.
import type { Socket } from 'node:net'
import type * as Pg from 'pg'
import { ToolError, type ToolContext, type ToolHost } from '../../authoring/tool.ts'
import { MAX_BYTES, type Answer, type Database, type Question, type Table } from './contract.ts'
import { readCatalogue, type Catalogue } from './postgres-catalogue.ts'
import { checkPostgres } from './postgres-check.ts'
import { toToolError } from './postgres-errors.ts'
import { readValue } from './postgres-values.ts'

export interface PostgresOptions {
  url: string
  schemas: readonly string[]
  /**
   * `user`: as the signed-in Supabase user, who is all that row-level security lets see. `everyone`: as the role of the
   * URL.
   */
  as: 'user' | 'everyone'
}

/** At once: each may take memory of its own on the database's machine. */
const MAX_CONNECTIONS = 2
/** Waiting for a connection, the statement, and all of it together: the answer comes within 6 seconds. */
const CONNECT_MS = 2_000
const STATEMENT_MS = 4_000
const WHOLE_MS = 5_500
const CATALOGUE_MS = 30_000
/** Whom Supabase runs queries as for somebody who is signed in. */
const SIGNED_IN = 'authenticated'

const SETTINGS = `SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', '1000', true), set_config('idle_in_transaction_session_timeout', '10000', true),
  set_config('standard_conforming_strings', 'on', true), set_config('search_path', $2, true), set_config('DateStyle', 'ISO, YMD', true), set_config('IntervalStyle', 'iso_8601', true),
  set_config('TimeZone', 'UTC', true), set_config('bytea_output', 'hex', true), set_config('extra_float_digits', '1', true), set_config('request.jwt.claims', $3, true), set_config('role', $4, true),
  set_config('work_mem', '4MB', true), set_config('max_parallel_workers_per_gather', '0', true)`

const AWAY = 'The database cannot be reached right now. Try again in a minute.'
const BUSY = 'The database is busy with other queries. Try again in a few seconds.'

/**
 * @returns undefined when nothing may be asked of this database; the reason is in the log. A database that does not
 * answer yet is asked again at the first call.
 */
export async function openPostgres (
  { url, schemas, as }: PostgresOptions,
  house: ToolHost
): Promise<Database | undefined> {
  const {
    default: { Pool }
  } = await import('pg')
  const { default: Cursor } = await import('pg-cursor')
  const pool = new Pool({
    connectionString: url,
    application_name: 'mcp-oauth-server database_query',
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 30_000
  })
  pool.on('error', (error) => house.log.warn(`Postgres for database_query: ${error.message}`))
  const role = as === 'user' ? SIGNED_IN : undefined
  const searchPath = schemas.map((schema) => `"${schema}"`).join(', ')
  const connect = connecting(pool)
  const catalogue = remembered(() =>
    inTransaction(connect, { searchPath, claims: '', role: 'none' }, AbortSignal.timeout(WHOLE_MS), (client) =>
      readCatalogue(async (sql, values) => (await client.query(sql, values)).rows, schemas, role)
    )
  )

  async function allowed (): Promise<Catalogue> {
    const found = await catalogue()
    if (found.refusal === undefined) return found
    house.log.warn(`database_query refuses: ${found.refusal}`)
    throw new ToolError('This database is not set up for queries. Whoever runs the server finds the reason in its log.')
  }

  async function query ({ sql, parameters, rows: limit }: Question, context: ToolContext): Promise<Answer> {
    const caller = await callerOf(as, context)
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(WHOLE_MS)])
    let tables: Catalogue['tables'] = new Map()
    try {
      const names = await allowed()
      tables = names.tables
      await checkPostgres(sql, names, parameters)
      return await inTransaction(connect, { searchPath, ...caller }, signal, async (client) =>
        readRows(client.query(new Cursor(sql, parameters, { rowMode: 'array', types: AS_TEXT })), limit)
      )
    } catch (error) {
      throw readError(error, sql, tables.values(), context)
    }
  }

  const database: Database = {
    name: 'postgres',
    kind: 'PostgreSQL',
    async tables (context) {
      await callerOf(as, context)
      try {
        return [...(await allowed()).tables.values()]
      } catch (error) {
        throw readError(error, '', [], context)
      }
    },
    query,
    close: () => pool.end()
  }

  if (await mayBeAsked(catalogue, house.log)) return database
  await pool.end()
  return undefined
}

type Connect = () => Promise<Pg.PoolClient>

/** Who gets no connection while others have them all has met a busy database, not one that is away. */
function connecting (pool: Pg.Pool): Connect {
  let inUse = 0
  pool.on('acquire', () => {
    inUse++
  })
  pool.on('release', () => {
    inUse--
  })
  return () =>
    pool.connect().catch((error: unknown) => {
      throw inUse >= MAX_CONNECTIONS ? new ToolError(BUSY, { cause: error }) : error
    })
}

/**
 * Runs `work` where nothing can be written, as the role and with the claims of the caller. What it set ends with the
 * transaction.
 */
async function inTransaction<R> (
  connect: Connect,
  { searchPath, claims, role }: Caller & { searchPath: string },
  signal: AbortSignal,
  work: (client: Pg.PoolClient) => Promise<R>
): Promise<R> {
  const client = await connect()
  const watched = watch(client, signal)
  try {
    await client.query('BEGIN READ ONLY')
    await client.query(SETTINGS, [String(STATEMENT_MS), searchPath, claims, role])
    return await work(client)
  } catch (error) {
    throw watched.broken() ?? error
  } finally {
    watched.end()
    // A connection that cannot even roll back is not used again.
    if (watched.broken()) client.release(true)
    else {
      await client.query('ROLLBACK').then(
        () => client.release(),
        () => client.release(true)
      )
    }
  }
}

/** Looks once at the start, and says what it finds. */
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
 * Whom the caller is to the database.
 * @throws ToolError for somebody who is nobody there: never the rights of the connection instead.
 */
async function callerOf (as: PostgresOptions['as'], context: ToolContext): Promise<Caller> {
  if (as === 'everyone') return { claims: '', role: 'none' }
  const claims = await context.supabaseClaims()
  if (claims['role'] !== SIGNED_IN || typeof claims['sub'] !== 'string') { throw new ToolError('This database is only for people who signed in with their own Supabase account.') }
  return { claims: JSON.stringify(claims), role: SIGNED_IN }
}

/** Read anew every half minute; of many callers one reads. */
function remembered (readNow: () => Promise<Catalogue>): () => Promise<Catalogue> {
  let read: { at: number; catalogue: Promise<Catalogue> } | undefined
  return () => {
    if (read && Date.now() - read.at < CATALOGUE_MS) return read.catalogue
    const reading = { at: Date.now(), catalogue: readNow() }
    read = reading
    reading.catalogue.catch(() => {
      if (read === reading) read = undefined
    })
    return reading.catalogue
  }
}

interface Caller {
  claims: string
  role: string
}

/** Everything arrives as Postgres wrote it; {@link readValue} knows what to make of it. */
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

async function readRows (cursor: RowReader, limit: number): Promise<Answer> {
  const { rows, fields } = await new Promise<{
    rows: Array<Array<string | null>>
    fields: Array<{ name: string; dataTypeID: number }>
  }>((resolve, reject) => {
    // One more than asked for, to know whether there are more.
    cursor.read(limit + 1, (error, rows, result) =>
      error ? reject(error) : resolve({ rows: rows as Array<Array<string | null>>, fields: result.fields })
    )
  })
  await cursor.close()
  return {
    columns: fields.map(({ name }) => ({ name })),
    rows: rows
      .slice(0, limit)
      .map((row) => row.map((text, index) => (text === null ? null : readValue(fields[index]!.dataTypeID, text)))),
    more: rows.length > limit
  }
}

/**
 * Ends the connection when the caller is gone, the time is up, or more arrives than fits: one value may be a gigabyte.
 */
function watch (client: Pg.PoolClient, signal: AbortSignal): { broken(): Error | undefined; end(): void } {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  const before = stream.bytesRead
  let broken: Error | undefined
  const breakOff = (reason: Error) => {
    broken ??= reason
    stream.destroy()
  }
  const count = () => {
    if (stream.bytesRead - before > MAX_BYTES) {
      breakOff(
        new ToolError('The answer is too large. Select fewer columns or rows, or shorten long values with left().')
      )
    }
  }
  const abort = () => breakOff(signal.reason as Error)
  const ignore = () => {
    /* whoever waits for the query hears it too */
  }
  client.on('error', ignore)
  stream.on('data', count)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  return {
    broken: () => broken,
    end () {
      stream.off('data', count)
      signal.removeEventListener('abort', abort)
      // A broken connection may still say so; the pool throws it away.
      if (!broken) client.off('error', ignore)
    }
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
