// How much memory a statement can make of little, estimated from its syntax tree before it runs: Postgres has no limit
// for one query.
import { COLLECTING, Facts, ROW_MAKING, tooLarge, type Parameters } from './postgres-facts.ts'
import { argumentsOf, children, has, joinedOperands, strings, words, type Node } from './postgres-tree.ts'

/** Of one value, or of all that one aggregate keeps. */
const MAX_BYTES = 32_000_000
/** A long value of a table. */
const TABLE_VALUE_BYTES = 10_000
/** What a kept row costs besides its texts. */
const ROW_BYTES = 64

/** Their results are as long as their arguments together. */
const JOINING = words(`concat array_cat array_append array_prepend array_replace overlay range_merge multirange
  json_build_array jsonb_build_array json_build_object jsonb_build_object json_object jsonb_object jsonb_set jsonb_insert row`)
/** How many times as long as its argument a result can be. */
const STRETCHING = new Map(
  Object.entries({
    encode: 2,
    quote_literal: 2,
    quote_nullable: 2,
    quote_ident: 2,
    like_escape: 2,
    to_json: 2,
    to_jsonb: 2,
    normalize: 12,
    jsonb_pretty: 20,
    string_to_array: 8,
    regexp_split_to_array: 8
  })
)

/** Whether a function of this name makes more than it is given. */
export const isGrowing = (name: string): boolean =>
  COLLECTING.has(name) || ROW_MAKING.has(name) || JOINING.has(name) || STRETCHING.has(name)

/**
 * What a statement could keep in the memory of the database at once. What tables hold is not looked at, nor what only
 * takes long.
 * @param statement as Postgres' own parser gives it.
 * @throws ToolError that says what to write instead.
 */
export function checkGrowth (statement: unknown, parameters: Parameters): void {
  const facts = new Facts(parameters)
  facts.collect(statement)
  if (facts.usesPaths && facts.anyDepthSteps > 1) throw tooLarge('JSON paths may have one ** in all.')
  const growth = new Growth(facts).of(statement, false)
  if (growth * TABLE_VALUE_BYTES > MAX_BYTES) {
    throw tooLarge(
      'texts, arrays or JSON are put together from each other too often. Join fewer of them, replace by constants no longer than ' +
        'what they replace, and in a recursive query write the table before each of its columns, as in t.name.'
    )
  }
  const keeper = facts.collector ?? facts.hasher
  if (keeper === undefined) return
  // Written so that what is no number is refused.
  if (!(facts.madeRows() * (facts.longestText + ROW_BYTES) * growth <= MAX_BYTES)) {
    throw tooLarge(
      `${keeper} would keep more rows than fit. Give generate_series small whole numbers as constants, ` +
        'use one function that makes rows, or count instead.'
    )
  }
  if (facts.collector === undefined) return
  if (facts.isRecursive) { throw tooLarge(`${facts.collector} does not go together with WITH RECURSIVE. Select the rows themselves.`) }
  checkJoins(statement, facts.collector)
}

/**
 * By which factor a value can become longer than its input. Nested calls multiply their factors; arguments side by side
 * do not.
 */
class Growth {
  readonly #facts: Facts
  readonly #referring = new WeakMap<object, boolean>()

  constructor (facts: Facts) {
    this.#facts = facts
  }

  of (value: unknown, isRecursive: boolean): number {
    const operands = joinedOperands(value)
    if (operands) return this.#joined(operands, isRecursive) * this.#most(operands, isRecursive)
    if (Array.isArray(value)) return this.#most(value, isRecursive)
    let before = 1
    let most = 1
    const multiply = (parts: unknown[], inRecursion: boolean) => {
      for (const part of parts) before *= this.of(part, inRecursion)
    }
    for (const [key, child] of children(value)) {
      const inRecursion = isRecursive || (key === 'withClause' && (child as Node)['recursive'] === true)
      if (key === 'ctes' || key === 'fromClause') multiply(child as unknown[], inRecursion)
      else if (key === 'withClause') multiply([child], inRecursion)
      else if (key === 'JoinExpr') {
        multiply(
          ['larg', 'rarg', 'quals'].map((part) => (child as Node)[part]),
          inRecursion
        )
      } else most = Math.max(most, this.#own(key, child as Node, inRecursion) * this.of(child, inRecursion))
    }
    return before * most
  }

  #most (values: unknown[], isRecursive: boolean): number {
    return values.reduce<number>((most, value) => Math.max(most, this.of(value, isRecursive)), 1)
  }

