// How much a calculation may cost, counted before each step: all of them share one thread with everybody's requests.
import type { Decimal } from 'decimal.js'
import { ToolError } from '../../authoring/tool.ts'

/** Microseconds of one core, as measured on a small server. */
export const MAX_WORK_MICROSECONDS = 18_000

/** A calculation never waits, so no two are under way at once and one counter serves all. */
let spent = 0

/** Runs one calculation with the whole allowance. */
export function withAllowance<Result> (calculate: () => Result): Result {
  spent = 0
  return calculate()
}

/** What the latest calculation has cost so far, for tests that hold the prices against the clock. */
export const workSpent = (): number => spent

/**
 * To be called before the step it pays for.
 * @param microseconds at most what the step takes.
 * @throws ToolError once the allowance is used up.
 */
export function spend (microseconds: number): void {
  spent += microseconds
  if (spent > MAX_WORK_MICROSECONDS) {
    throw new ToolError('This takes too much work for one call. Split it into smaller expressions.')
  }
}

const DIGITS_PER_WORD = 7
const wordsOf = (digits: number): number => Math.ceil(digits / DIGITS_PER_WORD) + 1

/** Decimals multiply and divide by long multiplication: a step for each pair of words of seven digits. */
export const multiplicationCost = (digits: number, otherDigits: number): number =>
  3 + 0.02 * wordsOf(digits) * wordsOf(otherDigits)

export const divisionCost = (quotientDigits: number, divisorDigits: number): number =>
  3 + wordsOf(quotientDigits) * (0.7 + 0.03 * wordsOf(divisorDigits))

/** A dozen divisions of native integers. @param digits of the root. */
export const squareRootCost = (digits: number): number => 30 + 0.0005 * digits ** 2

/** Copying, adding, comparing and writing: what takes a step for each word. */
export const linearCost = (value: Decimal): number => 3 + 0.1 * wordsOf(value.sd())
