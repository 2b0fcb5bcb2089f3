// What each holder has is counted, and who has nothing is forgotten.
import t from 'tap'
import { createCounts } from '../../plugins/counts.ts'

t.test('each holder is counted for itself, and never below nothing', async (t) => {
  const held = new Map<string, number>()
  const counts = createCounts(held)
  for (const change of [1, 1, -1] as const) counts.add('ann', change)
  counts.add('bob', 1)
  t.same(['ann', 'bob', 'eve'].map(counts.of), [1, 1, 0])
  counts.add('bob', -1)
  t.strictSame([...held], [['ann', 1]], 'who has nothing takes no memory')
  counts.add('bob', -1)
  counts.add('bob', 1)
  t.equal(counts.of('bob'), 1)
})
