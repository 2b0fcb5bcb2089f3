// How a statement runs on Postgres: in a transaction that only reads, as the role of the caller, with limits, and on a
// connection that is cut when the caller has left.
// Its limits are tested in test/tools/database/postgres-refusals.test.ts.
import type { Socket } from 'node:net'
import type * as Pg from 'pg'
import { ToolError } from '../../authoring/tool.ts'
import { MAX_BYTES } from './contract.ts'

/** Connections at once: each may take memory on the database's machine. */
export const MAX_CONNECTIONS = 2
const BUSY = 'The database is busy with other queries. Try again in a few seconds.'

/** `SELECT set_config(…)` of each of these, for the transaction alone. */
const SETTINGS = `SELECT ${[
  ['statement_timeout', '$1'],
  ['search_path', '$2'],
  ['request.jwt.claims', '$3'],
  ['role', '$4'],
  ['lock_timeout', "'1000'"],
  ['idle_in_transaction_session_timeout', "'10000'"],
  ['standard_conforming_strings', "'on'"],
  ['DateStyle', "'ISO, YMD'"],
  ['IntervalStyle', "'iso_8601'"],
  ['TimeZone', "'UTC'"],
  ['bytea_output', "'hex'"],
  ['extra_float_digits', "'1'"],
  ['work_mem', "'4MB'"],
  ['max_parallel_workers_per_gather', "'0'"]
]
  .map(([name, value]) => `set_config('${name}', ${value}, true)`)
  .join(', ')}`

/** Who the caller is to the database. */
export interface DatabaseCaller {
  /** Claims of the caller's token as JSON, for row-level security. Empty without a caller of their own. */
  claims: string
  /** `none` for the role of the connection. */
  role: string
}

export interface TransactionOptions extends DatabaseCaller {
  searchPath: string
  /** Milliseconds that a statement may take. */
  statementMs: number
}

export type Connect = () => Promise<Pg.PoolClient>

/** @returns what gives a connection. While others hold all of them, the database is busy and not down. */
export function createConnect (pool: Pg.Pool): Connect {
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
 * Runs `run` where nothing can be written, as the role and with the claims of the caller. What it sets ends with the
 * transaction.
 */
export async function inTransaction<Result> (
  connect: Connect,
  { searchPath, claims, role, statementMs }: TransactionOptions,
  signal: AbortSignal,
  run: (client: Pg.PoolClient) => Promise<Result>
): Promise<Result> {
  const client = await connect()
  const watched = watch(client, signal)
  try {
    await client.query('BEGIN READ ONLY')
    await client.query(SETTINGS, [String(statementMs), searchPath, claims, role])
    return await run(client)
  } catch (error) {
    throw watched.broken() ?? error
  } finally {
    // A connection that cannot even roll back is not used again. It is watched until then: one that ends meanwhile would end
    // this process, and one that no longer answers would be kept.
    const isWhole = watched.broken() === undefined && (await client.query('ROLLBACK').then(() => true, () => false))
    watched.end(isWhole)
    client.release(!isWhole)
  }
}

/** Cuts the connection when the signal is aborted or more arrives than fits: a single value may be a gigabyte. */
function watch (client: Pg.PoolClient, signal: AbortSignal): { broken(): Error | undefined; end(isWhole: boolean): void } {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  const before = stream.bytesRead
  let broken: Error | undefined
  const cut = (reason: Error) => {
    broken ??= reason
    stream.destroy()
  }
  const count = () => {
    if (stream.bytesRead - before <= MAX_BYTES) return
    cut(new ToolError('The answer is too large. Select fewer columns or rows, or shorten long values with left().'))
  }
  const abort = () => cut(signal.reason as Error)
  const ignore = () => {
    /* the query that is waited for throws the same */
  }
  client.on('error', ignore)
  stream.on('data', count)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  return {
    broken: () => broken,
    end (isWhole) {
      stream.off('data', count)
      signal.removeEventListener('abort', abort)
      // A broken connection may still report it; the pool throws it away.
      if (isWhole) client.off('error', ignore)
    }
  }
}
