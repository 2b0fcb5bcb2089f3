// Versions of one page are one hit.
import t from 'tap'
import { eachPageOnce } from '../../../plugins/search/versions.ts'

const page = (id: string, score = 1, title = 'Transports') => ({ id, title, score })
const shown = (hits: Array<ReturnType<typeof page>>, texts: Record<string, string> = {}, limit = 10) =>
  eachPageOnce(hits, limit, ({ id }) => texts[id] ?? 'how messages travel').map(({ id }) => id)

t.test('of the versions of a page the best is shown, and among equals the newest', async (t) => {
  t.same(shown([page('docs/v9.0/a.md', 2), page('docs/v10.0/a.md', 1)]), ['docs/v9.0/a.md'])
  t.same(shown([page('docs/v9.0/a.md'), page('docs/v10.0/a.md')]), ['docs/v10.0/a.md'])
  t.same(shown([page('2025-03-26/a.md', 2), page('draft/a.md'), page('a.md')]), ['2025-03-26/a.md'])
  t.same(shown([page('1.x/a.md', 2), page('2.x/a.md'), page('b.md')], {}, 2), ['1.x/a.md', 'b.md'], 'and makes room for others')
})

t.test('another name, another title, another folder or another text is another page', async (t) => {
  const other = page('v2/a.md', 1, 'Tools')
  t.same(shown([page('v1/a.md'), other]).length, 2)
  t.same(shown([page('v1/a.md'), page('v2/b.md')]).length, 2)
  t.same(shown([page('red/a.md'), page('blue/a.md')]).length, 2)
  t.same(shown([page('2023/a.md'), page('2024/a.md')], { '2024/a.md': 'nothing of the kind here' }).length, 2)
})

t.test('of the parts of one document the best is shown', async (t) => {
  t.same(shown([page('a.md', 2), page('a.md', 1), page('b.md', 1)]), ['a.md', 'b.md'])
})
