// A Pratt parser: from the words of an expression to a tree in which every operator knows its operands.
import { ToolError } from '../../authoring/tool.ts'
import { isConstant, isMultiplier } from './constants.ts'
import { findForm } from './forms.ts'
import { findFunction } from './functions.ts'
import { quote, readTokens, type Token } from './tokens.ts'
import { COMPARISONS, IMPLICIT, isImplicit, POWERS, SIGN, type BinaryOperator, type Comparison, type Node } from './tree.ts'
import { findUnit } from './units.ts'

/** Levels of brackets, signs and powers inside each other. */
const MAX_DEPTH = 64
/** Root signs, which precede their number. */
const ROOTS: Record<string, string> = { '√': 'sqrt', '∛': 'cbrt' }

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
        'A comma only separates the arguments of a function. Write numbers without it, as in 1234567, and decimals with a point, as in 3.5.'
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
    if (++this.#depth > MAX_DEPTH) {
      throw new ToolError(`The expression is nested deeper than ${MAX_DEPTH} levels. Calculate its parts one by one.`)
    }
    let left = this.#parsePostfix(this.#parseOperand())
    for (;;) {
      const operator = this.#peek().text
      const isProduct = this.#startsProduct()
      const power = isProduct ? IMPLICIT : Object.hasOwn(POWERS, operator) ? (POWERS[operator] as number) : 0
      if (power <= limit) break
      if (isProduct) {
        left = { type: 'binary', operator: '*', left, right: this.#parse(IMPLICIT), implicit: true }
        continue
      }
      this.#at++
      left = this.#parseInfix(operator, power, left)
    }
    this.#depth--
    return left
  }

  #parseInfix (operator: string, power: number, left: Node): Node {
    if (power === 1) return this.#parseTarget(left)
    // 2^3^2 is 2^(3^2); everything else goes from left to right.
    const right = this.#parse(operator === '^' ? SIGN : power)
    if (power === 0.5) {
      return { type: 'compare', operator: (COMPARISONS[operator] ?? operator) as Comparison, left, right }
    }
    if ((operator === '/' || operator === '%' || operator === 'mod') && isImplicit(right)) {
      throw new ToolError(
        'A product without a sign after a division can be read in two ways. Write the * and brackets: 1/(2*pi) or 1/2*pi.'
      )
    }
    const name = operator === 'of' ? '*' : operator === '%' ? 'mod' : operator
    return { type: 'binary', operator: name as BinaryOperator, left, right }
  }

  /** After `to`, `in` or `as`: a unit, a part of a hundred, or another way to write a number. */
  #parseTarget (of: Node): Node {
    const form = findForm(this.#peek().text)
    if (form !== undefined) {
      this.#at++
      return { type: 'form', of, form }
    }
    if (!this.#take('%')) return { type: 'convert', of, to: this.#parse(1) }
    const to: Node = { type: 'name', name: '%' }
    // 12 as % of 80 is 15 %.
    return { type: 'convert', of: this.#take('of') ? { type: 'binary', operator: '/', left: of, right: this.#parse(1) } : of, to }
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
    if (token.text === '[') return { type: 'list', items: this.#parseArguments(']') }
    if (Object.hasOwn(ROOTS, token.text)) return { type: 'call', name: ROOTS[token.text]!, arguments: [this.#parseOperand()] }
    if (token.text === '|') {
      const inner = this.#parse(0)
      if (!this.#take('|')) throw new ToolError('A | is not closed. Write abs(x).')
      return { type: 'call', name: 'abs', arguments: [inner] }
    }
    if (token.kind === 'name' && this.#isName(token.text)) {
      if (isConstant(token.text) || !this.#take('(')) return { type: 'name', name: token.text }
      const args = this.#parseArguments(')')
      const form = findForm(token.text)
      return form && args.length === 1 ? { type: 'form', of: args[0]!, form } : { type: 'call', name: token.text, arguments: args }
    }
    if (token.kind === 'end') {
      throw new ToolError('The expression ends where a number should follow. Complete it, as in 2 + 3 * 4.')
    }
    throw new ToolError(`Put a number, a function or ( at ${quote(token.rest)}.`)
  }

  /** A name and not an operator: the inch is spelled like `in`, and mod(a, b) like the operator. */
  #isName (text: string): boolean {
    return text === 'in' || !Object.hasOwn(POWERS, text) || (text === 'mod' && this.#peek().text === '(')
  }

  #parseArguments (end: ')' | ']'): Node[] {
    const nodes: Node[] = []
    if (this.#take(end)) return nodes
    do nodes.push(this.#parse(0))
    while (this.#take(','))
    if (!this.#take(end)) throw new ToolError(this.#missingBracket(end))
    return nodes
  }

  #missingBracket (end: ')' | ']' = ')'): string {
    const { kind, rest } = this.#peek()
    return kind === 'end'
      ? `A ${end === ')' ? '(' : '['} is not closed. Add the missing ${end}.`
      : `Put a ${end} or an operator before ${quote(rest)}.`
  }

  /** What follows an operand and belongs to it alone: a factorial, a percent sign, units. */
  #parsePostfix (operand: Node): Node {
    let node = operand
    for (;;) {
      if (this.#take('!')) node = { type: 'factorial', of: node }
      else if (this.#peek().text === '%' && !this.#startsOperand(1)) {
        this.#at++
        node = { type: 'percent', of: node }
      } else if (this.#startsUnit()) node = this.#parseSmallerUnits(this.#parseUnits(node))
      else return node
    }
  }

  #parseUnits (number: Node): Node {
    return { type: 'binary', operator: '*', left: number, right: this.#parseUnit() }
  }

  /** 5 ft 11 in and 1 h 30 min are one quantity each. */
  #parseSmallerUnits (first: Node): Node {
    let sum = first
    while (this.#peek().kind === 'number' && this.#isUnit(this.#peek(1), this.#peek(2).text, true)) {
      const number: Node = { type: 'number', text: this.#next().text }
      sum = { type: 'binary', operator: '+', left: sum, right: this.#parseUnits(number) }
    }
    return sum
  }

  /** 2(3+4), 2pi, (1+2)(3+4), 2 sqrt(3): a product without its sign. */
  #startsProduct (): boolean {
    const { kind, text } = this.#peek()
    if (text === '(' || Object.hasOwn(ROOTS, text)) return true
    if (kind !== 'name' || Object.hasOwn(POWERS, text)) return false
    return isConstant(text) || (findFunction(text) !== undefined && this.#peek(1).text === '(')
  }

  /** 10 % 3 is a remainder, 10% a part of a hundred: it depends on what comes after the sign. */
  #startsOperand (ahead: number): boolean {
    const { kind, text } = this.#peek(ahead)
    return kind === 'number' || text === '(' || (kind === 'name' && !Object.hasOwn(POWERS, text))
  }

  #startsUnit (): boolean {
    return this.#isUnit(this.#peek(), this.#peek(1).text, this.#peek(-1).kind === 'number')
  }

  /** The inch is spelled like the conversion: `5 in` and `5 in in cm`, but `0.5 in %`. */
  #isUnit ({ kind, text }: Token, after: string, followsNumber: boolean): boolean {
    if (kind !== 'name') return false
    if (text === 'in') return followsNumber && (after === 'in' || (after !== '%' && findUnit(after) === undefined && findForm(after) === undefined))
    if (isMultiplier(text)) return true
    return !Object.hasOwn(POWERS, text) && !isConstant(text) && after !== '(' && findUnit(text) !== undefined
  }

  #parseUnit (): Node {
    const unit: Node = { type: 'name', name: this.#next().text }
    if (!this.#take('^')) return unit
    return { type: 'binary', operator: '^', left: unit, right: this.#parse(SIGN) }
  }
}
