// calculate: right results against decimal.js itself, exact or said to be rounded; units; messages a model can act on;
// nothing that runs code or runs for long.
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import calculate from '../../tools/calculate.ts'
import { ToolError } from '../../authoring/tool.ts'

const Reference = Decimal.clone({ precision: 300, toExpNeg: -9e15, toExpPos: 9e15 })

/** Nothing of the house is needed to calculate. */
const run = async (expression: string) => calculate.run(calculate.input.parse({ expression }), {} as never)

async function same (t: Test, cases: Array<[expression: string, result: string]>): Promise<void> {
  for (const [expression, result] of cases) t.equal((await run(expression)).result, result, expression)
}

/** The message a model reads. */
async function refusal (t: Test, expression: string): Promise<string> {
  const error: unknown = await run(expression).then(
    (answer) => answer,
    (error) => error
  )
  t.ok(error instanceof ToolError, `${expression.slice(0, 60)} is refused: ${JSON.stringify(error)}`)
  return error instanceof ToolError ? error.message : ''
}

t.test('arithmetic: precedence, brackets, signs and what people type', async (t) => {
  await same(t, [
    ['2+3*4', '14'],
    ['2 + 3 * 4', '14'],
    ['(2+3)*4', '20'],
    ['2-3-4', '-5'],
    ['16/4/2', '2'],
    ['2^3^2', '512'],
    ['2**10', '1024'],
    ['-2^2', '-4'],
    ['(-2)^2', '4'],
    ['2^-2', '0.25'],
    ['--3', '3'],
    ['+5', '5'],
    ['3 × 4 ÷ 2 − 1', '5'],
    ['5²', '25'],
    ['1_000_000 * 2', '2000000'],
    ['1.5e3', '1500'],
    ['.5 + 5.', '5.5'],
    ['0xff + 0b11 + 0o17', '273'],
    ['5!', '120'],
    ['3!!', '720'],
    ['-3!', '-6'],
    ['2^3!', '64'],
    ['10 % 3', '1'],
    ['10 mod 3', '1'],
    ['-1 mod 12', '11']
  ])
})

t.test('results are exact where they can be, and say so where they cannot', async (t) => {
  await same(t, [
    ['0.1 + 0.2', '0.3'],
    ['2^1000', String(2n ** 1000n)],
    ['7^1100', String(7n ** 1100n)],
    ['2^-40', '0.0000000000009094947017729282379150390625'],
    ['1e2000', '1e+2000'],
    ['1e400 * 1e-400', '1']
  ])
  let factorial = 1n
  for (let i = 2n; i <= 400n; i++) factorial *= i
  t.equal((await run('400!')).value, String(factorial))
  for (const exact of [
    '1/4',
    '2^3321',
    '10^5000',
    'sqrt(2^400)',
    'cbrt(27)',
    'log(1000)',
    '1e999999999',
    '0.1*3',
    '5 mi to cm',
    '212 °F to °C',
    '3 ft + 20 cm in m'
  ]) { t.equal((await run(exact)).exact, true, exact) }
  for (const rounded of [
    '1/3',
    '2^3322',
    'sqrt(2)',
    'pi',
    'sin(1)',
    '1000!',
    '1/7 * 7',
    '5 cm to in',
    '1e999999999 + 1'
  ]) { t.equal((await run(rounded)).exact, false, rounded) }
  t.equal((await run('1/7 * 7')).result, '1', 'what rounding added up to is not shown')
})

t.test('functions and constants', async (t) => {
  await same(t, [
    ['sqrt(16)', '4'],
    ['cbrt(-8)', '-2'],
    ['root(32, 5)', '2'],
    ['abs(-3)', '3'],
    ['round(2.5)', '3'],
    ['round(-2.5)', '-3'],
    ['round(3.14159, 2)', '3.14'],
    ['round(1234, -2)', '1200'],
    ['floor(-2.5)', '-3'],
    ['ceil(2.1)', '3'],
    ['trunc(-2.9)', '-2'],
    ['min(3, 1, 2)', '1'],
    ['max(3, 1, 2)', '3'],
    ['sum(1, 2, 3)', '6'],
    ['mean(1, 2, 3, 4)', '2.5'],
    ['median(5, 1, 3)', '3'],
    ['median(1, 2, 3, 4)', '2.5'],
    ['gcd(12, 18)', '6'],
    ['lcm(4, 6)', '12'],
    ['ncr(52, 5)', '2598960'],
    ['npr(5, 2)', '20'],
    ['ncr(5, 6)', '0'],
    ['ln(e)', '1'],
    ['exp(ln(2))', '2'],
    ['log(1000)', '3'],
    ['log(8, 2)', '3'],
    ['log2(1024)', '10'],
    ['log10(0.001)', '-3'],
    ['sin(pi)', '0'],
    ['cos(pi/2)', '0'],
    ['sin(30 deg)', '0.5'],
    ['atan2(1, 1) to deg', '45 °'],
    ['tau - 2*pi', '0'],
    ['phi^2 - phi', '1'],
    ['tanh(500)', '1'],
    ['factorial(5)', '120'],
    ['27^(1/3)', '3'],
    ['0^0', '1'],
    ['PI', '3.14159265358979323846264338328']
  ])
})

