// What a statement does that can take memory: which of its parts keep rows, how many rows its functions make, and how
// long its texts are.
// Tested in test/tools/database/postgres-growth.test.ts.
import { ToolError } from '../../authoring/tool.ts'
import { argumentsOf, children, has, strings, words, type Node } from './postgres-tree.ts'

export type Parameters = ReadonlyArray<string | number | boolean | null>

/** As in char(1000) and bit(1000), which fill up to it. */
const MAX_TYPE_LENGTH = 1_000

/** Aggregates that keep every row they are given. */
export const COLLECTING = words('string_agg array_agg json_agg jsonb_agg json_object_agg jsonb_object_agg range_agg')
/** Functions that make rows, besides generate_series: at most one for each character of their argument. */
export const ROW_MAKING = words(`unnest generate_subscripts regexp_matches regexp_split_to_table string_to_table
  json_array_elements jsonb_array_elements
  json_array_elements_text jsonb_array_elements_text json_each jsonb_each json_each_text jsonb_each_text json_object_keys jsonb_object_keys
  jsonb_path_query json_to_recordset jsonb_to_recordset`)
export const tooLarge = (why: string): ToolError => new ToolError(`The answer is too large: ${why}`)

/** What the whole statement has, wherever. */
export class Facts {
  readonly parameters: Parameters
  longestText = 0
  /** Each `**` of a JSON path goes through all levels below. */
  anyDepthSteps = 0
  usesPaths = false
  /** What keeps whole rows, and what keeps only values to compare with. */
  collector: string | undefined
  hasher: string | undefined
  isRecursive = false
  /** Names by which only a real table is meant. */
  readonly tables = new Set<string>()
  #series: number[] = []
  #rowMakers = 0
  readonly #queries = new Set<string>()

  constructor (parameters: Parameters) {
    this.parameters = parameters
    for (const parameter of parameters) this.#collectText(String(parameter))
  }

  collect (statement: unknown): void {
    this.#visit(statement)
    for (const name of this.#queries) this.tables.delete(name)
  }

  /** Rows that functions make of nothing, multiplied by each other. */
  madeRows = (): number =>
    this.#series.reduce((product, rows) => product * rows, 1) * Math.max(this.longestText, 100) ** this.#rowMakers

  #visit (value: unknown): void {
    for (const [key, child] of children(value)) {
      const node = child as Node
      if (key === 'sval' && typeof child === 'string') this.#collectText(child)
      if (key === 'A_Expr' && /^@[?@]$/.test(strings(node['name']).at(-1) ?? '')) this.usesPaths = true
      if (key === 'FuncCall') this.#collectCall(strings(node['funcname']).at(-1)!, argumentsOf(node))
      if (key === 'SubLink' && node['subLinkType'] === 'ARRAY_SUBLINK') this.collector = 'ARRAY(…)'
      if (key === 'SubLink' && node['subLinkType'] === 'ANY_SUBLINK') this.hasher = 'IN (…)'
      if (key === 'op' && (child === 'SETOP_INTERSECT' || child === 'SETOP_EXCEPT')) { this.hasher = String(child).slice('SETOP_'.length) }
      if (key === 'withClause' && node['recursive'] === true) this.#collectRecursion(node)
      if (key === 'typmods') checkTypeLength(child)
      this.#collectName(key, node)
      this.#visit(child)
    }
  }

  #collectText (text: string): void {
    this.longestText = Math.max(this.longestText, text.length)
    this.anyDepthSteps += text.split('**').length - 1
  }

  #collectCall (name: string, args: unknown[]): void {
    if (COLLECTING.has(name)) this.collector = name
    if (name === 'generate_series') this.#series.push(this.#rowsOfSeries(args))
    if (ROW_MAKING.has(name)) this.#rowMakers++
    if (name.startsWith('jsonb_path')) this.usesPaths = true
  }

  #collectRecursion (withClause: Node): void {
    this.isRecursive = true
    // UNION compares each new row with all before, and UNION ALL keeps none of them in memory.
    for (const union of distinctUnions(withClause)) {
      this.hasher = 'UNION'
      const targets = Object(union['rarg'])['targetList'] as unknown[]
      if (targets.some((target) => has(target, 'A_Expr') || has(target, 'FuncCall'))) {
        throw tooLarge('a recursive query that computes values takes UNION ALL, and a WHERE that ends it.')
      }
    }
  }

  #collectName (key: string, node: Node): void {
    const alias = (Object(node)['alias'] as { aliasname?: string } | undefined)?.aliasname
    if (key === 'RangeVar') this.tables.add(alias ?? String(node['relname']))
    if (key === 'CommonTableExpr') this.#queries.add(String(node['ctename']))
    else if (key !== 'RangeVar' && alias !== undefined) this.#queries.add(alias)
  }

  /** A constant or a parameter as a text; undefined for what is known only when the statement runs. */
  textOf (expression: unknown): string | undefined {
    type Constant = { A_Const?: Node; ParamRef?: { number?: number }; TypeCast?: Node }
    const { A_Const: constant, ParamRef: parameter, TypeCast: cast } = Object(expression) as Constant
    if (cast) return this.textOf(cast['arg'])
    if (parameter) return String(this.parameters[(parameter.number ?? 0) - 1] ?? '')
    return constant && String(Object.values(Object(Object.values(constant)[0]) as Node)[0] ?? '')
  }

  #rowsOfSeries ([from, to, step]: unknown[]): number {
    const [first, last, stride] = [
      this.#numberOf(from),
      this.#numberOf(to),
      step === undefined ? 1 : this.#numberOf(step)
    ]
    return Math.floor(Math.abs(last - first) / Math.abs(stride)) + 1
  }

  #numberOf (expression: unknown): number {
    const { A_Expr: sign } = Object(expression) as { A_Expr?: Node }
    if (sign && sign['lexpr'] === undefined && strings(sign['name'])[0] === '-') return -this.#numberOf(sign['rexpr'])
    // The parser leaves zero out.
    return Number(this.textOf(expression) ?? NaN)
  }
}

const distinctUnions = (value: unknown): Node[] =>
  children(value).flatMap(([, child]) => [
    ...(Object(child)['op'] === 'SETOP_UNION' && Object(child)['all'] !== true ? [child as Node] : []),
    ...distinctUnions(child)
  ])

function checkTypeLength (typmods: unknown): void {
  const isLong = has(typmods, 'ival', ({ ival }) => Number(ival) > MAX_TYPE_LENGTH)
  if (isLong) throw tooLarge(`types have a length of at most ${MAX_TYPE_LENGTH}.`)
}
