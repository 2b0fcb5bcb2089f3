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
  const given = patterns.filter((pattern) => !pattern.startsWith('!')).map(stepsOf)
  const left = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => stepsOf(pattern.slice(1)))
  const fits = (patterns: ReadonlyArray<readonly Step[]>, name: string) => {
    const normal = name.normalize()
    return patterns.some((steps) => fitsWhole(steps, normal))
  }
  return {
    gives: (name) => fits(given, name) && !fits(left, name),
    leavesOut: (name) => fits(left, name),
    onlyLeavesOut: given.length === 0 && left.length > 0,
    givesAll: patterns.includes('**') && left.length === 0
  }
}

/** For names that have no folders: `*` is any text, and nothing else is a wildcard. */
export function textPattern (pattern: string): (name: string) => boolean {
  const pieces = pattern.normalize().split(/(\*+)/).filter((piece) => piece !== '')
  const steps = pieces.map((piece) => (piece.startsWith('*') ? MEANING['**']! : textStep(piece)))
  return (name) => fitsWhole(steps, name.normalize())
}

/**
 * One piece of a pattern: where in the name it can end.
 * @param from where it can begin. Both lists are ascending, and no place is in them twice.
 */
type Step = (name: string, from: readonly number[]) => number[]

const WILDCARDS = /(\*\*\/|\*\*|\*)/
const MEANING: Readonly<Record<string, Step>> = {
  '**/' (name, from) {
    const begins = new Set(from)
    const [first] = from as [number]
    return places(first, name.length).filter((at) => begins.has(at) || (at > first && name[at - 1] === '/'))
  },
  '**': (name, from) => places(from[0]!, name.length),
  '*': (name, from) => {
    const reached: number[] = []
    for (const begin of from) {
      if (begin <= (reached.at(-1) ?? -1)) continue
      const slash = name.indexOf('/', begin)
      for (const at of places(begin, slash === -1 ? name.length : slash)) reached.push(at)
    }
    return reached
  }
}

const textStep = (text: string): Step => (name, from) =>
  from.filter((at) => name.startsWith(text, at)).map((at) => at + text.length)

const stepsOf = (pattern: string): Step[] =>
  pattern
    .normalize()
    .split(WILDCARDS)
    .filter((piece) => piece !== '')
    .map((piece) => MEANING[piece] ?? textStep(piece))

/**
 * All places at once, step after step: anyone may send a name, and a regular expression would try the places of several
 * wildcards one by one.
 */
function fitsWhole (steps: readonly Step[], name: string): boolean {
  let reached = [0]
  for (const step of steps) {
    reached = step(name, reached)
    if (reached.length === 0) return false
  }
  return reached.at(-1) === name.length
}

/** @returns `first` to `last`. */
const places = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index)