t.test('percentages, as on a pocket calculator', async (t) => {
  await same(t, [
    ['20% of 150', '30'],
    ['150 * 20%', '30'],
    ['80 + 25%', '100'],
    ['200 - 10%', '180'],
    ['50%', '0.5'],
    ['50% * 50%', '0.25'],
    ['3/8 to %', '37.5 %'],
    ['100 km + 10%', '110 km']
  ])
})

t.test('units of the usual kinds and their conversion', async (t) => {
  await same(t, [
    ['5 km to m', '5000 m'],
    ['1 mi in km', '1.609344 km'],
    ['5 in in cm', '12.7 cm'],
    ['10 in + 1 ft', '22 in'],
    ['12.7 cm to in', '5 in'],
    ['5 ft + 3 in to cm', '160.02 cm'],
    ['100 km/h to m/s', '27.7777777777777777777777777778 m/s'],
    ['60 km / 2 h', '30 km/h'],
    ['72 °F to °C', '22.2222222222222222222222222222 °C'],
    ['-40 °C to °F', '-40 °F'],
    ['37 C to F', '98.6 °F'],
    ['0 K to celsius', '-273.15 °C'],
    ['60 kg * 9.81 m/s^2 to N', '588.6 N'],
    ['1 kWh to MJ', '3.6 MJ'],
    ['1.5 GiB to MB', '1610.612736 MB'],
    ['10 GB / (100 Mbit/s) to s', '800 s'],
    ['2 h + 30 min', '2.5 h'],
    ['1 year to days', '365.2425 d'],
    ['1 ha to m^2', '10000 m^2'],
    ['2 m * 3 m', '6 m^2'],
    ['1 L to cm^3', '1000 cm^3'],
    ['1 gal to L', '3.785411784 L'],
    ['sqrt(9 m^2)', '3 m'],
    ['1/(5 s)', '0.2 s^-1'],
    ['3 km / 500 m', '6'],
    ['1 bar to kPa', '100 kPa'],
    ['12 V * 2 A to W', '24 W'],
    ['median(3 km, 500 m, 1 mi)', '1 mi'],
    ['1 KM to METERS', '1000 m'],
    ['180 deg to rad', '3.14159265358979323846264338328 rad'],
    ['60 rpm to Hz', '1 Hz'],
    ['1 kilometre to m', '1000 m']
  ])
})

t.test('a message says what to change', async (t) => {
  const cases: Array<[expression: string, message: RegExp]> = [
    ['1 +', /ends where a number should follow/],
    ['(1 + 2', /Add the missing \)/],
    ['1 + 2)', /without its \(/],
    ['2(3)', /operator such as \* before "\(3\)"/],
    ['2pi', /operator such as \* before "pi"/],
    ['1,234', /1234567 or 1_234_567/],
    ['* 3', /should stand at "\* 3"/],
    [`${'('.repeat(64)}1${')'.repeat(64)}`, /nested deeper than 64 levels/],
    ['x + 1', /no variables: put in their values/],
    ['median', /function. Write its argument in brackets/],
    ['nope(3)', /There is no function "nope". There are: abs,/],
    ['round(1, 2, 3)', /Write round\(x, \[digits\]\); it was given 3/],
    ['sum()', /given 0 arguments/],
    ['5 km to kg', /5 km cannot become kg/],
    ['1/2 cup to ml', /1\/2 km is read as 1\/\(2 km\)/],
    ['5 km + 3', /5 km and 3 without a unit cannot be added/],
    ['20 °C + 5 °C', /Convert to K first/],
    ['ln(5 km)', /Divide by the unit first/],
    ['5 km to 2 m', /After to, write only a unit/],
    ['10 mb to kB', /Mbit or MB. Write one/],
    ['1/0', /divides by zero/],
    ['5 mod 0', /division by zero/],
    ['0^-1', /divide by zero/],
    ['sqrt(-1)', /no square root in real/],
    ['(-8)^(1/3)', /use cbrt/],
    ['ln(0)', /above zero/],
    ['asin(2)', /from -1 to 1/],
    ['log(5, 1)', /other than 1/],
    ['2.5!', /whole numbers from 0/],
    ['(-1)!', /whole numbers/],
    ['gcd(1.5, 2)', /whole numbers/],
    ['9^9^9^9', /too large/],
    ['10^-10^10', /too large/],
    ['(1/7)^999999999999999', /too small/],
    ['5 km^99', /whole powers up to 12/],
    ['100 USD to EUR', /before "USD to EUR"/]
  ]
  for (const [expression, message] of cases) t.match(await refusal(t, expression), message, expression)
})

