// The patterns of access.json: `*` stands for any text without `/`, `**` for any text, and `**/` for any folders or none.

/** What a list of patterns says of a name. */
export interface PatternList {
  gives(name: string): boolean
  /** Whether an item with `!` fits. */
  leavesOut(name: string): boolean
  /** Nothing is given, only left out. */
  readonly onlyLeavesOut: boolean
  /** Whatever the name is. */
  readonly givesAll: boolean
}

/** @param patterns compared by Unicode's canonical equivalence: macOS writes names decomposed. */
export function patternList (patterns: readonly string[]): PatternList {
  const given = patterns.filter((pattern) => !pattern.startsWith('!')).map(expressionOf)
  const left = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => expressionOf(pattern.slice(1)))
  const fits = (expressions: readonly RegExp[], name: string) => {
    const normal = name.normalize()
    return expressions.some((expression) => expression.test(normal))
  }
  return {
    gives: (name) => fits(given, name) && !fits(left, name),
    leavesOut: (name) => fits(left, name),
    onlyLeavesOut: given.length === 0 && left.length > 0,
    givesAll: patterns.includes('**') && left.length === 0
  }
}

const WILDCARDS = /\*\*\/|\*\*|\*/
const MEANING: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*' }

function expressionOf (pattern: string): RegExp {
  const parts = pattern.normalize().split(new RegExp(`(${WILDCARDS.source})`))
  return new RegExp(`^${parts.map((part) => MEANING[part] ?? part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('')}$`, 'su')
}
