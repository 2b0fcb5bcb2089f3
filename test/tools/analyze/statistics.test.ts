// Figures of lists whose values are known.
import t from 'tap'
import { quantile, standardDeviation, sum } from '../../../tools/analyze/statistics.ts'

t.test('a sum does not lose small values beside large ones', (t) => {
  t.equal(sum([1, 1e100, 1, -1e100]), 2)
  t.equal(sum(Array.from({ length: 10 }, () => 0.1)), 1)
  t.equal(sum([1e308, 1e308]), Infinity)
  t.equal(sum([]), 0)
  t.end()
})

t.test('the spread is that of a sample', (t) => {
  t.equal(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9]), Math.sqrt(32 / 7))
  t.equal(standardDeviation([3, 3]), 0)
  t.end()
})

t.test('a quantile is a value of the list, or half way between two', (t) => {
  t.equal(quantile([7], 0.25), 7)
  t.equal(quantile([1, 2], 0.5), 1.5)
  t.equal(quantile([1, 2, 3], 0.5), 2)
  t.same([0.25, 0.5, 0.75].map((share) => quantile([2, 4, 4, 4, 5, 5, 7, 9], share)), [4, 4.5, 6])
  t.same([0.25, 0.5, 0.75].map((share) => quantile([1, 2, 3, 4, 5], share)), [2, 3, 4])
  t.end()
})
