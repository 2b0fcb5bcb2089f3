// The tree of an expression, and how tightly its operators bind.
// Tested in test/tools/calculate/expressions.test.ts.
import type { Form } from './forms.ts'

export type BinaryOperator = '+' | '-' | '*' | '/' | '^' | 'mod' | 'off'
export type Comparison = '<' | '>' | '<=' | '>=' | '=' | '<>'

export type Node =
  | { type: 'number'; text: string }
  | { type: 'name'; name: string }
  | { type: 'negate' | 'percent' | 'factorial'; of: Node }
  | { type: 'binary'; operator: BinaryOperator; left: Node; right: Node; implicit?: true }
  | { type: 'convert'; of: Node; to: Node }
  | { type: 'form'; of: Node; form: Form }
  | { type: 'compare'; operator: Comparison; left: Node; right: Node }
  | { type: 'call'; name: string; arguments: Node[] }
  | { type: 'list'; items: Node[] }

/** How tightly each infix operator binds. A sign binds tighter than * and looser than ^, so that -2^2 is -4. */
export const POWERS: Record<string, number> = {
  '<': 0.5,
  '>': 0.5,
  '<=': 0.5,
  '>=': 0.5,
  '=': 0.5,
  '==': 0.5,
  '<>': 0.5,
  '!=': 0.5,
  to: 1,
  in: 1,
  as: 1,
  '+': 2,
  '-': 2,
  '*': 3,
  '/': 3,
  mod: 3,
  of: 3,
  off: 3,
  '%': 3,
  '^': 5
}
export const SIGN = 4
/** Of a product without a sign, as in 2pi. */
export const IMPLICIT = 3.5

/** Other spellings of comparisons. */
export const COMPARISONS: Record<string, Comparison> = { '==': '=', '!=': '<>' }

/** A product without its sign, as in 2pi. */
export const isImplicit = (node: Node): boolean => node.type === 'binary' && node.implicit === true

/** 5%, -5%, or a sum of percentages. */
export const isPercent = (node: Node): boolean =>
  node.type === 'percent' ||
  (node.type === 'negate' && isPercent(node.of)) ||
  (node.type === 'binary' && (node.operator === '+' || node.operator === '-') && isPercent(node.left) && isPercent(node.right))
