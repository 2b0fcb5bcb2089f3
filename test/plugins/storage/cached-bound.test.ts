// How many records are kept in memory.
import t from 'tap'
import { cacheRecords } from '../../../plugins/storage/cached.ts'

t.test('memory holds ten thousand records: the oldest goes for the next', async (t) => {
  const reads: string[] = []
  const storage = {
    collection: () => ({
      async find (id: string) {
        reads.push(id)
        return { n: 1 }
      }
    }),
    watch: async () => ({ isCurrent: () => true })
  }
  const now = () => 1_800_000_000
  const kept = await cacheRecords(storage as never, 'thing', now)
  for (let count = 0; count < 10_000; count++) await kept.find(`${count}`)
  reads.length = 0
  await kept.find('0')
  t.same(reads, [], 'all are held')
  await kept.find('next')
  await kept.find('1')
  await kept.find('0')
  t.same(reads, ['next', '0'])
})
