// The figures of a list of numbers agree with a plain calculation.
import fc from '../../helpers/fast-check.ts'
import t from 'tap'
import { readColumns, describeColumns } from '../../../tools/analyze/numbers.ts'

t.test('property: the figures of a list agree with a plain reckoning', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 100 }), (values) => {
      const [column] = describeColumns(readColumns(values.join(' '))!).columns
      const sum = values.reduce((total, value) => total + value, 0)
      if (
        column!.sum !== sum ||
        column!.min !== Math.min(...values) ||
        column!.max !== Math.max(...values) ||
        Math.abs(column!.mean - sum / values.length) > 1e-6
      ) { throw new Error(JSON.stringify(column)) }
    })
  )
  t.end()
})

const of = (text: string) => {
  const data = readColumns(text)
  return data && describeColumns(data)
}

t.test('what only looks like a number is not counted as one', (t) => {
  for (const cell of ['$5%', '€5€', '+-5', '--5', '1,23', '5 5', 'x'.repeat(501)]) {
    t.match(of(`name\tx\na\t1\nb\t${cell}`)!.columns, [{ count: 1, notNumbers: 1 }], cell.slice(0, 10))
  }
  t.end()
})

t.test('nothing is dropped or merged without a word', (t) => {
  t.match(of('1,2\n3,4\n5,6')!.columns, [{ name: 'column 1', count: 3, sum: 9 }, { name: 'column 2', sum: 12 }], 'no header')
  t.match(
    of('name,score\nann,1\nbob,NA\ncid,\ndan,abc\neve,3'),
    { columns: [{ name: 'score', count: 2, missing: 1, notNumbers: 2, examples: ['NA', 'abc'] }], leftOut: ['name'] }
  )
  t.match(of('[{"a": 1, "b": "x"}, {"a": null}, {"a": 4}]'), { columns: [{ name: 'a', count: 2, missing: 1, sum: 5 }], leftOut: ['b'] })
  t.match(of('price\n"$1,234.50"\n$2')!.columns, [{ name: 'price ($)', sum: 1236.5 }])
  t.match(of('share\n50%\n25%')!.columns, [{ name: 'share (%)', mean: 37.5 }])
  t.match(of('−1 −2 −3')!.columns, [{ sum: -6 }])
  t.match(of('name , "x" ,y\nann , "1,000.5" , 2\n\nbob,"3" ,4')!, { columns: [{ name: 'x', sum: 1003.5 }, { name: 'y', sum: 6 }], leftOut: ['name'] })
  t.match(of('\ufeffa;b\r\n1;2\r\n\r\n')!.columns, [{ name: 'a', sum: 1 }, { name: 'b', sum: 2 }])
  t.match(of('[1.5, 2.5]')!.columns, [{ mean: 2 }])
  t.match(of('85,90,100,120')!.columns, [{ count: 4 }])
  t.match(of('[1 2 3]')!.columns, [{ sum: 6 }])
  t.match(of('{"a": 2}')!.columns, [{ name: 'a', sum: 2 }])
  t.match(of(',85 ,90')!.columns, [{ count: 2, sum: 175 }])
  t.match(of('1,234.5 2')!.columns, [{ count: 2, max: 1234.5 }])
  t.match(of('day\ttemp\nMon\t1\nTue\t3')!.columns, [{ name: 'temp', mean: 2 }])
  for (const [text, message] of [
    ['share\n50%\n0.7', /mixes % and plain numbers/],
    ['price\n$5\n€6', /mixes \$ and €/],
    ['1e400 2 3', /too large/],
    ['1e308 1e308', /too large to be added/],
    ['100,200,300', /one number or several/],
    [',100,200 5', /one number or several/],
    ['a,b\n1,2\n3,4\n5,6,7', /Line 4 has 3 cells/],
    ['a,b\nx,y\nz,w', /None of the columns/],
    ['[[1,2],[3]]', /flat objects/]
  ] as const) t.throws(() => of(text), { name: 'ToolError', message }, text)
  for (const prose of [
    '!!!',
    'Roses are red,\nviolets are blue,\nand so on, friend',
    'One word',
    'In 2024 we sold 5.',
    'Sold:\n5\nand more',
    'In 2024, we\nsold 5, 6, 7\nand, well, that, is, it',
    'a,b\n1,"2\n3,4'
  ]) t.equal(of(prose), undefined, prose)
  t.end()
})

t.test('a table has at most a hundred columns (WS-04)', async (t) => {
  const table = (columns: number) =>
    ['a', '1'].map((cell) => Array(columns).fill(cell).join(', ')).join('\n')
  t.equal(of(table(100))!.columns.length, 100)
  t.throws(() => of(table(101)), { name: 'ToolError', message: /101 columns/ })
  const rows = (columns: number) =>
    JSON.stringify(Array.from({ length: columns }, (_, index) => ({ [`c${index}`]: 1 })))
  t.equal(of(rows(100))!.columns.length, 100)
  t.throws(() => of(rows(101)), { name: 'ToolError', message: /101 columns/ })
})

t.test('the time for a cell grows with its length alone (WS-04)', async (t) => {
  const before = process.threadCpuUsage()
  const blanks = ' '.repeat(99_000)
  t.match(of(`a,b\n1,"a${blanks}b"`), { columns: [{ name: 'a' }], leftOut: ['b'] })
  t.match(of(JSON.stringify([{ a: 1, b: `1${blanks}b` }])), { leftOut: ['b'] })
  t.match(of(`1${','.repeat(99_000)}2`)!.columns, [{ count: 2, sum: 3 }])
  const { user } = process.threadCpuUsage(before)
  t.ok(user < 2_000_000, 'thirty seconds before')
  t.match(of(`a,b\n1,2\n3,${'1'.repeat(501)}`)!.columns, [{}, { count: 1, notNumbers: 1 }])
})

t.test('what is nested in JSON is no number, however deep', async (t) => {
  const deep = `[{"a":1,"b":${'['.repeat(40_000)}${']'.repeat(40_000)}},{"a":2,"b":{"c":3}}]`
  t.match(of(deep), { columns: [{ name: 'a', sum: 3 }], leftOut: ['b'] })
})
