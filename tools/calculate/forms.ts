// Writes a number in another form: hexadecimal, octal, binary, or as a fraction.
// Tested in test/tools/calculate/expressions.test.ts.
import { ToolError } from '../../authoring/tool.ts'
import type { Num } from './numbers.ts'
import { spend } from './work.ts'

export type Form = 'hex' | 'oct' | 'bin' | 'decimal' | 'fraction'

const NAMES: Record<string, Form> = {
  hex: 'hex',
  hexadecimal: 'hex',
  oct: 'oct',
  octal: 'oct',
  bin: 'bin',
  binary: 'bin',
  dec: 'decimal',
  decimal: 'decimal',
  fraction: 'fraction'
}
const RADIX = { hex: 16, oct: 8, bin: 2 } as const
const PREFIX = { hex: '0x', oct: '0o', bin: '0b' } as const
/** Digits of a number that is written in another base: a thousand decimal digits are 3,322 binary ones. */
const MAX_DIGITS = 300
/** A fraction with a larger denominator is of no use to a reader. */
const MAX_DENOMINATOR = 10n ** 15n
const SCALE_DIGITS = 50

export const findForm = (name: string): Form | undefined =>
  Object.hasOwn(NAMES, name.toLowerCase()) ? NAMES[name.toLowerCase()] : undefined

/** @throws ToolError for a number without this form. */
export function writeForm (number: Num, form: Exclude<Form, 'decimal'>): string {
  if (form === 'fraction') return writeFraction(number)
  const { value } = number
  if (!value.isInteger() || value.e >= MAX_DIGITS) {
    throw new ToolError(`Only whole numbers of up to ${MAX_DIGITS} digits are written as ${form}. Round it first.`)
  }
  spend(100)
  const digits = BigInt(value.abs().toFixed()).toString(RADIX[form])
  return `${value.isNegative() ? '-' : ''}${PREFIX[form]}${digits}`
}

/** The simplest fraction that agrees in fifty digits, by continued fractions: 0.333… is 1/3, and pi has none. */
function writeFraction ({ value }: Num): string {
  const none = () => new ToolError('This number is not a fraction with a denominator of up to fifteen digits.')
  if (value.e > SCALE_DIGITS || (value.e < -SCALE_DIGITS && !value.isZero())) throw none()
  spend(300)
  const scale = 10n ** BigInt(SCALE_DIGITS)
  const scaled = BigInt(value.abs().times(`1e${SCALE_DIGITS}`).toFixed(0))
  let [rest, next] = [scaled, scale]
  let [p, before] = [1n, 0n]
  let [q, qBefore] = [0n, 1n]
  while (next !== 0n) {
    const part = rest / next;
    [rest, next] = [next, rest % next];
    [p, before] = [part * p + before, p];
    [q, qBefore] = [part * q + qBefore, q]
    if (q > MAX_DENOMINATOR) throw none()
    const off = p * scale - scaled * q
    if ((off < 0n ? -off : off) <= q) break
  }
  const sign = value.isNegative() ? '-' : ''
  return q === 1n ? `${sign}${p}` : `${sign}${p}/${q}`
}
