// A list of owners looks at a bounded number of records, and shows a part of what it finds.
import t from 'tap'
import { boundedList, partOf, PER_PAGE } from '../../../plugins/administration/bounded-list.ts'

async function * numbers (count: number) {
  for (let number = 0; number < count; number++) yield number
}

t.test('at most so many records are looked at, and the list says when there are more', async (t) => {
  t.same(await boundedList(numbers(3), (number) => number, 3), { found: [0, 1, 2], isCut: false })
  t.same(await boundedList(numbers(4), (number) => (number > 1 ? number : undefined), 3), { found: [2], isCut: true })
})

t.test('a page that is not there, or is no number, is the nearest one', async (t) => {
  const all = Array.from({ length: PER_PAGE + 1 }, (_, index) => index)
  t.match(partOf(all, '2'), { items: [PER_PAGE], page: 2, pages: 2 })
  t.equal(partOf(all, '9').page, 2)
  for (const asked of [undefined, '0', '-1', 'x', '1e9', '9999999']) t.equal(partOf(all, asked).page, 1, String(asked))
  t.same(partOf([], undefined), { items: [], page: 1, pages: 1 })
})
