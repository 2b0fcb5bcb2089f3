// Which words decide what is ranked: the rarest, until they find enough.
import t from 'tap'
import { candidatesOf, isSelective } from '../../../plugins/search/candidates.ts'

const frequency = (word: string): number => ({ rare: 10, some: 600, common: 50_000, everywhere: 60_000 })[word] ?? 0

t.test('the rarest words, until they are expected to find enough', async (t) => {
  t.same(candidatesOf(['common', 'some', 'rare'], frequency), [['rare'], ['some']])
  t.same(candidatesOf(['common', 'rare'], frequency), [['rare'], ['common']], 'ten documents are not enough')
  t.same(candidatesOf(['common', 'some'], frequency, { wanted: 1_000 }), [['some']])
  t.same(candidatesOf([], frequency), [])
})

t.test('where even the rarest word is common, candidates hold the next ones too', async (t) => {
  t.same(candidatesOf(['everywhere', 'common'], frequency, { documents: 100_000 }), [['common', 'everywhere']])
  t.same(candidatesOf(['common'], frequency, { documents: 100_000 }), [['common']])
})

t.test('a pair is worth its lookup with one word that is not common', async (t) => {
  t.ok(isSelective(['common', 'rare'], frequency))
  t.notOk(isSelective(['common', 'common'], frequency))
})
