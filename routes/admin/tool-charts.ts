// The charts of the use of tools: how many calls, and how long they took, over time.
import type { Words } from '../../languages/index.ts'
import type { Range, Slot } from '../../plugins/observability/tallies/contract.ts'
import { quantile } from '../../plugins/observability/tallies/tally.ts'
import { columnChart, lineChart, type Chart } from '../../plugins/pages/charts.ts'
import { callsOf, duration, timeOf } from './numbers.ts'

/** @param slots oldest first. */
export function drawCharts (words: Words, range: Range, slots: ReadonlyArray<{ at: number; slot: Slot }>): Chart[] {
  const shown = slots.map(({ at, slot }) => ({ at: timeOf(words, range, at), tally: callsOf(slot) }))
  const ends = { from: shown[0]?.at ?? '', to: shown.at(-1)?.at ?? '' }
  return [callsChart(words, shown, ends), timesChart(words, shown, ends)]
}

type Shown = ReadonlyArray<{ at: string; tally: ReturnType<typeof callsOf> }>
type Ends = Pick<Chart, 'from' | 'to'>

function callsChart (words: Words, shown: Shown, ends: Ends): Chart {
  const total = (of: 'calls' | 'failed' | 'refused') => shown.reduce((sum, { tally }) => sum + tally[of], 0)
  return columnChart(
    {
      title: words.text('admin-server.callsChart'),
      description: words.text('admin-server.callsChartText', {
        calls: total('calls'), failed: total('failed'), refused: total('refused'), ...ends
      }),
      legend: [
        { series: 'good', label: words.text('admin-server.answered') },
        { series: 'bad', label: words.text('admin-server.failed') },
        { series: 'off', label: words.text('admin-server.refused') }
      ],
      top: words.number(Math.max(...shown.map(({ tally }) => tally.calls))),
      ...ends
    },
    shown.map(({ at, tally: { calls, failed, refused } }) => ({
      values: [calls - failed - refused, failed, refused],
      tip: words.text('admin-server.callsTip', { at, calls, failed, refused })
    }))
  )
}

function timesChart (words: Words, shown: Shown, ends: Ends): Chart {
  const values = shown.map(({ tally: { times } }) => [quantile(times, 0.5), quantile(times, 0.95)])
  const max = Math.max(0, ...values.flat().filter((value) => value !== undefined))
  return lineChart(
    {
      title: words.text('admin-server.timesChart'),
      description: words.text('admin-server.timesChartText', { slow: duration(words, max), ...ends }),
      legend: [
        { series: 'good', label: words.text('admin-server.median') },
        { series: 'bad', label: words.text('admin-server.slow') }
      ],
      top: duration(words, max),
      ...ends
    },
    values
  )
}
