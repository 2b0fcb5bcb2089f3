// Functions of whole numbers: divisors, factorials, and ways to choose.
import { ToolError } from '../../authoring/tool.ts'
import { DIGITS, divide, multiply, num, type Num } from './numbers.ts'
import { spend } from './work.ts'

/** Microseconds of Euclid's algorithm for each pair of digits. */
const EUCLID = 0.003
/** Steps of a product such as 3000!. */
export const MAX_PRODUCT_LENGTH = 3_000

/** @returns the same numbers. @throws ToolError unless all are whole. @param name of the function, for the message. */
export function integers (name: string, numbers: Num[]): Num[] {
  if (numbers.some(({ value }) => !value.isInteger() || value.e >= DIGITS)) {
    throw new ToolError(`${name} takes whole numbers of at most ${DIGITS} digits.`)
  }
  return numbers
}

/** On native integers, where a thousand digits take a few milliseconds. */
export function gcd (a: Num, b: Num): Num {
  spend(10 + EUCLID * (Math.max(a.value.e, 0) + 1) * (Math.max(b.value.e, 0) + 1))
  let [x, y] = [BigInt(a.value.abs().toFixed()), BigInt(b.value.abs().toFixed())]
  while (y > 0n) [x, y] = [y, x % y]
  return num(x.toString(), a.exact && b.exact)
}

/** The least common multiple; 0 if either is 0. */
export function lcm (a: Num, b: Num): Num {
  if (a.value.isZero() || b.value.isZero()) return num(0)
  const product = multiply(divide(a, gcd(a, b)), b)
  return integers('lcm', [{ ...product, value: product.value.abs() }])[0] as Num
}

/** n! @throws ToolError unless n is whole, not negative and small enough to compute. */
export function factorial (n: Num): Num {
  return product('factorial', n, n)
}

/** Factors that are multiplied as whole numbers, which is cheap, before they meet the long product. */
const CHUNK = 16

/** n * (n-1) * … over k factors. */
export function product (name: string, n: Num, k: Num): Num {
  if (![n, k].every(({ value }) => value.isInteger() && value.gte(0))) {
    throw new ToolError(`${name} takes whole numbers from 0.`)
  }
  if (k.value.gt(n.value)) return num(0)
  if (k.value.gt(MAX_PRODUCT_LENGTH) || n.value.e > 20) {
    throw new ToolError(
      `${name} goes up to ${MAX_PRODUCT_LENGTH}. For larger numbers use Stirling: n * ln(n) - n + ln(2 * pi * n) / 2 is the natural logarithm of n!.`
    )
  }
  let result = num(1, n.exact && k.exact)
  const [from, count] = [BigInt(n.value.toFixed()), k.value.toNumber()]
  for (let i = 0; i < count; i += CHUNK) {
    let chunk = 1n
    for (let j = i; j < Math.min(i + CHUNK, count); j++) chunk *= from - BigInt(j)
    result = multiply(result, num(String(chunk)))
  }
  return result
}

/** The number of ways to choose k of n. @throws as {@link factorial} does. */
export function choose (n: Num, k: Num): Num {
  const rest = num(n.value.minus(k.value), n.exact && k.exact)
  const fewer = !rest.value.isNegative() && rest.value.lt(k.value) ? rest : k
  return divide(product('ncr', n, fewer), factorial(fewer))
}
