// Charts that the server draws: the geometry of columns and lines in a box of 100 units in height, which the browser
// stretches to its width. Words stand beside it, so that they keep their size; a table has the same numbers.
// Tested in test/plugins/pages/charts.test.ts.

/** What a part of a column, or a line, stands for; views/style.css has its color. */
export type Series = 'good' | 'bad' | 'off'

export interface Chart {
  title: string
  /** The chart in a sentence, for who does not see it. */
  description: string
  /** What the colors mean, in the order of the drawing. */
  legend: Array<{ series: Series; label: string }>
  /** The value at the upper edge, and the times at both ends. */
  top: string
  from: string
  to: string
  width: number
  columns: Array<{ x: number; y: number; width: number; height: number; series: Series; tip: string }>
  lines: Array<{ series: Series; points: Array<{ x: number; y: number }> }>
}

/** Units of one column with the gap after it. */
const STEP = 10
const GAP = 2
export const HEIGHT = 100

type Words = Pick<Chart, 'title' | 'description' | 'legend' | 'top' | 'from' | 'to'>

/**
 * @param slots values from the axis upwards, in the order of the legend, and what a pointer is
 * told.
 */
export function columnChart (words: Words, slots: ReadonlyArray<{ values: readonly number[]; tip: string }>): Chart {
  const max = Math.max(1, ...slots.map(({ values }) => total(values)))
  const columns = slots.flatMap(({ values, tip }, index) =>
    values.flatMap((value, part) => {
      const [below, height] = [scale(total(values.slice(0, part)), max), scale(value, max)]
      if (value === 0) return []
      const { series } = words.legend[part]!
      return [{ x: index * STEP + GAP / 2, y: round(HEIGHT - below - height), width: STEP - GAP, height, series, tip }]
    })
  )
  return { ...words, width: slots.length * STEP, columns, lines: [] }
}

/**
 * @param slots a value for each line of the legend; undefined where there is none: the line
 * goes on to the next.
 */
export function lineChart (words: Words, slots: ReadonlyArray<ReadonlyArray<number | undefined>>): Chart {
  const max = Math.max(1, ...slots.flat().filter((value) => value !== undefined))
  const lines = words.legend.map(({ series }, line) => {
    const points = slots.flatMap((values, index) => {
      const value = values[line]
      return value === undefined ? [] : [{ x: index * STEP + STEP / 2, y: round(HEIGHT - scale(value, max)) }]
    })
    const [only, ...others] = points
    // One value alone is a short line.
    return { series, points: only && others.length === 0 ? [{ ...only, x: only.x - GAP }, { ...only, x: only.x + GAP }] : points }
  })
  return { ...words, width: slots.length * STEP, columns: [], lines }
}

/** @returns how much of the whole a bar in a table fills, in percent. */
export const barWidth = (value: number, max: number): number => (max <= 0 ? 0 : round(scale(value, max)))

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
const scale = (value: number, max: number): number => round((value / max) * HEIGHT)
const round = (value: number): number => Math.round(value * 10) / 10
