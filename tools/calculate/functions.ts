// The functions an expression may use. They are looked up in a Map, so nothing else can be reached by a name.
import type { Decimal } from 'decimal.js'
import { ToolError } from '../../authoring/tool.ts'
import { choose, factorial, gcd, integers, lcm, MAX_PRODUCT_LENGTH, product } from './integers.ts'
import {
  DIGITS,
  divide,
  Exact,
  FRACTIONAL_POWER,
  modulo,
  multiply,
  num,
  power,
  Rounded,
  rounded,
  type Num
} from './numbers.ts'
import { PI } from './constants.ts'
import { addQuantities, multiplyQuantities, plain, toPlain, type Quantity } from './quantity.ts'
import { root2, statistics } from './statistics.ts'
import { divisionCost, spend } from './work.ts'

export interface MathFunction {
  /** As in `round(x, digits)`; what is in brackets may be left out. */
  usage: string
  least: number
  most: number
  run(args: [Quantity, ...Quantity[]]): Quantity
}

/** Microseconds of a function of {@link Rounded}, at its most expensive arguments. */
const ENDLESS = 700
const ARC = 2_000
const LOGARITHM = 1_200
/** Arguments of a function that takes a list. */
const MAX_ARGUMENTS = 500
/** Beyond it an angle has no digits left that matter. */
const MAX_ANGLE = 1e15

const functions = new Map<string, MathFunction>()
const addOne = (name: string, run: (x: Num) => Num): void => {
  functions.set(name, { usage: `${name}(x)`, least: 1, most: 1, run: ([x]) => plain(run(toPlain(x, name))) })
}
const addMany = (name: string, usage: string, least: number, most: number, run: (numbers: Num[]) => Num): void => {
  functions.set(name, { usage, least, most, run: (args) => plain(run(args.map((arg) => toPlain(arg, name)))) })
}

/** Functions whose results have endless digits. An argument keeps a few more digits than the result. */
const endless =
  (run: (x: Decimal) => Decimal, check?: (x: Decimal) => string | false, cost = ENDLESS) =>
    ({ value }: Num): Num => {
      const wrong = check?.(value)
      if (wrong) throw new ToolError(wrong)
      spend(cost)
      return rounded(run(new Rounded(value.toSD(70))))
    }
const positive = (name: string) => (x: Decimal) => x.lte(0) && `${name} takes a number above zero.`
const angle = (x: Decimal) => x.abs().gt(MAX_ANGLE) && 'This angle is too large: reduce it to one turn first, with mod.'
const withinOne = (name: string) => (x: Decimal) => x.abs().gt(1) && `${name} takes a number from -1 to 1.`

addOne('exp', endless((x) => x.exp()))
addOne('ln', endless((x) => x.ln(), positive('ln')))
addOne('sin', endless((x) => x.sin(), angle))
addOne('cos', endless((x) => x.cos(), angle))
addOne('tan', endless((x) => x.tan(), angle))
addOne('asin', endless((x) => x.asin(), withinOne('asin'), ARC))
addOne('acos', endless((x) => x.acos(), withinOne('acos'), ARC))
addOne('atan', endless((x) => x.atan(), undefined, ARC))
// Decimals' own take seconds for large arguments.
addOne('sinh', endless((x) => (x.abs().lte(1) ? x.sinh() : x.exp().minus(x.negated().exp()).div(2))))
addOne('cosh', endless((x) => (x.abs().lte(1) ? x.cosh() : x.exp().plus(x.negated().exp()).div(2))))
addOne('tanh', endless((x) => (x.abs().lte(1) ? x.tanh() : x.times(2).exp().plus(1).pow(-1).times(-2).plus(1))))
addMany('log', 'log(x, [base]), to base 10', 1, 2, ([x, base]) => logarithm(x as Num, base ?? num(10)))
addMany('log2', 'log2(x)', 1, 1, ([x]) => logarithm(x as Num, num(2)))
addMany('log10', 'log10(x)', 1, 1, ([x]) => logarithm(x as Num, num(10)))
addMany('cbrt', 'cbrt(x)', 1, 1, ([x]) => root(x as Num, num(3)))
addMany('root', 'root(x, n)', 2, 2, ([x, n]) => root(x as Num, n as Num))
addMany('atan2', 'atan2(y, x)', 2, 2, ([y, x]) => {
  spend(ARC)
  return rounded(Rounded.atan2((y as Num).value.toSD(70), (x as Num).value.toSD(70)))
})
addOne('asinh', endless(asinh, undefined, ARC))
addOne('acosh', endless((x) => x.plus(x.times(x).minus(1).sqrt()).ln(), (x) => x.lt(1) && 'acosh takes a number from 1.', ARC))
addOne('atanh', endless((x) => new Wide(x).plus(1).div(new Wide(1).minus(x)).ln().div(2), (x) => x.abs().gte(1) && 'atanh takes a number between -1 and 1.', ARC))
addOne('degrees', (x) => divide(multiply(x, num(180)), PI))
addOne('radians', (x) => divide(multiply(x, PI), num(180)))
addOne('sign', ({ value, exact }) => num(value.isZero() ? 0 : value.isNegative() ? -1 : 1, exact))
addMany('pow', 'pow(x, n)', 2, 2, ([x, n]) => power(x as Num, n as Num))
addMany('mod', 'mod(a, b)', 2, 2, ([a, b]) => modulo(a as Num, b as Num))
addMany('gcd', 'gcd(a, b, …)', 1, 20, (numbers) => integers('gcd', numbers).reduce((a, b) => gcd(a, b)))
addMany('lcm', 'lcm(a, b, …)', 1, 20, (numbers) => integers('lcm', numbers).reduce((a, b) => lcm(a, b)))
addMany('ncr', 'ncr(n, k), the ways to choose k of n', 2, 2, ([n, k]) => choose(n as Num, k as Num))
addMany('npr', 'npr(n, k), the ways to arrange k of n', 2, 2, ([n, k]) => product('npr', n as Num, k as Num))
functions.set('factorial', {
  usage: 'factorial(n)',
  least: 1,
  most: 1,
  run: ([n]) => plain(factorial(toPlain(n, 'factorial')))
})