type Tree = { text: string; value: Decimal; power: number }
const tree = fc.letrec<{ tree: Tree }>((tie) => {
  const infix = (operator: string, power: number, apply: (a: Decimal, b: Decimal) => Decimal) =>
    fc.tuple(tie('tree'), tie('tree'), fc.boolean()).map(([a, b, spaced]): Tree => {
      // Brackets only where precedence asks for them: that is what is on trial.
      const left = a.power < power ? `(${a.text})` : a.text
      const right = b.power <= power ? `(${b.text})` : b.text
      return {
        text: spaced ? `${left} ${operator} ${right}` : left + operator + right,
        value: apply(a.value, b.value),
        power
      }
    })
  const number = fc.oneof(
    fc.nat(9_999).map(String),
    fc.tuple(fc.nat(999), fc.nat(999)).map(([a, b]) => `${a}.${b}`),
    fc.bigInt({ min: 0n, max: 10n ** 40n }).map(String),
    fc.tuple(fc.nat(99), fc.integer({ min: -20, max: 20 })).map(([a, e]) => `${a}e${e}`)
  )
  return {
    tree: fc.oneof(
      { maxDepth: 5, depthSize: 'medium' },
      number.map((text): Tree => ({ text, value: new Reference(text), power: 9 })),
      infix('+', 1, (a, b) => a.plus(b)),
      infix('-', 1, (a, b) => a.minus(b)),
      infix('*', 2, (a, b) => a.times(b)),
      infix('/', 2, (a, b) => (b.isZero() ? new Reference(NaN) : a.div(b))),
      fc
        .tuple(tie('tree'), fc.nat(4))
        .map(([a, n]): Tree => ({
          text: `${a.power < 9 ? `(${a.text})` : a.text}^${n}`,
          value: a.value.isFinite() ? a.value.pow(n) : a.value,
          power: 4
        })),
      tie('tree').map((a): Tree => ({
        text: `-${a.power < 4 ? `(${a.text})` : a.text}`,
        value: a.value.negated(),
        power: 3
      })),
      tie('tree').map((a): Tree => ({ text: `sqrt(abs(${a.text}))`, value: a.value.abs().sqrt(), power: 9 }))
    )
  }
}).tree

t.test('property: the parser agrees with decimal.js', async (t) => {
  let compared = 0
  await fc.assert(
    fc.asyncProperty(tree, async ({ text, value }) => {
      fc.pre(text.length <= 1_000 && value.isFinite() && Math.abs(value.e) < 200)
      const { value: result, exact } = await run(text)
      compared++
      if (exact && value.sd() < 250) return new Reference(result).eq(value)
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

t.test('TL-01: nothing runs as code, and nothing of the runtime is in an answer', async (t) => {
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

t.test('TL-02: bombs end quickly, as a refusal or as a rounded number', async (t) => {
  const many = (piece: string, joint = '+') =>
    Array<string>(Math.floor(1_000 / (piece.length + 1)))
      .fill(piece)
      .join(joint)
  const bombs = [
    '9^'.repeat(499) + '9',
    '9^9^9',
    '9^9^9^9',
    '99999999999!',
    '3000!!',
    many('3000!', '/'),
    '7' + '!'.repeat(900),
    '('.repeat(490) + '1' + ')'.repeat(490),
    '-'.repeat(999) + '1',
    '9'.repeat(1_000),
    '0.' + '1'.repeat(990),
    '1e999999999999999999',
    `1e${'9'.repeat(900)}`,
    many('(1/7)^9999999'),
    many('sqrt(1/7)'),
    many('ncr(1e15,3000)'),
    many('root(1/7,3000)'),
    many('asin(1/7)'),
    'sinh(1e9)',
    'tanh(1e15)',
    'tan(1e999999999)',
    '1e900000000 mod 7',
    'gcd(7^1100, 3^2000)',
    'ncr(10000000, 5000000)',
    'round(1e999999999, 1000)',
    many('1e999999999', '*'),
    `max(${many('1 km', ',').slice(0, 900)})`
  ]
  for (const bomb of bombs) {
    const outcome = await run(bomb).then(
      (answer) => answer,
      (error) => error
    )
    t.ok(
      outcome instanceof ToolError || JSON.stringify(outcome).length < 2_500,
      `${bomb.slice(0, 30)} ${outcome instanceof ToolError ? outcome.message : ''}`
    )
  }
  for (const long of ['('.repeat(50_000), '1'.repeat(100_000), 'a'.repeat(900_000)]) { t.match(calculate.input.safeParse({ expression: long }).error?.issues[0]?.message, /at most 1000 characters/) }
})

t.test('TL-03: wrong types and odd strings', async (t) => {
  for (const expression of [undefined, null, 14, true, [], {}, ['2+2'], '']) { t.notOk(calculate.input.safeParse({ expression }).success) }
  t.notOk(calculate.input.safeParse({ expression: '1', more: 1 }).success)
  for (const odd of ['\0', '1\0', '\ud800', '1 + \ud800', '\u202e1', '１+１', '٣+٤', ' ', '\n']) await refusal(t, odd)
})

t.test('TL-09: 200 calls at once are all answered', async (t) => {
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => run(`${i} * 2`)))
  t.ok(answers.every(({ result }, i) => result === String(i * 2)))
})
