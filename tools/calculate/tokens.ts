// An expression cut into numbers, names and symbols. Nothing else is let through.
import { ToolError } from '../../authoring/tool.ts'
import { respell } from './spelling.ts'

export interface Token {
  kind: 'number' | 'name' | 'symbol' | 'end'
  text: string
  /** The expression from here on, for messages. */
  rest: string
}

const NUMBER = /(?:0[xX][\da-fA-F]+|0[bB][01]+|0[oO][0-7]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/y
/**
 * Thousands with commas, where they cannot be anything else: 1,234.56 and 1,234,567, but not 1,234, which half of the
 * world reads as 1.234.
 */
const GROUPED = /(?:\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,})(?![\d,])/y
/** The degree sign begins a name (°C) or is one. */
const NAME = /(?:°\p{L}*|[\p{L}_][\p{L}\p{N}_]*|‰)/uy
const SYMBOL = /<>|[<>=!]=|[-+*/^%!(),[\]|√∛<>=]/y

/** @throws ToolError that names the first character that has no meaning here. */
export function readTokens (expression: string): Token[] {
  const text = respell(expression)
  const tokens: Token[] = []
  /** For each open bracket, whether commas inside separate arguments. */
  const brackets: boolean[] = []
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const rest = text.slice(at)
    const token =
      (!brackets.includes(true) && match(GROUPED, text, at, 'number')) ||
      (match(NUMBER, text, at, 'number') ?? match(NAME, text, at, 'name') ?? match(SYMBOL, text, at, 'symbol'))
    if (!token) {
      throw new ToolError(
        `${quote(rest)} cannot be read. An expression has numbers, + - * / ^ % ! ( ), functions and units; no text, no variables, no code and no currencies.`
      )
    }
    if (token.text === '!=' && text[at - 1] !== ' ') throw new ToolError('Write 5! = 120 for a factorial, or 5 <> 120 for what is not equal.')
    if (token.text === '(' || token.text === '[') brackets.push(token.text === '[' || tokens.at(-1)?.kind === 'name')
    if (token.text === ')' || token.text === ']') brackets.pop()
    tokens.push({ ...token, rest })
    at += token.text.length
  }
  tokens.push({ kind: 'end', text: '', rest: '' })
  return tokens
}

/** A short piece of the expression, for a message. */
export const quote = (text: string): string =>
  JSON.stringify(text.length > 24 ? `${text.slice(0, 24).toWellFormed()}…` : text.toWellFormed())

function skipSpace (text: string, at: number): number {
  while (/\s/.test(text.charAt(at))) at++
  return at
}

function match (pattern: RegExp, text: string, at: number, kind: Token['kind']) {
  pattern.lastIndex = at
  const found = pattern.exec(text)
  return found && { kind, text: found[0] }
}
