// The answer to a calculation: the result as text, and its parts.
import { evaluate } from './evaluate.ts'
import { write } from './numbers.ts'
import { writeUnits } from './quantity.ts'

/** @throws ToolError that says what is wrong with the expression. */
export function answer (expression: string): { result: string; value: string; unit?: string; exact: boolean } {
  const quantity = evaluate(expression)
  const value = write(quantity)
  const unit = writeUnits(quantity.units)
  return { result: unit ? `${value} ${unit}` : value, value, ...(unit && { unit }), exact: quantity.exact }
}
