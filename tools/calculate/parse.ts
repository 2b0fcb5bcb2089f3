// A Pratt parser: from the words of an expression to a tree in which every operator knows its operands.
import { ToolError } from '../../authoring/tool.ts'
import { quote, readTokens, type Token } from './tokens.ts'
import { findUnit } from './units.ts'

export type BinaryOperator = '+' | '-' | '*' | '/' | '^' | 'mod'

export type Node =
  | { type: 'number'; text: string }
  | { type: 'name'; name: string }
  | { type: 'negate' | 'percent' | 'factorial'; of: Node }
  | { type: 'binary'; operator: BinaryOperator; left: Node; right: Node }
  | { type: 'convert'; of: Node; to: Node }
  | { type: 'call'; name: string; arguments: Node[] }

/** Levels of brackets, signs and powers inside each other. */
const MAX_DEPTH = 64
/** How tightly each infix operator binds. A sign binds tighter than * and looser than ^, so that -2^2 is -4. */
const POWERS: Record<string, number> = {
  to: 1,
  in: 1,
  as: 1,
  '+': 2,
  '-': 2,
  '*': 3,
  '/': 3,
  mod: 3,
  of: 3,
  '%': 3,
  '^': 5
}
const SIGN = 4

/** @throws ToolError that says what is wrong, and near which words. */
export function parse (expression: string): Node {
  return new Parser(readTokens(expression)).parseAll()
}

class Parser {
  #tokens: Token[]
  #at = 0
  #depth = 0

  constructor (tokens: Token[]) {
    this.#tokens = tokens
  }

  parseAll (): Node {
    const node = this.#parse(0)
    const token = this.#peek()
    if (token.text === ')') throw new ToolError('There is a ) without its (.')
    if (token.text === ',') {
      throw new ToolError(
        'A comma only separates the arguments of a function. Write numbers without it: 1234567 or 1_234_567.'
      )
    }
    if (token.kind !== 'end') throw new ToolError(`Put an operator such as * before ${quote(token.rest)}.`)
    return node
  }

  #peek (ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)] as Token
  }

  #next (): Token {
    const token = this.#peek()
    this.#at++
    return token
  }

  #take (text: string): boolean {
    const found = this.#peek().text === text && this.#peek().kind !== 'end'
    if (found) this.#at++
    return found
  }

  /** An operand, and every operator after it that binds tighter than `limit`. */
  #parse (limit: number): Node {
    if (++this.#depth > MAX_DEPTH) { throw new ToolError(`The expression is nested deeper than ${MAX_DEPTH} levels. Calculate its parts one by one.`) }
    let left = this.#parsePostfix(this.#parseOperand())
    for (;;) {
      const operator = this.#peek().text
      const power = Object.hasOwn(POWERS, operator) ? (POWERS[operator] as number) : 0
      if (power <= limit) break
      this.#at++
      left = this.#parseInfix(operator, power, left)
    }
    this.#depth--
    return left
  }

  #parseInfix (operator: string, power: number, left: Node): Node {
    if (power === 1) { return { type: 'convert', of: left, to: this.#take('%') ? { type: 'name', name: '%' } : this.#parse(power) } }
    // 2^3^2 is 2^(3^2); everything else goes from left to right.
    const right = this.#parse(operator === '^' ? SIGN : power)
    const spelt = operator === 'of' ? '*' : operator === '%' ? 'mod' : operator
    return { type: 'binary', operator: spelt as BinaryOperator, left, right }
  }

  #parseOperand (): Node {
    const token = this.#next()
    if (token.kind === 'number') return { type: 'number', text: token.text }
    if (token.text === '-') return { type: 'negate', of: this.#parse(SIGN) }
    if (token.text === '+') return this.#parse(SIGN)
    if (token.text === '(') {
      const inner = this.#parse(0)
      if (!this.#take(')')) throw new ToolError(this.#missingBracket())
      return inner
    }
    if (token.kind === 'name' && (token.text === 'in' || !Object.hasOwn(POWERS, token.text))) {
      return this.#take('(')
        ? { type: 'call', name: token.text, arguments: this.#parseArguments() }
        : { type: 'name', name: token.text }
    }
    if (token.kind === 'end') { throw new ToolError('The expression ends where a number should follow. Complete it, as in 2 + 3 * 4.') }
    throw new ToolError(`A number, a function or ( should stand at ${quote(token.rest)}.`)
  }

  #parseArguments (): Node[] {
    const nodes: Node[] = []
    if (this.#take(')')) return nodes
    do nodes.push(this.#parse(0))
    while (this.#take(','))
    if (!this.#take(')')) throw new ToolError(this.#missingBracket())
    return nodes
  }

  #missingBracket (): string {
    const { kind, rest } = this.#peek()
    return kind === 'end'
      ? 'A ( is not closed. Add the missing ).'
      : `A ) or an operator should stand before ${quote(rest)}.`
  }

  /** What follows an operand and belongs to it alone: a factorial, a percent sign, units. */
  #parsePostfix (operand: Node): Node {
    let node = operand
    for (;;) {
      if (this.#take('!')) node = { type: 'factorial', of: node }
      else if (this.#peek().text === '%' && !this.#startsOperand(1)) {
        this.#at++
        node = { type: 'percent', of: node }
      } else if (this.#startsUnit()) node = { type: 'binary', operator: '*', left: node, right: this.#parseUnit() }
      else return node
    }
  }

  /** 10 % 3 is a remainder, 10% a part of a hundred: it depends on what comes after the sign. */
  #startsOperand (ahead: number): boolean {
    const { kind, text } = this.#peek(ahead)
    return kind === 'number' || text === '(' || (kind === 'name' && !Object.hasOwn(POWERS, text))
  }

  #startsUnit (): boolean {
    const { kind, text } = this.#peek()
    if (kind !== 'name') return false
    const after = this.#peek(1).text
    // The inch is spelt like the conversion: `5 in` and `5 in in cm`, but `0.5 in %`.
    if (text === 'in') { return this.#peek(-1).kind === 'number' && (after === 'in' || (after !== '%' && findUnit(after) === undefined)) }
    return !Object.hasOwn(POWERS, text) && after !== '(' && findUnit(text) !== undefined
  }

  #parseUnit (): Node {
    const unit: Node = { type: 'name', name: this.#next().text }
    if (!this.#take('^')) return unit
    return { type: 'binary', operator: '^', left: unit, right: this.#parse(SIGN) }
  }
}
