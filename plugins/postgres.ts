// Postgres for documents and notes, where DATABASE_URL is set: one pool, one schema of our own, and one error for every
// kind of outage.
// Tested in test/plugins/library/postgres.test.ts and test/plugins/notes/postgres.test.ts.
import { setTimeout as sleep } from 'node:timers/promises'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type pg from 'pg'
import type { Config } from '../config/index.ts'
import { StartError } from '../errors.ts'
import { createTurns, type InTurn } from './search/turns.ts'
import { StorageUnavailable } from './storage/contract.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Undefined without DATABASE_URL. */
    postgres: Postgres | undefined
    /**
     * What does not work just now although the server is ready, for health checks. Postgres is asked once a second at most.
     */
    partsAway(): Promise<string[]>
  }
}

/** Runs one statement with parameters. */
export type Query = <Row extends object>(sql: string, values?: unknown[]) => Promise<Row[]>

export interface Postgres {
  /** For the start-up lines, without the password. */
  readonly description: string
  /** @throws StorageUnavailable when Postgres cannot be reached: the change was not made, or may have been. */
  query: Query
  /** All of it or nothing. What `work` throws is thrown on, after the rollback. */
  transaction<R>(work: (query: Query) => Promise<R>): Promise<R>
  /** For what may take seconds: it leaves connections to other people, and to what is read and written besides. */
  inTurn: InTurn
}

/** Not `public`, which Supabase serves to everyone who has its publishable key. */
export const SCHEMA = 'mcp_oauth_server'

const CONNECT_WITHIN_MS = 5_000
const STATEMENT_WITHIN_MS = 30_000
const CONNECTIONS = 10
/** Searches; a statement cannot be interrupted, so none gives way. */
const TURNS = { running: 6, runningEach: 2, waiting: 2_000, waitingEach: 500, sliceMs: 2 ** 31 - 1 }
const CACHED_MS = 1_000
const MAX_PROBE_MS = 1_000

export default fp(
  async function postgres (app: FastifyInstance, { databaseUrl }: Pick<Config, 'databaseUrl'>) {
    const opened = databaseUrl === undefined ? undefined : await connectPostgres(databaseUrl, app.log)
    app.decorate('postgres', opened)
    app.decorate('partsAway', opened ? cachePartsAway(opened) : async () => [])
    app.addHook('onClose', () => opened?.close())
  },
  { name: 'postgres' }
)

/** A server without its documents and notes still signs people in, so it stays ready. */
function cachePartsAway ({ query }: Pick<Postgres, 'query'>): () => Promise<string[]> {
  let answer: Promise<string[]> | undefined
  let askedAt = -Infinity
  return () => {
    if (answer && performance.now() - askedAt < CACHED_MS) return answer
    askedAt = performance.now()
    const isThere = query('SELECT 1').then(
      () => true,
      () => false
    )
    answer = Promise.race([isThere, sleep(MAX_PROBE_MS, false, { ref: false })]).then((there) =>
      there ? [] : ['documents and notes']
    )
    return answer
  }
}

/** @throws Error that says what to check, when Postgres does not answer. */
export async function connectPostgres (
  databaseUrl: string,
  log: { warn(message: string): void }
): Promise<Postgres & { close(): Promise<void> }> {
  const {
    default: { Pool }
  } = await import('pg')
  const pool = new Pool({
    connectionString: databaseUrl,
    application_name: 'mcp-oauth-server',
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    query_timeout: STATEMENT_WITHIN_MS,
    keepAlive: true
  })
  // An idle connection that breaks; the next query gets a new one.
  pool.on('error', (error) => log.warn(`Postgres: ${error.message}`))
  const opened = open(pool, `Postgres at ${new URL(databaseUrl).host || 'localhost'}`)
  try {
    await prepare(opened)
    return { ...opened, close: () => pool.end() }
  } catch (error) {
    await pool.end()
    throw error
  }
}

const ignore = (): void => {
  /* the next statement reports it */
}

function open (pool: pg.Pool, description: string): Postgres {
  const on =
    (client: pg.Pool | pg.PoolClient): Query =>
      (sql, values) =>
        guarded(async () => (await client.query(sql, values)).rows)
  return {
    description,
    query: on(pool),
    inTurn: createTurns(TURNS),
    async transaction (work) {
      const client = await guarded(() => pool.connect())
      // The pool listens only while it has the client: one that breaks between two statements would end the process.
      client.on('error', ignore)
      const release = (isBroken: boolean) => {
        client.off('error', ignore)
        client.release(isBroken)
      }
      const query = on(client)
      try {
        await query('BEGIN')
        const result = await work(query)
        await query('COMMIT')
        release(false)
        return result
      } catch (error) {
        // A connection that cannot even roll back is not used again.
        await query('ROLLBACK').then(
          () => release(false),
          () => release(true)
        )
        throw error
      }
    }
  }
}

/** Creates the schema unless it is there: an ordinary role need not have the right to. */
async function prepare ({ query, description }: Postgres): Promise<void> {
  const [found] = await query<{ found: boolean }>(
    'SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS found',
    [SCHEMA]
  ).catch((error: Error) => {
    throw new StartError(
      `DATABASE_URL: ${description} did not answer as it should (${((error.cause ?? error) as Error).message}). Check the address, the user and that the server runs.`,
      { cause: error }
    )
  })
  // Two instances that start at once may both get here.
  if (!found!.found) {
    await query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`).catch((error) => {
      if (error.code !== '23505' && error.code !== '42P06') throw error
    })
  }
}

/** Runs DDL one instance at a time. */
export async function migrate (postgres: Postgres, sql: string): Promise<void> {
  await postgres.transaction(async (query) => {
    await lock(query, SCHEMA)
    await query(sql)
  })
}

/** Until the end of the transaction everyone else who asks for the same name waits. */
export const lock = async (query: Query, name: string): Promise<void> => {
  await query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [name])
}

/** Connections, resources, shutdowns, and a server that may only be read (a standby after a failover). */
const AWAY = /^(?:08|53|57P|25006)/

/**
 * What Postgres itself says has a severity and an SQLSTATE; without them it is the network or the driver that failed.
 */
async function guarded<R> (work: () => Promise<R>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    const { severity, code: state } = error as { severity?: string; code?: string }
    if (severity !== undefined && state !== undefined && !AWAY.test(state)) throw error
    throw new StorageUnavailable('Postgres did not answer', { cause: error })
  }
}
