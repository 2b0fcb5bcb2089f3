// One holder has a few places at once, and others theirs.
import t from 'tap'
import { createAtOnce } from '../../../plugins/limits/at-once.ts'

t.test('beyond its places a holder is refused with nothing begun; others are not, and places come back (OW-09)', async (t) => {
  const atOnce = createAtOnce(2)
  const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const running = ends.map(({ promise }) => atOnce('a', () => promise))
  let begun = 0
  const begin = async () => { begun++ }
  await t.rejects(atOnce('a', begin), { code: 'too_many_requests', statusCode: 429, headers: { 'retry-after': '1' } })
  t.equal(begun, 0)
  await atOnce('b', begin)
  ends[0]!.resolve()
  ends[1]!.reject(new Error('failed'))
  await Promise.allSettled(running)
  await Promise.all([atOnce('a', begin), atOnce('a', begin)])
  t.equal(begun, 3)
})
