// Tokens of an expression: numbers, names and symbols in their spellings, and nothing else.
import t from 'tap'
import { quote, readTokens } from '../../../tools/calculate/tokens.ts'

const texts = (expression: string) => readTokens(expression).map(({ text }) => text)

t.test('numbers, names and symbols, in every spelling', (t) => {
  t.same(texts('0x1F + 1_000.5e-3'), ['0x1F', '+', '1_000.5e-3', ''])
  t.same(texts('2 × 3 ÷ 4 − 5²'), ['2', '*', '3', '/', '4', '-', '5', '^', '(', '2', ')', ''])
  t.same(texts('√(72 °F)'), ['√', '(', '72', '°F', ')', ''])
  t.same(texts('1,234.5 + f(1,234)'), ['1,234.5', '+', 'f', '(', '1', ',', '234', ')', ''])
  t.same(readTokens('').map(({ kind }) => kind), ['end'])
  t.end()
})

t.test('anything else is refused by its first character', (t) => {
  for (const expression of ['1 + "a"', 'a \\ 1', '{}', '`x`', '1; 2']) {
    t.throws(() => readTokens(expression), { name: 'ToolError', message: /cannot be read/ }, expression)
  }
  t.equal(quote('x'.repeat(50)), JSON.stringify(`${'x'.repeat(24)}…`))
  t.end()
})
