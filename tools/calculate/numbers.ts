// Decimal arithmetic that knows whether a result is exact or rounded.
import { Decimal } from 'decimal.js'
import { ToolError } from '../../authoring/tool.ts'
import { divisionCost, linearCost, multiplicationCost, spend, squareRootCost } from './work.ts'

/** Digits that are kept: a result with fewer is exact. */
export const DIGITS = 1_000
/**
 * Digits that are kept of a number that was rounded once: far more than are shown, so that what rounding adds up to is
 * never seen.
 */
const INEXACT_DIGITS = 300
/** Digits of what cannot be exact, such as a sine. */
const ROUNDED_DIGITS = 60
/** Digits shown of a rounded result; the others absorb what rounding adds up to. */
const SHOWN_DIGITS = 30
/** Powers of ten a number may have. */
const MAX_EXPONENT = 1_000_000_000
/** Beyond these powers of ten a number is written as 1.5e+50. */
const FIXED_FROM = -20

// Decimals take a number through its text at times, so a text never has more zeros than the default of 21: 1e999999999
// would fill the
// memory.
export const Exact = Decimal.clone({ precision: DIGITS })
const Inexact = Exact.clone({ precision: INEXACT_DIGITS })
export const Rounded = Decimal.clone({ precision: ROUNDED_DIGITS })

export interface Num {
  value: Decimal
  exact: boolean
}

/** The lowest power of ten with a digit. */
const lowest = (value: Decimal): number => value.e - value.sd() + 1

/** @throws ToolError for what is not a real number, and beyond the largest exponent. */
export function num (value: Decimal.Value, exact = true): Num {
  const decimal = new Exact(value)
  if (decimal.isNaN()) throw new ToolError('The result is not defined for real numbers.')
  if (!decimal.isFinite() || Math.abs(decimal.e) > MAX_EXPONENT) {
    throw new ToolError(
      `A number in between is too ${decimal.isFinite() && decimal.e < 0 ? 'small' : 'large'}: powers of ten go up to ${MAX_EXPONENT}. Ask for its logarithm, or for a smaller case.`
    )
  }
  spend(linearCost(decimal))
  return { value: exact ? decimal : decimal.toSD(INEXACT_DIGITS), exact }
}

/** As much of a number as a result that cannot be exact needs. */
const shorten = (value: Decimal): Decimal => new Inexact(value).toSD(INEXACT_DIGITS)

/** A number as it was written; native integers read other bases far faster than decimals do. */
export function readNumber (text: string): Num {
  if (!/^0[xbo]/i.test(text)) return num(text.replaceAll(/[_,]/g, ''))
  const digits = String(BigInt(text))
  return num(digits, digits.length <= DIGITS)
}

/** A number that a function of {@link Rounded} gave. Its last digits are cut off, so that sin(pi) is 0. */
export const rounded = (value: Decimal): Num =>
  num(value.isFinite() ? value.toDecimalPlaces(Math.max(0, ROUNDED_DIGITS - 10 - Math.max(0, value.e))) : value, false)

/** Exact while the sum has at most {@link DIGITS} digits. */
export function add (a: Num, b: Num): Num {
  const digits = Math.max(a.value.e, b.value.e) + 2 - Math.min(lowest(a.value), lowest(b.value))
  return num(a.value.plus(b.value), a.exact && b.exact && (digits <= DIGITS || a.value.isZero() || b.value.isZero()))
}

export const negate = (a: Num): Num => num(a.value.negated(), a.exact)

export const subtract = (a: Num, b: Num): Num => add(a, negate(b))

/** Exact while the product has at most {@link DIGITS} digits. @throws ToolError beyond the allowance of work. */
export function multiply (a: Num, b: Num): Num {
  const exact = a.exact && b.exact && a.value.sd() + b.value.sd() <= DIGITS
  const [x, y] = exact ? [a.value, b.value] : [shorten(a.value), shorten(b.value)]
  spend(multiplicationCost(x.sd(), y.sd()))
  return num(x.times(y), exact)
}

/** @throws ToolError for a division by zero, and beyond the allowance of work. */
export function divide (a: Num, b: Num): Num {
  if (b.value.isZero()) throw new ToolError('This divides by zero. Correct the expression.')
  if (b.value.eq(1)) return num(a.value, a.exact && b.exact)
  if (!a.exact || !b.exact) {
    const [x, y] = [shorten(a.value), shorten(b.value)]
    spend(divisionCost(INEXACT_DIGITS, y.sd()))
    return num(x.div(y), false)
  }
  spend(divisionCost(DIGITS, b.value.sd()))
  const value = a.value.div(b.value)
  if (value.sd() + b.value.sd() > DIGITS) return num(value, false)
  spend(multiplicationCost(value.sd(), b.value.sd()))
  return num(value, value.times(b.value).eq(a.value))
}

