// The geometry of charts: parts of a column stand on each other, a line has a point for each value, nothing leaves the box.
import t from 'tap'
import { barWidth, columnChart, HEIGHT, lineChart } from '../../../plugins/pages/charts.ts'

const words = {
  title: 'Calls',
  description: 'Calls by day',
  legend: [{ series: 'good' as const, label: 'Answered' }, { series: 'bad' as const, label: 'Failed' }],
  top: '10',
  from: 'Monday',
  to: 'Tuesday'
}

t.test('the largest column fills the height, and its parts stand on each other', async (t) => {
  const { columns, width } = columnChart(words, [{ values: [6, 4], tip: 'a' }, { values: [0, 5], tip: 'b' }, { values: [0, 0], tip: 'c' }])
  t.equal(width, 30)
  t.match(columns, [
    { y: 40, height: 60, series: 'good' },
    { y: 0, height: 40, series: 'bad' },
    { x: 11, y: 50, height: 50, series: 'bad' }
  ])
  t.equal(columns.length, 3, 'nothing is drawn for nothing')
})

t.test('without any call nothing is drawn, and nothing is divided by zero', async (t) => {
  t.same(columnChart(words, [{ values: [0, 0], tip: '' }]).columns, [])
  t.same(lineChart(words, [[undefined, undefined]]).lines.map(({ points }) => points), [[], []])
  t.equal(barWidth(0, 0), 0)
  t.equal(barWidth(1, 4), 25)
})

t.test('a line goes on over what has no value, and one value alone is still seen', async (t) => {
  const [line, other] = lineChart(words, [[10, undefined], [undefined, 5], [5, undefined]]).lines
  t.same(line!.points, [{ x: 5, y: 0 }, { x: 25, y: HEIGHT / 2 }])
  t.same(other!.points, [{ x: 13, y: 50 }, { x: 17, y: 50 }])
})
