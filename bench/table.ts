// Ratios from interleaved rounds: what is compared is measured in turns, so that a slow moment of the machine falls on
// all alike.

export interface Row {
  work: string
  /** Median of the rounds' ratios: how many times the yardstick. */
  ratio: number
  /** Lowest and highest of them. */
  spread: [number, number]
  goal: number
  /** Whether less is better. */
  atMost?: true
  figures: Record<string, number>
  /** What each side does that the other does not. */
  does?: string
  /** Of each round. */
  rounds?: Array<Record<string, number>>
}

export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

/** @param measure one round of each, by name. */
export async function compare (
  work: string,
  goal: number,
  rounds: number,
  of: [string, string],
  round: () => Promise<Record<string, number>>,
  options: { atMost?: true } = {}
): Promise<Row> {
  const seen: Array<Record<string, number>> = []
  for (let count = 0; count < rounds; count++) seen.push(await round())
  return { work, goal, ...ratioOf(seen, of), figures: mediansOf(seen), rounds: seen, ...options }
}

const mediansOf = (seen: ReadonlyArray<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.keys(seen[0]!).map((name) => [name, Math.round(median(seen.map((each) => each[name]!)) * 10) / 10]))

/**
 * One row for each of those that `ours` is compared with, from the same rounds.
 * @param by what the ratio is of: microseconds of processor time for an answer, or milliseconds of the slowest hundredth.
 */
export function compareAll (
  work: string,
  ours: string,
  goals: ReadonlyArray<[contender: string, atMost: number]>,
  seen: ReadonlyArray<Record<string, { cost: number; rate: number; p99: number }>>,
  { by, does }: { by: 'cost' | 'p99'; does: Readonly<Record<string, string>> }
): Row[] {
  return goals.map(([other, goal]) => {
    const rounds = seen.map((each) => Object.fromEntries(
      [ours, other].flatMap((name) => (['cost', 'rate', 'p99'] as const).map((figure) => [`${FIGURES[figure]} ${name}`, each[name]![figure]]))
    ))
    const named = [`${FIGURES[by]} ${ours}`, `${FIGURES[by]} ${other}`] as [string, string]
    return {
      work: `${work}: ${ours} × ${other}`,
      goal,
      atMost: true,
      ...ratioOf(rounds, named),
      figures: mediansOf(rounds),
      does: `${ours}: ${does[ours]}; ${other}: ${does[other]}`,
      rounds
    }
  })
}

const FIGURES = { cost: 'µs', rate: '/s', p99: 'p99 ms' } as const

/** Another ratio of the same rounds. */
export const again = (
  { rounds }: Row,
  work: string,
  goal: number,
  of: [string, string],
  options: { atMost?: true } = {}
): Row => ({ work, goal, ...ratioOf(rounds!, of), figures: {}, ...options })

function ratioOf (rounds: ReadonlyArray<Record<string, number>>, [a, b]: [string, string]): Pick<Row, 'ratio' | 'spread'> {
  const ratios = rounds.map((each) => each[a]! / each[b]!)
  return { ratio: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)] }
}

/** A goal of 0 is none: the row says what is, no more. */
const verdict = ({ ratio, goal, atMost }: Row): string =>
  goal === 0 ? '' : (atMost ? ratio <= goal : ratio >= goal) ? 'reached' : 'FALLS SHORT'

export function print (rows: Row[]): string {
  const lines = rows.map((row) => [
    row.work,
    row.ratio.toFixed(2),
    `${row.spread[0].toFixed(2)}–${row.spread[1].toFixed(2)}`,
    row.goal === 0 ? '' : `${row.atMost ? '≤' : '≥'} ${row.goal}`,
    verdict(row),
    Object.entries(row.figures)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')
  ])
  const all = [['work', 'ratio', 'spread', 'goal', '', 'medians'], ...lines]
  const widths = all[0]!.map((_, column) => Math.max(...all.map((line) => line[column]!.length)))
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd()
    )
    .join('\n')
}
