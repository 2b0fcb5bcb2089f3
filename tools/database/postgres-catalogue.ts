// What a Postgres role may read, and what it could do besides: the tables for the model, the names for the check of a
// statement, the dangers for the operator.
// Tested in test/tools/database/postgres-roles.test.ts.
import type { Table } from './contract.ts'
import { tableKey, type Names } from './postgres-check.ts'

/** Where the server keeps documents and notes when it keeps them in Postgres. */
export const OWN_SCHEMA = 'mcp_oauth_server'

export interface Catalogue extends Names {
  /** Why nothing may be asked as this role. For the operator. */
  refusal?: string
  /** What the operator should know and can correct. */
  warnings: string[]
}

export type Query = (sql: string, values: unknown[]) => Promise<Array<Record<string, unknown>>>

const RIGHTS = `
  SELECT r.rolname AS name, r.rolsuper AS super, r.rolbypassrls AS bypass, pg_has_role(current_user, r.oid, 'MEMBER') AS mine,
    (SELECT bool_or(pg_has_role(r.oid, g.oid, 'MEMBER')) FROM pg_roles g WHERE g.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')) AS files,
    has_database_privilege(r.oid, current_database(), 'CREATE') AS creates
  FROM pg_roles r WHERE r.rolname = coalesce($1, current_user)`

const TABLES = `
  SELECT n.nspname AS schema, c.relname AS name, quote_ident(c.relname) AS quoted, quote_ident(n.nspname) AS quoted_schema, c.relkind IN ('v', 'm') AS view,
    obj_description(c.oid, 'pg_class') AS comment, c.relrowsecurity AS guarded, has_table_privilege($2, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') AS writable,
    CASE WHEN c.reltuples >= 0 AND c.relkind <> 'v' AND NOT c.relrowsecurity THEN c.reltuples::float8 END AS rows,
    (SELECT json_agg(pg_get_constraintdef(k.oid) ORDER BY k.conname) FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'
      AND NOT EXISTS (SELECT FROM unnest(k.conkey) n WHERE NOT has_column_privilege($2, c.oid, n, 'SELECT'))) AS checks,
    json_agg(json_build_object('name', quote_ident(a.attname), 'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull, 'primaryKey', coalesce(a.attnum = ANY(p.conkey), false),
      'references', (SELECT f.confrelid::regclass::text FROM pg_constraint f WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum] LIMIT 1),
      'labels', (SELECT json_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e JOIN pg_type t ON t.oid = a.atttypid WHERE e.enumtypid IN (t.oid, t.typelem, t.typbasetype)),
      'comment', col_description(c.oid, a.attnum)) ORDER BY a.attnum) AS columns
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_constraint p ON p.conrelid = c.oid AND p.contype = 'p'
  WHERE c.relkind IN ('r', 'v', 'm', 'p') AND NOT c.relispartition AND n.nspname = ANY($1) AND has_schema_privilege($2, n.oid, 'USAGE')
    AND has_column_privilege($2, c.oid, a.attnum, 'SELECT')
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  GROUP BY n.nspname, c.oid, c.relname, c.relkind, c.relrowsecurity, c.reltuples, p.conkey
  ORDER BY array_position($1, n.nspname::text), c.relname`

const NAMES = `
  SELECT ARRAY(SELECT DISTINCT relname::text FROM pg_class) AS relations, ARRAY(SELECT DISTINCT proname::text FROM pg_proc WHERE pronargs > 0) AS functions`

type Rights = { name: string; super: boolean; bypass: boolean; mine: boolean; files: boolean | null; creates: boolean }
type TableRow = {
  schema: string
  name: string
  quoted: string
  quoted_schema: string
  view: boolean
  comment: string | null
  guarded: boolean
  writable: boolean
  rows: number | null
  checks: string[] | null
  columns: Table['columns']
}

/** @param role whom queries run as, if not as the role that connects: row-level security then has to decide. */
export async function readCatalogue (
  query: Query,
  schemas: readonly string[],
  role: string | undefined
): Promise<Catalogue> {
  const [rights] = (await query(RIGHTS, [role ?? null])) as unknown as Rights[]
  const refusal = refuse(rights, role)
  const [names] = (await query(NAMES, [])) as unknown as [{ relations: string[]; functions: string[] }]
  const rows = refusal === undefined ? ((await query(TABLES, [schemas, rights!.name])) as unknown as TableRow[]) : []
  return {
    schemas,
    tables: new Map(rows.map((row) => [tableKey(row.schema, row.name), toTable(row, schemas)])),
    relations: new Set(names.relations),
    functions: new Set(names.functions),
    warnings: refusal === undefined ? warn(rights!, rows, role) : [],
    ...(refusal !== undefined && { refusal })
  }
}

function refuse (rights: Rights | undefined, role: string | undefined): string | undefined {
  if (!rights) { return `the database has no role ${role}, so this is no Supabase database. To let everybody who may use the tools read what the role of the URL may read, set DATABASE_QUERY_AS=everyone` }
  if (!rights.mine) return `the role of the URL may not act as ${role}: run GRANT ${role} TO it`
  if (rights.super || rights.files) { return `the role ${rights.name} can reach the files and programs of the database server, which no read-only transaction prevents. Make a role that may only read, and write its URL into DATABASE_QUERY_URL` }
  if (role !== undefined && rights.bypass) return `the role ${role} ignores row-level security`
  return undefined
}

function warn (rights: Rights, rows: TableRow[], role: string | undefined): string[] {
  const open = rows.filter(({ guarded, view }) => !guarded && !view).map(({ name }) => name)
  const writable = rows.some(({ writable }) => writable) || rights.creates
  return [
    ...(role !== undefined && open.length > 0
      ? [`everybody who signs in can read all of ${some(open)}: row-level security is not on there`]
      : []),
    ...(role === undefined && writable
      ? [
          `the role ${rights.name} may also write. Queries run in read-only transactions, but better make a role that may only read, and write its URL into DATABASE_QUERY_URL`
        ]
      : [])
  ]
}

const some = (names: string[]): string =>
  names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more tables` : names.join(', ')

function toTable (
  { quoted, quoted_schema: schema, schema: plain, view, comment, columns, rows, checks }: TableRow,
  schemas: readonly string[]
): Table {
  return {
    name: plain === schemas[0] ? quoted : `${schema}.${quoted}`,
    kind: view ? 'view' : 'table',
    columns: columns.map(({ name, type, primaryKey, notNull, references, labels, comment }) => ({
      name,
      type,
      ...(primaryKey && { primaryKey }),
      ...(notNull && !primaryKey && { notNull }),
      ...(references && { references }),
      ...(labels && { labels }),
      ...(comment && { comment })
    })),
    ...(checks && { checks: checks.map(plainCheck) }),
    ...(rows !== null && { rows: Math.round(rows) }),
    ...(comment && { comment })
  }
}

/** `CHECK ((status = ANY (ARRAY['a'::text, 'b'::text])))` says no more with its casts. */
const plainCheck = (check: string): string =>
  check.replace(/^CHECK /, '').replaceAll(/(?<=')::(?:text|character varying)/g, '').replace(/ NOT VALID$/, '')
