// The parser of expressions: it agrees with decimal.js, and any text has a result or a refusal (threats TL-01, TL-03).
import { Decimal } from 'decimal.js'
import fc from '../../helpers/fast-check.ts'
import t from 'tap'
import calculate from '../../../tools/calculate.ts'
import { ToolError } from '../../../authoring/tool.ts'
import { run, refusal } from './run.ts'

const Reference = Decimal.clone({ precision: 300, toExpNeg: -9e15, toExpPos: 9e15 })

/** A whole number over another: what an expression without roots is worth to the last digit. decimal.js rounds, as in `1 - 1e-312`. */
type Fraction = [over: bigint, under: bigint]
type Tree = { text: string; value: Decimal; fraction: Fraction | null; power: number }
type Values = Pick<Tree, 'value' | 'fraction'>

const fractionOf = (text: string): Fraction => {
  const [, whole = '', part = '', exponent = 0] = /^(-?\d+)(?:\.(\d+))?(?:e([-+]?\d+))?$/.exec(text) ?? []
  const shift = Number(exponent) - part.length
  return [BigInt(whole + part) * 10n ** BigInt(Math.max(shift, 0)), 10n ** BigInt(Math.max(-shift, 0))]
}
const number = (text: string): Tree => ({ text, value: new Reference(text), fraction: fractionOf(text), power: 9 })

const apply = (a: Values, b: Values, decimal: (a: Decimal, b: Decimal) => Decimal, exact: (a: Fraction, b: Fraction) => Fraction) => ({
  value: decimal(a.value, b.value),
  fraction: a.fraction && b.fraction && exact(a.fraction, b.fraction)
})
const operators: Record<string, [power: number, (a: Values, b: Values) => Values]> = {
  '+': [1, (a, b) => apply(a, b, (x, y) => x.plus(y), ([n, m], [k, l]) => [n * l + k * m, m * l])],
  '-': [1, (a, b) => apply(a, b, (x, y) => x.minus(y), ([n, m], [k, l]) => [n * l - k * m, m * l])],
  '*': [2, (a, b) => apply(a, b, (x, y) => x.times(y), ([n, m], [k, l]) => [n * k, m * l])],
  '/': [2, (a, b) => apply(a, b, (x, y) => (y.isZero() ? new Reference(NaN) : x.div(y)), ([n, m], [k, l]) => [n * l, m * k])]
}

const tree = fc.letrec<{ tree: Tree }>((tie) => {
  const infix = (operator: string) => {
    const [power, compute] = operators[operator]!
    return fc.tuple(tie('tree'), tie('tree'), fc.boolean()).map(([a, b, spaced]): Tree => {
      // Brackets only where precedence asks for them: that is what is on trial.
      const left = a.power < power ? `(${a.text})` : a.text
      const right = b.power <= power ? `(${b.text})` : b.text
      return { text: spaced ? `${left} ${operator} ${right}` : left + operator + right, ...compute(a, b), power }
    })
  }
  const raised = fc.tuple(tie('tree'), fc.nat(4)).map(([a, n]): Tree => ({
    text: `${a.power < 9 ? `(${a.text})` : a.text}^${n}`,
    value: a.value.isFinite() ? a.value.pow(n) : a.value,
    fraction: a.fraction && [a.fraction[0] ** BigInt(n), a.fraction[1] ** BigInt(n)],
    power: 4
  }))
  const negated = tie('tree').map((a): Tree => ({
    text: `-${a.power < 4 ? `(${a.text})` : a.text}`,
    value: a.value.negated(),
    fraction: a.fraction && [-a.fraction[0], a.fraction[1]],
    power: 3
  }))
  const root = tie('tree').map((a): Tree => ({ text: `sqrt(abs(${a.text}))`, value: a.value.abs().sqrt(), fraction: null, power: 9 }))
  const numbers = fc.oneof(
    fc.nat(9_999).map(String),
    fc.tuple(fc.nat(999), fc.nat(999)).map(([a, b]) => `${a}.${b}`),
    fc.bigInt({ min: 0n, max: 10n ** 40n }).map(String),
    fc.tuple(fc.nat(99), fc.integer({ min: -20, max: 20 })).map(([a, e]) => `${a}e${e}`)
  )
  const infixes = Object.keys(operators).map(infix)
  return { tree: fc.oneof({ maxDepth: 5, depthSize: 'medium' }, numbers.map(number), ...infixes, raised, negated, root) }
}).tree

