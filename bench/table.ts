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
  const figures = Object.fromEntries(
    Object.keys(seen[0]!).map((name) => [name, Math.round(median(seen.map((each) => each[name]!)) * 10) / 10])
  )
  return { work, goal, ...ratioOf(seen, of), figures, rounds: seen, ...options }
}

/** Another ratio of the same rounds. */
export const again = (
  { rounds }: Row,
  work: string,
  goal: number,
  of: [string, string],
  options: { atMost?: true } = {}
): Row => ({ work, goal, ...ratioOf(rounds!, of), figures: {}, ...options })

function ratioOf (rounds: Array<Record<string, number>>, [a, b]: [string, string]): Pick<Row, 'ratio' | 'spread'> {
  const ratios = rounds.map((each) => each[a]! / each[b]!)
  return { ratio: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)] }
}

const reached = ({ ratio, goal, atMost }: Row): boolean => (atMost ? ratio <= goal : ratio >= goal)

export function print (rows: Row[]): string {
  const lines = rows.map((row) => [
    row.work,
    row.ratio.toFixed(2),
    `${row.spread[0].toFixed(2)}–${row.spread[1].toFixed(2)}`,
    `${row.atMost ? '≤' : '≥'} ${row.goal}`,
    reached(row) ? 'reached' : 'short',
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
