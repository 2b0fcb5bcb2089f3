// Functions of whole numbers.
import t from 'tap'
import { choose, factorial, gcd, integers, lcm, product } from '../../../tools/calculate/integers.ts'
import { num } from '../../../tools/calculate/numbers.ts'
import { withAllowance } from '../../../tools/calculate/work.ts'

t.beforeEach(() => withAllowance(() => {}))

t.test('divisors, multiples, factorials and choices', (t) => {
  t.equal(gcd(num(12), num(-18)).value.toString(), '6')
  t.equal(lcm(num(4), num(6)).value.toString(), '12')
  t.equal(lcm(num(0), num(6)).value.toString(), '0')
  t.equal(factorial(num(20)).value.toFixed(), '2432902008176640000')
  t.equal(product('npr', num(5), num(2)).value.toString(), '20')
  t.equal(choose(num(52), num(47)).value.toString(), '2598960')
  t.equal(choose(num(2), num(3)).value.toString(), '0')
  t.end()
})

t.test('anything but a whole number within bounds is refused', (t) => {
  t.throws(() => integers('gcd', [num('1.5')]), { name: 'ToolError' })
  t.throws(() => factorial(num(-1)), { name: 'ToolError' })
  t.throws(() => factorial(num(3_001)), { name: 'ToolError', message: /Stirling/ })
  t.end()
})
