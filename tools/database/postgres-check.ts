// Whether a statement only reads, only what may be read, and makes no more than fits. Its tree, by Postgres' own
// parser, holds only what is listed.
import type * as PgQuery from 'libpg-query'
import { ToolError } from '../../authoring/tool.ts'
import { unquoted, type Table } from './contract.ts'
import { didYouMean } from './nearest.ts'
import type { Parameters } from './postgres-facts.ts'
import { allowedFunctions } from './postgres-functions.ts'
import { checkGrowth, isGrowing } from './postgres-growth.ts'
import { children, isDeeperThan, strings, words, type Node } from './postgres-tree.ts'

/** What the statement may name. */
export interface Names {
  /** Tables by schema and name. */
  tables: ReadonlyMap<string, Table>
  /** Schemas in the order in which a bare name is looked for. */
  schemas: readonly string[]
  /**
   * Every relation of the database: a query of a WITH may not be called like one of them, since it would hide which is
   * meant.
   */
  relations: ReadonlySet<string>
  /** Every function of the database: what follows a dot may be one, called on what precedes it. */
  functions: ReadonlySet<string>
}

export const tableKey = (schema: string, name: string): string => JSON.stringify([schema, name])

/** The only nodes that a statement may have. */
const NODES = words(`
  SelectStmt ResTarget ColumnRef String A_Star A_Const A_Expr FuncCall TypeCast RangeVar RangeSubselect
  RangeFunction JoinExpr SubLink BoolExpr NullTest BooleanTest CaseExpr CaseWhen CoalesceExpr MinMaxExpr
  SQLValueFunction SortBy WindowDef ColumnDef A_ArrayExpr A_Indirection A_Indices RowExpr List ParamRef
  CollateClause GroupingSet GroupingFunc CommonTableExpr Integer Float Boolean BitString NamedArgExpr`)

/** They say how the server is set up, and whom it runs as. */
const HIDDEN_VALUES = new Set([
  'SVFOP_CURRENT_CATALOG',
  'SVFOP_CURRENT_SCHEMA',
  'SVFOP_CURRENT_ROLE',
  'SVFOP_CURRENT_USER',
  'SVFOP_SESSION_USER',
  'SVFOP_USER'
])

const ONLY_READS =
  'Only one SELECT (or WITH … SELECT, or VALUES) is run here: nothing that writes, changes settings or locks rows.'

/** Nodes in each other. The checks walk what is below each of some nodes, so depth costs as length does. */
const MAX_DEPTH = 200
const TOO_DEEP = 'This statement is nested too deeply. Write a simpler one.'

let library: Promise<typeof PgQuery> | undefined

/** Loads the parser when the first query comes. */
function parser (): Promise<typeof PgQuery> {
  library ??= import('libpg-query').then(async (module) => {
    await module.loadModule()
    return module
  })
  return library
}

/** @returns the names in the place of a column. @throws ToolError that says what to write instead. */
export async function checkPostgres (
  sql: string,
  names: Names,
  parameters: Parameters = []
): Promise<{ columns: string[] }> {
  const check = new Check(names)
  try {
    const { stmts = [] } = await parse(sql)
    if (stmts.length !== 1) { throw new ToolError(`${ONLY_READS} There are ${stmts.length} statements: send one at a time.`) }
    const statement = stmts[0]!.stmt as Node
    if (!('SelectStmt' in statement)) throw new ToolError(ONLY_READS)
    if (isDeeperThan(statement, MAX_DEPTH)) throw new ToolError(TOO_DEEP)
    check.collectQueries(statement)
    check.walk(statement)
    checkGrowth(statement, parameters)
  } catch (error) {
    if (error instanceof RangeError) throw new ToolError(TOO_DEEP)
    throw error
  }
  return { columns: [...check.columns] }
}

async function parse (sql: string): Promise<PgQuery.ParseResult> {
  const { parseSync, hasSqlDetails } = await parser()
  try {
    return parseSync(sql)
  } catch (error) {
    if (error instanceof RangeError) throw error
    if (!hasSqlDetails(error)) throw new ToolError(ONLY_READS)
    const at = error.sqlDetails?.cursorPosition ?? 0
    const near = [...Buffer.from(sql).subarray(at).toString().toWellFormed()].slice(0, 30).join('').trim()
    throw new ToolError(
      near === ''
        ? 'The statement ends too early. Finish it and call again.'
        : `The statement is no valid SQL from here on: ${JSON.stringify(near)}. Correct it and call again.`
    )
  }
}

const columnsOfAll = new WeakMap<Names['tables'], ReadonlySet<string>>()