t.test('property: the parser agrees with decimal.js', async (t) => {
  let compared = 0
  await fc.assert(
    fc.asyncProperty(tree, async ({ text, value, fraction }) => {
      fc.pre(text.length <= 1_000 && value.isFinite() && Math.abs(value.e) < 200)
      const { value: result, exact } = await run(text)
      compared++
      if (exact && fraction) {
        const [over, under] = fractionOf(result)
        return over * fraction[1] === fraction[0] * under
      }
      // Differences of large numbers lose digits in the reference too.
      const scale = value.isZero() ? 1e-25 : value.abs().times('1e-25').toString()
      return new Reference(result).minus(value).abs().lte(Decimal.max(scale, '1e-25'))
    }),
    { numRuns: 1_500 }
  )
  t.comment(`${compared} expressions compared`)
  t.pass('equal')
})

t.test('property: any text has a result or a refusal, never another error', async (t) => {
  const pieces = fc.constantFrom(
    '1',
    '2.5',
    '(',
    ')',
    '+',
    '-',
    '*',
    '/',
    '^',
    '%',
    '!',
    ',',
    ' ',
    'km',
    'in',
    'to',
    'of',
    'mod',
    '°C',
    'sqrt',
    'pi',
    'e',
    'round',
    'max',
    'ncr',
    '1e9',
    '%',
    'x',
    '"',
    '\\',
    '9999',
    's^-1'
  )
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.array(pieces, { minLength: 1, maxLength: 25 }).map((all) => all.join('')),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 60 })
      ),
      async (text) => {
        try {
          return calculate.output.safeParse(await run(text)).success
        } catch (error) {
          return error instanceof ToolError && error.message.isWellFormed()
        }
      }
    ),
    { numRuns: 5_000 }
  )
  t.pass('held')
})

t.test('nothing runs as code, and nothing of the runtime is in an answer (TL-01)', async (t) => {
  const escapes = [
    'process',
    'process.exit(1)',
    'process.env',
    'globalThis',
    'global',
    'this',
    'constructor',
    'constructor.constructor("return process")()',
    '__proto__',
    '__proto__.x',
    'toString',
    'toString()',
    'valueOf()',
    'hasOwnProperty("a")',
    'prototype',
    'import("fs")',
    'import.meta.url',
    'require("fs")',
    'require("child_process").execSync("id")',
    'eval("1")',
    'Function("return 1")()',
    'new Function("return process")()',
    'new Date()',
    'async () => 1',
    '(() => 1)()',
    'function f() { return 1 }',
    'f(x) = x',
    'x = 1',
    'a := 2',
    'let a = 1; a',
    'var a',
    '1; 2',
    '1 && 2',
    '1 || 2',
    '1 ?? 2',
    '1 ? 2 : 3',
    '`$' + '{1}`',
    '`1`',
    '"1" + "2"',
    "'a'.constructor",
    '[].constructor',
    '[1,2][0]',
    '{}',
    '({}).x',
    '\\u0070rocess',
    '\u{1d429}rocess',
    'pro\u200bcess',
    'sqrt.constructor(1)',
    'sqrt["constructor"]',
    'Math.sqrt(4)',
    'cos.call(1)',
    'console.log(1)',
    'setTimeout(1)',
    'fetch("http://127.0.0.1")',
    '/.*/.test(1)',
    '<script>',
    '$' + '{7*7}',
    '{{7*7}}',
    '#{7*7}',
    'throw 1',
    'while(1){}',
    '1//2',
    '1/*2*/'
  ]
  t.ok(escapes.length >= 50)
  for (const escape of escapes) { t.notMatch(await refusal(t, escape), /native code|at .*:\d+|node:|\/tools\/|uid=|49|\[object/, escape) }
  t.equal((await run('2+3*4')).result, '14')
})

t.test('wrong types and odd strings (TL-03)', async (t) => {
  for (const expression of [undefined, null, 14, true, [], {}, ['2+2'], '']) { t.notOk(calculate.input.safeParse({ expression }).success) }
  t.notOk(calculate.input.safeParse({ expression: '1', more: 1 }).success)
  for (const odd of ['\0', '1\0', '\ud800', '1 + \ud800', '\u202e1', '１+１', '٣+٤', ' ', '\n']) await refusal(t, odd)
})
