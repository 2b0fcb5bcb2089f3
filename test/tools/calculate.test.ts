// calculate: what people type, and an end to every expression (threats TL-02, TL-09).
import t from 'tap'
import calculate from '../../tools/calculate.ts'
import { ToolError, type ToolContext } from '../../authoring/tool.ts'
import { run, same } from './calculate/run.ts'

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

t.test('hundreds of one caller are calculated in turns with those of others (WK-09)', async (t) => {
  const order: string[] = []
  const ask = (caller: string, expression: string) =>
    Promise.resolve(calculate.run({ expression }, { caller } as ToolContext))
      .catch(() => {})
      .finally(() => order.push(caller))
  const many = Array.from({ length: 12 }, () => ask('ann', Array(100).fill('3000!').join('+')))
  await Promise.all([...many, ask('bob', '2+2')])
  t.ok(order.indexOf('bob') <= 2, `after ${order.indexOf('bob')} of the other`)
  const beyond = Array.from(
    { length: 1_001 }, () => calculate.run({ expression: '1' }, { caller: 'cid' } as ToolContext)
  )
  await t.rejects(Promise.resolve(beyond.at(-1)), { name: 'ToolError', message: /wait already/ })
  await Promise.all(beyond.slice(0, -1))
})
