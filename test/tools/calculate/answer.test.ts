// The answer to a calculation: text, value, unit, and whether it is exact.
import t from 'tap'
import { answer } from '../../../tools/calculate/answer.ts'

t.test('a result with and without a unit, exact or rounded', (t) => {
  t.same(answer('0.1 + 0.2'), { result: '0.3', value: '0.3', exact: true })
  t.match(answer('3 km in m'), { result: '3000 m', value: '3000', unit: 'm', exact: true })
  t.match(answer('sqrt(2)'), { exact: false, value: /^1\.41421356/ })
  t.throws(() => answer('1 +'), { name: 'ToolError' })
  t.end()
})
