// Which words decide what is ranked: the rarest, until they find enough.
import t from 'tap'
import { candidatesOf, isSelective } from '../../../plugins/search/candidates.ts'

const frequency = (word: string): number => ({ rare: 10, some: 600, common: 50_000 })[word] ?? 0

t.test('the rarest words, until they are expected to find enough', async (t) => {
  t.same(candidatesOf(['common', 'some', 'rare'], frequency), ['rare', 'some'])
  t.same(candidatesOf(['common', 'rare'], frequency), ['rare', 'common'], 'ten documents are not enough')
  t.same(candidatesOf(['common', 'some'], frequency, 100), ['some'])
  t.same(candidatesOf([], frequency), [])
})

t.test('a pair is worth its lookup with one word that is not common', async (t) => {
  t.ok(isSelective(['common', 'rare'], frequency))
  t.notOk(isSelective(['common', 'common'], frequency))
})
