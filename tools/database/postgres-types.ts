// Reads the names of result types, and which are arrays, from the catalogue, once for each type.
// Tested in test/tools/database/postgres.test.ts.
import type * as Pg from 'pg'
import type { PgType } from './postgres-values.ts'

/** Types that are cached; beyond that they are read again. */
const MAX_TYPES = 1_000

// Arrays whose elements are separated by something else (boxes) stay text.
const TYPES = `
  SELECT t.oid::int8::float8 AS oid, format_type(t.oid, NULL) AS name,
    CASE WHEN t.typcategory = 'A' AND e.typdelim = ',' AND t.typlen = -1 THEN t.typelem::int8::float8 END AS element
  FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem WHERE t.oid = ANY($1::oid[])`

export type ReadTypes = (client: Pg.PoolClient, oids: readonly number[]) => Promise<ReadonlyMap<number, PgType>>

/** @returns a function that reads the types it does not know yet. */
export function createTypes (): ReadTypes {
  const known = new Map<number, PgType>()
  return async (client, oids) => {
    if (known.size > MAX_TYPES) known.clear()
    const missing = [...new Set(oids)].filter((oid) => !known.has(oid))
    if (missing.length > 0) {
      const { rows } = await client.query<{ oid: number; name: string; element: number | null }>(TYPES, [missing])
      for (const { oid, name, element } of rows) known.set(oid, { name, ...(element !== null && { element }) })
    }
    return known
  }
}