/** These keep the unit of their first argument. */
const keep = (name: string, usage: string, most: number, run: (first: Quantity, rest: Quantity[]) => Quantity) =>
  functions.set(name, { usage, least: 1, most, run: ([first, ...rest]) => run(first, rest) })

keep('abs', 'abs(x)', 1, (x) => ({ ...x, value: x.value.abs() }))
keep('sqrt', 'sqrt(x)', 1, root2)
for (const [name, mode] of [
  ['round', Exact.ROUND_HALF_UP],
  ['floor', Exact.ROUND_FLOOR],
  ['ceil', Exact.ROUND_CEIL],
  ['trunc', Exact.ROUND_DOWN]
] as const) {
  keep(name, `${name}(x, [digits])`, 2, (x, [digits]) => toPlaces(name, x, digits, mode))
}
keep('hypot', 'hypot(a, b, …)', MAX_ARGUMENTS, (first, rest) =>
  root2(rest.reduce((total, x) => addQuantities(total, multiplyQuantities(x, x)), multiplyQuantities(first, first)))
)
keep('product', 'product(a, b, …)', MAX_ARGUMENTS, (first, rest) =>
  rest.reduce((total, x) => multiplyQuantities(total, x), first)
)
for (const { name, usage, least, run } of statistics) functions.set(name, { usage, least, most: MAX_ARGUMENTS, run })

/** Aliases. */
const ALIASES: Record<string, string> = {
  avg: 'mean',
  average: 'mean',
  comb: 'ncr',
  binomial: 'ncr',
  perm: 'npr',
  fact: 'factorial',
  lg: 'log10',
  arcsin: 'asin',
  arccos: 'acos',
  arctan: 'atan',
  ceiling: 'ceil',
  sgn: 'sign',
  stdev: 'std',
  stddev: 'std',
  var: 'variance',
  pstdev: 'stdp',
  pvariance: 'variancep',
  varp: 'variancep',
  prod: 'product'
}

export const findFunction = (name: string): MathFunction | undefined => {
  const key = name.toLowerCase()
  return functions.get(Object.hasOwn(ALIASES, key) ? (ALIASES[key] as string) : key)
}
export const functionNames = [...functions.keys()].sort()

const Wide = Rounded.clone({ precision: 80 })

/** That of decimal.js takes memory in proportion to the exponent. Small numbers would vanish in the sum under the logarithm. */
function asinh (x: Decimal): Decimal {
  const size = new Wide(x.abs())
  const square = size.times(size)
  const result = size.lt(1e-10)
    ? size.minus(size.times(square).div(6))
    : size.plus(square.plus(1).sqrt()).ln()
  return new Rounded(x.isNegative() ? result.negated() : result)
}

function logarithm (x: Num, base: Num): Num {
  if (x.value.lte(0) || base.value.lte(0) || base.value.eq(1)) {
    throw new ToolError('A logarithm takes a number above zero, and a base above zero other than 1.')
  }
  spend(LOGARITHM)
  const result = new Rounded(x.value.toSD(70)).log(base.value.toSD(70)).toSD(50)
  // log(1000) is 3: a whole result is checked, so that it is exact.
  const whole = result.isInteger() && result.abs().lte(MAX_PRODUCT_LENGTH) && power(base, num(result)).value.eq(x.value)
  return whole ? num(result, x.exact && base.exact) : num(result, false)
}

function root (x: Num, n: Num): Num {
  if (!n.value.isInteger() || n.value.lte(0) || n.value.gt(MAX_PRODUCT_LENGTH)) {
    throw new ToolError(`The second argument of root is a whole number from 1 to ${MAX_PRODUCT_LENGTH}.`)
  }
  const odd = n.value.mod(2).eq(1)
  if (x.value.isNegative() && !odd) throw new ToolError('A negative number has no even root in real numbers.')
  spend(FRACTIONAL_POWER)
  const size = new Rounded(x.value.abs().toSD(70)).pow(new Rounded(1).div(n.value))
  const near = num(x.value.isNegative() ? size.negated() : size, false)
  const candidate = num(near.value.toSD(50), x.exact)
  return power(candidate, n).value.eq(x.value) ? candidate : rounded(near.value)
}

function toPlaces (name: string, x: Quantity, digits: Quantity | undefined, mode: Decimal.Rounding): Quantity {
  const places = digits === undefined ? 0 : toPlain(digits, name).value.toNumber()
  if (!Number.isInteger(places) || Math.abs(places) > DIGITS) {
    throw new ToolError(`The second argument of ${name} is a whole number: how many digits to keep after the point.`)
  }
  if (x.value.e >= DIGITS) return x
  spend(divisionCost(DIGITS, 1))
  const scale = new Exact(10).pow(Math.abs(places))
  const value =
    places >= 0 ? x.value.toDecimalPlaces(places, mode) : x.value.div(scale).toDecimalPlaces(0, mode).times(scale)
  return { ...num(value, x.exact), units: x.units }
}
