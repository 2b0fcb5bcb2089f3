// The audiences of the documents in Postgres: the words of each are in a table of their
// own, with a GIN index and statistics of its own, so that a search reads and counts
// nothing else.
// Tested in test/plugins/library/audiences.test.ts.
import type { Audience } from '../access-rules/contract.ts'
import type { Query } from '../postgres.ts'
import type { StoredAudience } from './audiences.ts'

/**
 * The table with the words of an audience.
 * @param table of the documents.
 * @param key number of the audience, 0 for everybody.
 */
export const wordsOf = (table: string, key: number): string => `${table}_words_${key}`

// Words stay in their row: ranking reads those of thousands.
const WORDS_DDL = (table: string): string => `
  CREATE TABLE IF NOT EXISTS ${table} (
    key bigint PRIMARY KEY,
    id text NOT NULL,
    part integer NOT NULL,
    lengths integer[] NOT NULL,
    words tsvector NOT NULL
  );
  CREATE INDEX IF NOT EXISTS ${table.split('.').at(-1)}_gin ON ${table} USING gin (words) WITH (fastupdate = off);
  ALTER TABLE ${table} ALTER COLUMN words SET STATISTICS 1000;
  ALTER TABLE ${table} ALTER COLUMN words SET STORAGE MAIN;
  ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
`

// Numbers are not given again: a search that was begun with one never finds another
// audience under it.
export const AUDIENCES_DDL = (table: string): string => `
  CREATE TABLE IF NOT EXISTS ${table}_audiences (
    key integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    gives text[] NOT NULL,
    takes text[] NOT NULL
  );
  ALTER TABLE ${table}_audiences ENABLE ROW LEVEL SECURITY;
  ${WORDS_DDL(wordsOf(table, 0))}
`

export const storedAudiences = (query: Query, table: string): Promise<StoredAudience[]> =>
  query<StoredAudience>(`SELECT key, id, gives, takes FROM ${table}_audiences ORDER BY key`)

/**
 * @returns the number of an audience, whose table is made if there is none.
 * @param query in the transaction of a writer.
 */
export async function keyOf (query: Query, table: string, { id, gives, takes }: Audience): Promise<number> {
  if (id === '') return 0
  const [known] = await query<{ key: number }>(`SELECT key FROM ${table}_audiences WHERE id = $1`, [id])
  if (known) return known.key
  const [made] = await query<{ key: number }>(
    `INSERT INTO ${table}_audiences (id, gives, takes) VALUES ($1, $2, $3) RETURNING key`,
    [id, gives, takes]
  )
  await query(WORDS_DDL(wordsOf(table, made!.key)))
  return made!.key
}

/** @param query as in {@link keyOf}. */
export async function relabel (
  query: Query,
  table: string,
  key: number,
  { id, gives, takes }: Audience
): Promise<void> {
  await query(
    `UPDATE ${table}_audiences SET id = $2, gives = $3, takes = $4
     WHERE key = $1 AND NOT EXISTS (SELECT FROM ${table}_audiences WHERE id = $2)`,
    [key, id, gives, takes]
  )
}

/** Drops the tables of audiences without documents. @param query as in {@link keyOf}. */
export async function dropEmpty (query: Query, table: string): Promise<void> {
  const empty = await query<{ key: number }>(
    `DELETE FROM ${table}_audiences AS empty
     WHERE NOT EXISTS (SELECT FROM ${table} WHERE audience = empty.key) RETURNING key`
  )
  for (const { key } of empty) {
    await query(`DROP TABLE ${wordsOf(table, key)}`)
    await query(`DELETE FROM ${table}_spellings WHERE audience = $1`, [key])
  }
}

/**
 * Moves the words of these parts, and the parts themselves.
 * @param query as in {@link keyOf}.
 */
export async function moveWords (
  query: Query,
  table: string,
  keys: readonly string[],
  from: number,
  to: number
): Promise<void> {
  const [before, after] = [wordsOf(table, from), wordsOf(table, to)]
  await query(`INSERT INTO ${after} SELECT * FROM ${before} WHERE key = ANY ($1::bigint[])`, [keys])
  await query(`DELETE FROM ${before} WHERE key = ANY ($1::bigint[])`, [keys])
  await query(`UPDATE ${table} SET audience = $2 WHERE key = ANY ($1::bigint[])`, [keys, to])
}