/** The names of all columns, gathered once for each catalogue: a statement may name hundreds, and tables have thousands. */
function columnsOf ({ tables }: Names): ReadonlySet<string> {
  const known =
    columnsOfAll.get(tables) ??
    new Set(tables.values().flatMap(({ columns }) => columns.map(({ name }) => unquoted(name))))
  columnsOfAll.set(tables, known)
  return known
}

class Check {
  readonly columns = new Set<string>()
  readonly #names: Names
  /** The queries of all WITH clauses. */
  readonly #queries = new Set<string>()

  constructor (names: Names) {
    this.#names = names
  }

  collectQueries (value: unknown): void {
    for (const [tag, node] of children(value)) {
      if (tag === 'CommonTableExpr') this.#addQuery(String((node as Node)['ctename']))
      this.collectQueries(node)
    }
  }

  #addQuery (name: string): void {
    if (this.#names.relations.has(name)) {
      throw new ToolError(
        `WITH ${quoted(name)} has the name of something that is in the database. Give that query another name.`
      )
    }
    this.#queries.add(name)
  }

  walk (value: unknown): void {
    for (const [key, node] of children(value)) {
      // A tagged node; the members of a node begin with a small letter.
      if (/^[A-Z]/.test(key)) this.#visit(key, node as Node)
      if (key === 'intoClause' || key === 'lockingClause') throw new ToolError(ONLY_READS)
      if (key === 'typeName') this.#checkType(node as Node)
      this.walk(node)
    }
  }

  #visit (tag: string, node: Node): void {
    if (!NODES.has(tag)) {
      throw new ToolError(
        /Stmt$/.test(tag)
          ? ONLY_READS
          : `This statement uses something that is not offered here (${tag}). Write it in a plainer way.`
      )
    }
    switch (tag) {
      case 'RangeVar':
        return this.#checkTable(node)
      case 'FuncCall':
        return this.#checkFunction(strings(node['funcname']))
      case 'ColumnRef':
        return this.#checkColumn(strings(node['fields']))
      case 'A_Indirection':
        return strings(node['indirection']).forEach((name) => this.#checkDotted(name))
      case 'A_Expr':
        return this.#checkOperator(strings(node['name']))
      case 'SQLValueFunction':
        if (HIDDEN_VALUES.has(String(node['op']))) { throw new ToolError('This does not say who runs the database or what it is called. Leave that out.') }
    }
  }

  #checkTable ({ catalogname, schemaname, relname }: Node): void {
    const name = String(relname)
    if (schemaname === undefined && this.#queries.has(name)) return
    const schemas = schemaname === undefined ? this.#names.schemas : [String(schemaname)]
    if (catalogname === undefined && schemas.some((schema) => this.#names.tables.has(tableKey(schema, name)))) return
    const written = [schemaname, relname].filter((part) => part !== undefined).join('.')
    throw new ToolError(
      `There is no table ${quoted(written)} to read here.${didYouMean(
        name,
        [...this.#names.tables.values()].map(({ name }) => name)
      )} Call database_query without sql to see the tables.`
    )
  }

  #checkFunction (path: string[]): void {
    const name = path.at(-1)!
    const ours = path.length === 1 || (path.length === 2 && path[0] === 'pg_catalog')
    if (!ours || !allowedFunctions.has(name)) {
      throw new ToolError(
        `The function ${quoted(path.join('.'))} is not offered here.${didYouMean(name, allowedFunctions)} The usual functions for numbers, text, dates, JSON, arrays, aggregates and windows are.`
      )
    }
  }

  #checkColumn (path: string[]): void {
    const name = path.at(-1)
    if (name === undefined) return
    this.columns.add(name)
    if (path.length > 1) this.#checkDotted(name)
  }

  /** `g.pg_read_file` calls the function on `g` when there is no such column. */
  #checkDotted (name: string): void {
    if ((allowedFunctions.has(name) && !isGrowing(name)) || !this.#names.functions.has(name)) return
    if (columnsOf(this.#names).has(name)) return
    throw new ToolError(
      `.${quoted(name)} may mean a function of that name, which is not offered here. Give the column another name with AS.`
    )
  }

  #checkOperator (path: string[]): void {
    if (path.length > 1 && path[0] !== 'pg_catalog') throw new ToolError('Write operators without a schema.')
  }

  #checkType ({ names }: Node): void {
    const path = strings(names)
    if (path.length > 1 && path[0] !== 'pg_catalog' && !this.#names.schemas.includes(path[0]!)) { throw new ToolError(`There is no type ${quoted(path.join('.'))} here.`) }
    if (/^reg/.test(path.at(-1) ?? '')) { throw new ToolError('Types that name things of the database itself, such as regclass, are not offered here.') }
  }
}

const quoted = (name: string): string => name.toWellFormed().slice(0, 100)
