// Decimal arithmetic that knows whether a result is exact or rounded.
import { Decimal } from 'decimal.js'
import { ToolError } from '../define-tool.ts'

/** Digits that are kept: a result with fewer is exact. */
export const DIGITS = 1_000
/** Digits of what cannot be exact, such as a sine. */
const ROUNDED_DIGITS = 60
/** Digits shown of a rounded result; the others absorb what rounding adds up to. */
const SHOWN_DIGITS = 30
/** Powers of ten a number may have. */
const LARGEST_EXPONENT = 1_000_000_000
/** Beyond these powers of ten a number is written as 1.5e+50. */
const FIXED_FROM = -20

export const Exact = Decimal.clone({ precision: DIGITS, toExpNeg: -9e15, toExpPos: 9e15 })
export const Rounded = Decimal.clone({ precision: ROUNDED_DIGITS })

export interface Num {
  value: Decimal
  exact: boolean
}

/** The lowest power of ten with a digit. */
const lowest = (value: Decimal): number => value.e - value.sd() + 1

export function num (value: Decimal.Value, exact = true): Num {
  const decimal = new Exact(value)
  if (decimal.isNaN()) throw new ToolError('The result is not defined for real numbers.')
  if (!decimal.isFinite() || Math.abs(decimal.e) > LARGEST_EXPONENT) throw new ToolError(`A number in between is too ${decimal.isFinite() && decimal.e < 0 ? 'small' : 'large'}: powers of ten go up to ${LARGEST_EXPONENT}. Ask for its logarithm, or for a smaller case.`)
  return { value: decimal, exact }
}

/** A number that a function of {@link Rounded} gave. Its last digits are cut off, so that sin(pi) is 0. */
export const rounded = (value: Decimal): Num => num(value.isFinite() ? value.toDecimalPlaces(Math.max(0, ROUNDED_DIGITS - 10 - Math.max(0, value.e))) : value, false)

export function add (a: Num, b: Num): Num {
  const digits = Math.max(a.value.e, b.value.e) + 2 - Math.min(lowest(a.value), lowest(b.value))
  return num(a.value.plus(b.value), a.exact && b.exact && (digits <= DIGITS || a.value.isZero() || b.value.isZero()))
}

export const negate = (a: Num): Num => num(a.value.negated(), a.exact)

export const subtract = (a: Num, b: Num): Num => add(a, negate(b))

export const multiply = (a: Num, b: Num): Num =>
  num(a.value.times(b.value), a.exact && b.exact && a.value.sd() + b.value.sd() <= DIGITS)

export function divide (a: Num, b: Num): Num {
  if (b.value.isZero()) throw new ToolError('This divides by zero. Correct the expression.')
  const value = a.value.div(b.value)
  return num(value, a.exact && b.exact && value.sd() + b.value.sd() <= DIGITS && value.times(b.value).eq(a.value))
}

/** The remainder with the sign of the divisor, as a clock needs it: -1 mod 12 is 11. */
export function modulo (a: Num, b: Num): Num {
  if (b.value.isZero()) throw new ToolError('This takes a remainder of a division by zero. Correct the expression.')
  if (a.value.e - b.value.e > DIGITS) throw new ToolError(`A remainder needs numbers that differ by less than ${DIGITS} powers of ten.`)
  const value = a.value.mod(b.value)
  return num(value.isZero() || value.isNegative() === b.value.isNegative() ? value : value.plus(b.value), a.exact && b.exact)
}

export function power (base: Num, exponent: Num): Num {
  const { value: x } = base
  const { value: n } = exponent
  if (x.isZero() && n.isNegative() && !n.isZero()) throw new ToolError('Zero has no negative powers: they divide by zero.')
  if (n.isInteger() && n.abs().lte(Number.MAX_SAFE_INTEGER)) return integerPower(base, n.toNumber(), exponent.exact)
  if (x.isNegative()) throw new ToolError('A negative number has no such power in real numbers. For an odd root use cbrt(x) or root(x, n).')
  if (n.eq(0.5)) return squareRoot(base)
  return checkVanished(rounded(x.isZero() ? x : new Rounded(x.toSD(ROUNDED_DIGITS)).pow(n.toSD(ROUNDED_DIGITS))), x)
}

function integerPower (base: Num, n: number, exact: boolean): Num {
  const result = checkVanished(num(base.value.pow(Math.abs(n)), base.exact && exact && digitsOfPower(base.value, Math.abs(n)) <= DIGITS), base.value)
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
  if (result.value.isZero() && !base.isZero()) throw new ToolError('A number in between is too small to be told from zero. Ask for its logarithm, or for a smaller case.')
  return result
}

export function squareRoot (a: Num): Num {
  if (a.value.isNegative() && !a.value.isZero()) throw new ToolError('A negative number has no square root in real numbers.')
  // Enough digits to see whether the root is whole; all of them only where the number is long.
  const root = a.value.sd() > ROUNDED_DIGITS ? a.value.sqrt() : new Exact(new Rounded(a.value).sqrt())
  return num(root, a.exact && root.sd() * 2 <= DIGITS && root.times(root).eq(a.value))
}

/** Exact results in full; rounded ones with {@link SHOWN_DIGITS} digits. */
export function write ({ value, exact }: Num): string {
  const shown = exact ? value : value.toSD(SHOWN_DIGITS)
  if (shown.isZero()) return '0'
  const fixed = shown.e >= FIXED_FROM && shown.e < (exact ? DIGITS : SHOWN_DIGITS)
  return fixed ? shown.toFixed() : shown.toExponential()
}
