// A few downloads at a time for each person, and the oldest of all makes way for a new one.
import { once } from 'node:events'
import { mock } from 'node:test'
import { Readable } from 'node:stream'
import t from 'tap'
import { createDownloads } from '../../../plugins/limits/downloads.ts'

const open = async () => new Readable({ read () {} })
const always = async () => true

t.test('a person has so many downloads at once, and a place is free again when one ends, fails or finds nothing (SW-05)', async (t) => {
  const downloads = createDownloads(2)
  await t.rejects(downloads.begin('ann', async () => { throw new Error('gone') }, always), { message: 'gone' })
  t.equal(await downloads.begin('ann', async () => undefined, always), undefined)
  const first = (await downloads.begin('ann', open, always))!
  await downloads.begin('ann', open, always)
  await t.rejects(downloads.begin('ann', open, always), { code: 'too_many_requests' })
  t.ok(await downloads.begin('ben', open, always))
  first.destroy()
  await once(first, 'close')
  t.ok(await downloads.begin('ann', open, always))
})

t.test('beyond what all people may have, the oldest download ends (SW-05)', async (t) => {
  const downloads = createDownloads(1, 2)
  const streams = []
  for (const who of ['ann', 'ben', 'eve']) streams.push((await downloads.begin(who, open, always))!)
  t.same(streams.map(({ destroyed }) => destroyed), [true, false, false])
})

t.test('a download ends within a second of the right to it, also where nobody can say (SW-07)', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const downloads = createDownloads(1)
  const ends = [async () => false, async () => { throw new Error('no storage') }]
  for (const end of ends) {
    let stillMay: () => Promise<boolean> = always
    const stream = (await downloads.begin('ann', open, () => stillMay()))!
    mock.timers.tick(1_000)
    await Promise.resolve()
    t.equal(stream.destroyed, false)
    stillMay = end
    mock.timers.tick(1_000)
    await once(stream, 'close')
  }
})
