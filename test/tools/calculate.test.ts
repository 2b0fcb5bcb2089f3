// calculate: exact results, honest rounding, messages that help, and an end to every expression (threats TL-02, TL-09).
import t from 'tap'
import calculate from '../../tools/calculate.ts'
import { ToolError } from '../../authoring/tool.ts'
import { run, same, refusal } from './calculate/run.ts'

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

t.test('a message says what to change', async (t) => {
  const cases: Array<[expression: string, message: RegExp]> = [
    ['1 +', /ends where a number should follow/],
    ['(1 + 2', /Add the missing \)/],
    ['1 + 2)', /without its \(/],
    ['2 3', /operator such as \* before "3"/],
    ['1/2pi', /read in two ways.*1\/\(2\*pi\)/],
    ['1,234', /as in 1234567/],
    ['2000-10-10', /Dates are subtracted/],
    ['3/15/2024', /looks like a date. Write dates as 2024-03-15/],
    ['5!=120', /5! = 120/],
    ['(1 < 2) + 1', /whole expression only/],
    ['(15 to hex) + 1', /whole expression only/],
    ['percentile(1, 2, 90)', /percentile\(\[a, b, …\], p\)/],
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

t.test('bombs end quickly, as a refusal or as a rounded number (TL-02)', async (t) => {
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

t.test('200 calls at once are all answered (TL-09)', async (t) => {
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => run(`${i} * 2`)))
  t.ok(answers.every(({ result }, i) => result === String(i * 2)))
})
