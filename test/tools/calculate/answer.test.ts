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

t.test('a comparison is exact where both sides are, and rounded where one is', async (t) => {
  for (const [left, right, exact] of [['1', '2', true],
    ['sqrt(2)', '2', false],
    ['2', 'sqrt(2)', false],
    ['sqrt(2)', 'sqrt(3)', false]] as const) {
    t.equal(
      answer(`${left} < ${right}`).exact,
      exact,
      `${left} < ${right}`
    )
  }
  const holds = (operator: string) => [[1, 2],
    [2, 2],
    [3, 2]].map(([a, b]) => answer(`${a} ${operator} ${b}`).result).join()
  for (const [operator, results] of [
    ['<', 'true,false,false'],
    ['<=', 'true,true,false'],
    ['>', 'false,false,true'],
    ['>=', 'false,true,true'],
    ['=', 'false,true,false'], ['<>', 'true,false,true']
  ] as const) t.equal(holds(operator), results, operator)
})
