// A few downloads at a time for each person, and the oldest of all makes way for a new one.
import { once } from 'node:events'
import { Readable } from 'node:stream'
import t from 'tap'
import { createDownloads } from '../../../plugins/limits/downloads.ts'

const open = async () => new Readable({ read () {} })

t.test('a person has so many downloads at once, and a place is free again when one ends, fails or finds nothing (SW-05)', async (t) => {
  const downloads = createDownloads(2)
  await t.rejects(downloads.begin('ann', async () => { throw new Error('gone') }), { message: 'gone' })
  t.equal(await downloads.begin('ann', async () => undefined), undefined)
  const first = (await downloads.begin('ann', open))!
  await downloads.begin('ann', open)
  await t.rejects(downloads.begin('ann', open), { code: 'too_many_requests' })
  t.ok(await downloads.begin('ben', open))
  first.destroy()
  await once(first, 'close')
  t.ok(await downloads.begin('ann', open))
})

t.test('beyond what all people may have, the oldest download ends (SW-05)', async (t) => {
  const downloads = createDownloads(1, 2)
  const streams = []
  for (const who of ['ann', 'ben', 'eve']) streams.push((await downloads.begin(who, open))!)
  t.same(streams.map(({ destroyed }) => destroyed), [true, false, false])
})
