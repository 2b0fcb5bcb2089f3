// The charts of the use of tools say the same in words as they draw.
import t from 'tap'
import { english } from '../../../languages/index.ts'
import { emptySlot } from '../../../plugins/observability/tallies/tally.ts'
import { drawCharts } from '../../../routes/admin/tool-charts.ts'

t.test('a chart of calls and one of times, with the ends and the largest value in words', async (t) => {
  const tally = { calls: 6, failed: 2, refused: 1, times: [0, 0, 0, 5] }
  const slots = [
    { at: 1_700_000_000, slot: emptySlot() },
    { at: 1_700_086_400, slot: { ...emptySlot(), tools: [['search', tally] as [string, typeof tally]] } }
  ]
  const [calls, times] = drawCharts(english, 'week', slots)
  t.match(
    calls,
    { top: '6', from: 'Nov 14, 2023', to: 'Nov 15, 2023', description: /6 calls, of which 2 failed and 1 were/ }
  )
  t.same(calls!.columns.map(({ series }) => series), ['good', 'bad', 'off'])
  t.same(
    calls!.columns.map(({ height }) => height),
    [50, 33.3, 16.7],
    'each call once: answered, failed or refused'
  )
  t.equal(times!.top, '2 ms')
  t.equal(times!.lines.length, 2)
})
