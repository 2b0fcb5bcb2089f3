// An answer is cut to what a client can hold, and says what was cut.
import t from 'tap'
import { shape } from '../../../tools/database/answer.ts'
import type { Value } from '../../../tools/database/contract.ts'

const columns = [{ name: 'a' }]
const cut = (rows: Value[][], more = false) => shape({ columns, rows, more })

t.test('what fits is answered as it is, and says nothing of more', async (t) => {
  const rows = [[1, 'x'.repeat(4_000)], [null, true], [{ a: 1 }, 'b']]
  t.same(cut(rows), { columns, rows, rowCount: 3 })
  t.same(cut([]), { columns, rows: [], rowCount: 0 })
})

t.test('a value is cut after 4,000 characters, whole characters only', async (t) => {
  const { rows, truncated } = cut([['x'.repeat(4_001), `${'x'.repeat(3_999)}🙂`, ['y'.repeat(4_000)], 'lone \ud800']])
  const [[long, astral, list, lone]] = rows as [string[]]
  t.equal(long, `${'x'.repeat(4_000)}…`)
  t.equal(astral, `${'x'.repeat(3_999)}\ufffd…`)
  t.match(list, /^\["y+…$/)
  t.equal(lone, 'lone \ufffd')
  t.match(truncated, '4 long values were cut after 4000 characters')
  t.match(cut([['x'.repeat(4_001)]]).truncated, '1 long value was cut')
})

t.test('rows end where the answer would be too large for a client, and the first is always there', async (t) => {
  const row = Array<string>(10).fill('x'.repeat(3_000))
  const some = cut(Array<Value[]>(5).fill(row), true)
  t.equal(some.rowCount, 1)
  t.match(some.truncated, /^These are the first 1 rows: more would not fit\. [^.]*\.$/)
  t.equal(cut([Array<string>(20).fill('x'.repeat(4_000)), ['y']]).rowCount, 1)
  t.match(cut([[1], [2]], true).truncated, 'There are more than these 2 rows')
})
