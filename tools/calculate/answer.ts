// The answer to a calculation: the result as text, and its parts.
import { answerDates } from './dates.ts'
import { evaluate } from './evaluate.ts'
import { writeForm } from './forms.ts'
import { write } from './numbers.ts'
import { parse } from './parse.ts'
import { compareQuantities, toPlain, writeUnits } from './quantity.ts'
import { respell } from './spelling.ts'
import type { Comparison, Node } from './tree.ts'
import { withAllowance } from './work.ts'

export interface Answer {
  result: string
  value: string
  unit?: string
  exact: boolean
}

/** @throws ToolError that says what is wrong with the expression. */
export const answer = (expression: string): Answer =>
  withAllowance(() => answerDates(respell(expression)) ?? answerTree(parse(expression)))

function answerTree (node: Node): Answer {
  if (node.type === 'compare') {
    const [left, right] = [evaluate(node.left), evaluate(node.right)]
    return alone(String(HOLDS[node.operator](compareQuantities(left, right))), left.exact && right.exact)
  }
  if (node.type === 'form' && node.form !== 'decimal') {
    const number = toPlain(evaluate(node.of), node.form)
    return alone(writeForm(number, node.form), node.form === 'fraction' || number.exact)
  }
  const quantity = evaluate(node.type === 'form' ? node.of : node)
  const value = write(quantity)
  const unit = writeUnits(quantity.units)
  return { result: unit ? `${value} ${unit}` : value, value, ...(unit && { unit }), exact: quantity.exact }
}

const alone = (value: string, exact: boolean): Answer => ({ result: value, value, exact })

const HOLDS: Record<Comparison, (order: number) => boolean> = {
  '<': (order) => order < 0,
  '>': (order) => order > 0,
  '<=': (order) => order <= 0,
  '>=': (order) => order >= 0,
  '=': (order) => order === 0,
  '<>': (order) => order !== 0
}
