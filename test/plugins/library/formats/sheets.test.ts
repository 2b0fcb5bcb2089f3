// Spreadsheets, row by row.
import t from 'tap'
import { ods, read, xlsx } from './packed.ts'

t.test('Excel: row by row, with the headers again now and then', async (t) => {
  t.same(await read('a.xlsx', xlsx([['Month', 'Revenue'], ['March', 0.1 + 0.2], [' two\nlines ', 12345.5]], 'Sales')), {
    text: '## Sales\nMonth\tRevenue\nMarch\t0.3\ntwo lines\t12345.5'
  })
  const long = await read('a.xlsx', xlsx([['Month'], ...Array.from({ length: 250 }, (_, index) => [index])]))
  t.equal('text' in long && long.text.split('\n').filter((line) => line === 'Month').length, 3)
  t.match(await read('a.xlsx', xlsx([])), { kind: 'no text' })
})

t.test('a sheet that is hidden, in whatever way, is not read', async (t) => {
  for (const state of ['hidden', 'veryHidden'] as const) {
    t.match(await read('a.xlsx', xlsx([['Salary']], 'Sales', state)), { kind: 'no text' }, state)
  }
  t.match(await read('a.xlsx', xlsx([['Salary']], 'Sales', 'visible')), { text: /Salary/ })
  t.same(await read('a.ods', ods({ 'R&amp;D': { text: 'Salary', isShown: false }, Sales: { text: 'Revenue', isShown: true } })), {
    text: '## Sales\nRevenue'
  })
})

t.test('a date is written as people do, and an empty cell keeps its place', async (t) => {
  const cell = (value: string) => `<table:table-cell office:value-type="date" office:date-value="${value}"/>`
  const cells = cell('2026-11-28') + '<table:table-cell/>' + cell('2026-11-28T12:00:00')
  const text = `When</text:p></table:table-cell>${cells}<table:table-cell><text:p>`
  t.match(await read('a.ods', ods({ Sales: { text, isShown: true } })), {
    text: '## Sales\nWhen\t2026-11-28\t\t2026-11-28 12:00'
  })
})

t.test('two million cells are too many, also those that are empty', async (t) => {
  const rows = Array.from({ length: 123 }, (_, n) => `<c r="XFD${n + 1}"><v>1</v></c>`)
  const far = rows.join('</row><row>')
  t.match(await read('a.xlsx', xlsx([], 'Sales', 'visible', far)), {
    kind: 'too large',
    skipped: 'it has too many cells'
  })
})
