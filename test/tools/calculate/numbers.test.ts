// Exact results, and honest rounding where there are none.
import t from 'tap'
import { run, same } from './run.ts'

t.test('results are exact where they can be, and say so where they cannot', async (t) => {
  await same(t, [
    ['0.1 + 0.2', '0.3'],
    ['2^1000', String(2n ** 1000n)],
    ['7^1100', String(7n ** 1100n)],
    ['2^-40', '0.0000000000009094947017729282379150390625'],
    ['1e2000', '1e+2000'],
    ['1e400 * 1e-400', '1']
  ])
  let factorial = 1n
  for (let i = 2n; i <= 400n; i++) factorial *= i
  t.equal((await run('400!')).value, String(factorial))
  for (const exact of [
    '1/4',
    '2^3321',
    '10^5000',
    'sqrt(2^400)',
    'cbrt(27)',
    'log(1000)',
    '1e999999999',
    '0.1*3',
    '5 mi to cm',
    '212 °F to °C',
    '3 ft + 20 cm in m'
  ]) { t.equal((await run(exact)).exact, true, exact) }
  for (const rounded of [
    '1/3',
    '2^3322',
    'sqrt(2)',
    'pi',
    'sin(1)',
    '1000!',
    '1/7 * 7',
    '5 cm to in',
    '1e999999999 + 1'
  ]) { t.equal((await run(rounded)).exact, false, rounded) }
  t.equal((await run('1/7 * 7')).result, '1', 'what rounding added up to is not shown')
})