/** The remainder with the sign of the divisor, as a clock needs it: -1 mod 12 is 11. */
export function modulo (a: Num, b: Num): Num {
  if (b.value.isZero()) throw new ToolError('This takes a remainder of a division by zero. Correct the expression.')
  const known = a.exact && b.exact ? DIGITS : INEXACT_DIGITS
  const quotientDigits = a.value.e - b.value.e
  if (quotientDigits > known) {
    throw new ToolError(`A remainder needs numbers that differ by less than ${known} powers of ten.`)
  }
  spend(
    divisionCost(Math.max(quotientDigits, 0), b.value.sd()) +
      multiplicationCost(Math.max(quotientDigits, 0), b.value.sd())
  )
  const value = a.value.mod(b.value)
  return num(
    value.isZero() || value.isNegative() === b.value.isNegative() ? value : value.plus(b.value),
    a.exact && b.exact
  )
}

/** @throws ToolError where the power is not a real number, and beyond the allowance of work. */
export function power (base: Num, exponent: Num): Num {
  const { value: x } = base
  const { value: n } = exponent
  if (x.isZero() && n.isNegative() && !n.isZero()) {
    throw new ToolError('Zero has no negative powers: they divide by zero.')
  }
  if (n.isInteger() && n.abs().lte(Number.MAX_SAFE_INTEGER)) return integerPower(base, n.toNumber(), exponent.exact)
  if (x.isNegative()) {
    throw new ToolError(
      'A negative number has no such power in real numbers. For an odd root use cbrt(x) or root(x, n).'
    )
  }
  if (n.eq(0.5)) return squareRoot(base)
  spend(FRACTIONAL_POWER)
  return checkVanished(rounded(x.isZero() ? x : new Rounded(x.toSD(ROUNDED_DIGITS)).pow(n.toSD(ROUNDED_DIGITS))), x)
}

/** Microseconds of a power of {@link Rounded} that is not whole. */
export const FRACTIONAL_POWER = 1_000

function integerPower (base: Num, n: number, exact: boolean): Num {
  const times = Math.abs(n)
  const digits = digitsOfPower(base.value, times)
  const isExact = base.exact && exact && digits <= DIGITS
  // Squaring and multiplying. What is exact grows, and its last two steps cost more than all before them.
  const steps = isExact ? 2 : 2 * (1 + Math.log2(times + 1))
  spend(steps * (isExact ? multiplicationCost(digits, digits) : multiplicationCost(INEXACT_DIGITS, INEXACT_DIGITS)))
  const result = checkVanished(num((isExact ? base.value : shorten(base.value)).pow(times), isExact), base.value)
  return n < 0 ? divide(num(1), result) : result
}

/** At most so many; the zeros at the end of a number do not count. */
function digitsOfPower (x: Decimal, n: number): number {
  if (x.isZero()) return 1
  const leading = x.abs().toSD(15).div(`1e${x.e}`).toNumber()
  return Math.floor(n * (x.sd() - 1 + Math.log10(leading)) + 1e-9) + 1
}

/** Decimals quietly become zero when they are too small. */
function checkVanished (result: Num, base: Decimal): Num {
  if (result.value.isZero() && !base.isZero()) {
    throw new ToolError(
      'An intermediate result is too small to distinguish from zero. Ask for its logarithm, or for a smaller case.'
    )
  }
  return result
}

/** @throws ToolError for a negative number, and beyond the allowance of work. */
export function squareRoot (a: Num): Num {
  const { value } = a
  if (value.isZero()) return a
  if (value.isNegative()) throw new ToolError('A negative number has no square root in real numbers.')
  // The root of a long number is whole only if it has half as many digits; whether it is shows in a few more.
  const rootDigits = Math.max(ROUNDED_DIGITS, a.exact ? Math.ceil(value.sd() / 2) + 5 : INEXACT_DIGITS)
  spend(squareRootCost(rootDigits))
  const exponent = lowest(value)
  const zeros = Math.max(0, 2 * rootDigits - value.sd())
  const even = zeros + Math.abs((exponent - zeros) % 2)
  const radicand = BigInt(value.times(`1e${-exponent}`).toFixed()) * 10n ** BigInt(even)
  const root = wholeRoot(radicand)
  return num(`${root}e${(exponent - even) / 2}`, a.exact && root * root === radicand)
}

/** Rounded down, by Newton's iteration: decimals' own root takes very long for numbers with many nines. */
function wholeRoot (radicand: bigint): bigint {
  const bits = 4 * radicand.toString(16).length
  let root = 1n << BigInt(Math.ceil(bits / 2))
  for (;;) {
    const next = (root + radicand / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

/** The digits that are shown. */
export const shownValue = ({ value, exact }: Num): Decimal => (exact ? value : value.toSD(SHOWN_DIGITS))

/** Exact results in full; rounded ones with {@link SHOWN_DIGITS} digits. */
export function write (number: Num): string {
  const { exact } = number
  const shown = shownValue(number)
  if (shown.isZero()) return '0'
  const fixed = shown.e >= FIXED_FROM && shown.e < (exact ? DIGITS : SHOWN_DIGITS)
  return fixed ? shown.toFixed() : shown.toExponential()
}
