// From an expression to its value: percentages, and messages that help.
import t from 'tap'
import { refusal, same } from './run.ts'

t.test('percentages, as on a pocket calculator', async (t) => {
  await same(t, [
    ['20% of 150', '30'],
    ['150 * 20%', '30'],
    ['80 + 25%', '100'],
    ['200 - 10%', '180'],
    ['50%', '0.5'],
    ['50% * 50%', '0.25'],
    ['3/8 to %', '37.5 %'],
    ['100 km + 10%', '110 km'],
    ['100 + (5% - 2%)', '103'],
    ['100 + (5% + 1)', '101.05']
  ])
})

t.test('a message says what to change', async (t) => {
  const cases: Array<[expression: string, message: RegExp]> = [
    ['1 +', /ends where a number should follow/],
    ['(1 + 2', /Add the missing \)/],
    ['1 + 2)', /without its \(/],
    ['2 3', /operator such as \* before "3"/],
    ['1/2pi', /read in two ways/],
    ['2000-10-10', /Dates are subtracted/],
    ['5!=120', /5! = 120/],
    ['(15 to hex) + 1', /the whole expression/],
    ['1 + (2 < 3)', /Comparisons .* the whole expression/],
    ['[1, 2] + 1', /A list in \[ \] is an argument/],
    ['5 off 150', /Write a percentage before off/],
    ['|3 - 5', /\| is not closed. Write abs\(x\)/],
    ['1e60 to fraction', /not a fraction with a denom/],
    ['1e-60 to fraction', /not a fraction with a denom/],
    ['9999-12-31 + 1 day', /year 1 to the year 9999/],
    ['0001-01-01 - 1 day', /year 1 to the year 9999/],
    ['1,234', /as in 1234567/],
    ['* 3', /Put a number, a function or \( at "\* 3"/],
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
    ['root(-16, 4)', /no even root in real numbers/],
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
