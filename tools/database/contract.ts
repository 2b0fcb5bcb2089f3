// What database_query needs of a database of any kind: a catalogue of what may be read, and one reading statement
// at a time.
// This room owns the reading of one database of a kind: what a statement may do, its catalogue, values and errors. It
// hands rows to the tool.
// Tested in test/tools/database/sqlite.test.ts.
import type { ToolContext } from '../../authoring/tool.ts'

export interface Column {
  /** As a query writes it, in quotes where it needs them. */
  name: string
  type: string
  primaryKey?: boolean
  notNull?: boolean
  references?: string
  /** The values of an enumeration, in their order. */
  labels?: string[]
  comment?: string
}

export interface Table {
  /** As a query writes it. */
  name: string
  kind: 'table' | 'view'
  columns: Column[]
  /** Conditions that every row fulfills, as SQL. */
  checks?: string[]
  /** About how many rows there are, if that is known without counting. */
  rows?: number
  comment?: string
}

/** Numbers and truth values as they are; what JSON cannot hold exactly is text. */
export type Value = string | number | boolean | null | object

export interface Question {
  sql: string
  parameters: Array<string | number | boolean | null>
  /** Most rows to answer. */
  rows: number
}

export interface Answer {
  columns: Array<{ name: string; type?: string | undefined }>
  rows: Value[][]
  /** There were more rows than asked for. */
  more: boolean
}

/** Behind what is wrong with a database itself: the operator's log says it as well. */
export const ASK_OPERATOR = 'Ask the operator of this server to repair it.'

export interface Database {
  /** How a call names it. */
  name: string
  kind: 'PostgreSQL' | 'SQLite'
  /**
   * The tables this caller may read, in the order of their names.
   * @throws ToolError when this caller may read none, in words for a model.
   */
  tables(context: ToolContext): Promise<Table[]>
  /** @throws ToolError for what the model can correct, never with a message of the database. */
  query(question: Question, context: ToolContext): Promise<Answer>
  close?(): Promise<void>
}

/** Bytes that may come from a database for one answer, before they are cut to what a client can hold. */
export const MAX_BYTES = 4_000_000

/** A name without the quotes that a query needs. */
export const unquoted = (name: string): string => (/^".*"$/s.test(name) ? name.slice(1, -1).replaceAll('""', '"') : name)
