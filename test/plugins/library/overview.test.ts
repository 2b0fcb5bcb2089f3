// The overview of the folder: counted by ending, the newest first, and read once for any number of pages.
import t from 'tap'
import { createOverview } from '../../../plugins/library/overview.ts'

const documents = (count: number) =>
  new Map(Array.from({ length: count }, (_, n) => [`d/${n}${n % 3 === 0 ? '.txt' : '.md'}`, { modified: n, bytes: 10 }] as const))

t.test('documents are counted by ending, and those that changed last come first', async (t) => {
  const overview = await createOverview({ list: async () => documents(30) }, () => {})()
  t.match(overview, { documents: 30, bytes: 300, endings: [{ ending: '.md', count: 20 }, { ending: '.txt', count: 10 }] })
  t.same(overview.newest.map(({ modified }) => modified), [29, 28, 27, 26, 25, 24, 23, 22, 21, 20])
})

t.test('any number of pages read the list once, until something changes or it could not be read (AS-03)', async (t) => {
  let [reads, fails] = [0, false]
  let changed = () => {}
  const read = createOverview({
    async list () {
      reads++
      if (fails) throw new Error('away')
      return documents(3)
    }
  }, (listener) => { changed = listener })
  await Promise.all([read(), read(), read()])
  t.equal(reads, 1)
  changed()
  fails = true
  await t.rejects(read(), { message: 'away' })
  fails = false
  t.match(await read(), { documents: 3 })
  t.equal(reads, 3)
})