  #own (tag: string, node: Node, isRecursive: boolean): number {
    if (tag === 'A_ArrayExpr') return this.#joined((node['elements'] ?? []) as unknown[], isRecursive)
    if (tag === 'RowExpr') return this.#joined(argumentsOf(node), isRecursive)
    if (tag !== 'FuncCall') return 1
    const [name, args] = [strings(node['funcname']).at(-1)!, argumentsOf(node)]
    if (JOINING.has(name)) return this.#joined(args, isRecursive)
    if (name === 'concat_ws') { return this.#facts.textOf(args[0]) === undefined ? args.length : this.#joined(args.slice(1), isRecursive) }
    const factor = this.#stretch(name, args)
    return isRecursive && factor > 1 ? Infinity : factor
  }

  #stretch (name: string, args: unknown[]): number {
    const lengthOf = (index: number) => this.#facts.textOf(args[index])?.length ?? Infinity
    switch (name) {
      case 'replace':
        return Math.max(1, lengthOf(2) / Math.max(1, this.#facts.textOf(args[1])?.length ?? 1))
      case 'regexp_replace':
        return 1 + lengthOf(2)
      case 'array_to_string':
        return 1 + lengthOf(1)
      default:
        return STRETCHING.get(name) ?? 1
    }
  }

  /**
   * As many times as long as there are parts that are no constants. In a recursion, what is joined to itself doubles
   * each time.
   */
  #joined (parts: unknown[], isRecursive: boolean): number {
    const open = parts.filter((part) => this.#facts.textOf(part) === undefined)
    const repeated = isRecursive ? open.filter((part) => this.#refersToRows(part)) : []
    return isRecursive && repeated.length > 1 ? Infinity : Math.max(1, open.length)
  }

  /** Whether a column below may be one of the recursion's own rows. Each node is looked at once. */
  #refersToRows (value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return false
    const known = this.#referring.get(value)
    if (known !== undefined) return known
    const refers = children(value).some(([tag, node]) =>
      tag === 'ColumnRef' ? !this.#isOfTable(strings((node as Node)['fields'])) : this.#refersToRows(node)
    )
    this.#referring.set(value, refers)
    return refers
  }

  #isOfTable (path: string[]): boolean {
    return path.length > 1 && this.#facts.tables.has(path.at(-2)!)
  }
}

/** Rows of tables that are multiplied by each other, or by a function, have no bound. */
function checkJoins (value: unknown, collector: string): void {
  const isMultiplied = (sides: unknown[], conditions: number) => {
    const isSeries = ({ funcname }: Node) => strings(funcname).at(-1) === 'generate_series'
    const makers = sides.filter((side) => has(side, 'RangeVar') || has(side, 'FuncCall', isSeries))
    return makers.length - 1 > conditions && makers.some((side) => has(side, 'RangeVar'))
  }
  const {
    fromClause,
    whereClause,
    JoinExpr: join
  } = Object(value) as { fromClause?: unknown[]; whereClause?: unknown; JoinExpr?: Node }
  const isUnbounded =
    (fromClause && isMultiplied(fromClause, countJoining(whereClause))) ||
    (join &&
      join['usingClause'] === undefined &&
      join['isNatural'] !== true &&
      isMultiplied([join['larg'], join['rarg']], countJoining(join['quals'])))
  if (isUnbounded) { throw tooLarge(`${collector} would keep every pair of rows. Join the tables by columns that are equal.`) }
  for (const [, child] of children(value)) checkJoins(child, collector)
}

/** Conditions that compare a column with another. */
const countJoining = (condition: unknown): number =>
  children(condition).reduce((count, [key, child]) => {
    const { name, lexpr, rexpr } = child as Node
    const isJoining =
      key === 'A_Expr' && strings(name)[0] === '=' && [lexpr, rexpr].every((side) => has(side, 'ColumnRef'))
    return count + (isJoining ? 1 : countJoining(child))
  }, 0)
