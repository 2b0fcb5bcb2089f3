// Reading the syntax tree that Postgres' own parser makes: nodes are objects under their tag, which begins with a
// capital letter.

export type Node = Record<string, unknown>

export const children = (value: unknown): Array<[string, unknown]> =>
  typeof value === 'object' && value !== null ? Object.entries(value) : []

const isTag = (key: string): boolean => /^[A-Z]/.test(key)

/** Whether more than `levels` nodes lie in each other. Ends at the first that does. */
export const isDeeperThan = (value: unknown, levels: number): boolean =>
  levels < 0 || children(value).some(([key, child]) => isDeeperThan(child, isTag(key) ? levels - 1 : levels))

/** The texts of a list of String nodes. */
export const strings = (list: unknown): string[] =>
  (Array.isArray(list) ? (list as Node[]) : []).flatMap((node) => {
    const { sval } = Object(node['String']) as { sval?: string }
    return 'String' in node ? [sval ?? ''] : []
  })

/** Whether something below has this tag, and passes. */
export const has = (value: unknown, tag: string, passes: (node: Node) => boolean = () => true): boolean =>
  children(value).some(([key, node]) => (key === tag && passes(node as Node)) || has(node, tag, passes))

/** What `a || b || c` puts together; undefined for anything else. */
export function joinedOperands (expression: unknown): unknown[] | undefined {
  const { A_Expr: node } = Object(expression) as { A_Expr?: Node }
  if (node === undefined || strings(node['name']).at(-1) !== '||') return undefined
  return [node['lexpr'], node['rexpr']].flatMap((side) => joinedOperands(side) ?? [side])
}

/** Of a function call or a row. */
export const argumentsOf = ({ args }: Node): unknown[] => (args ?? []) as unknown[]

export const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(Boolean))
