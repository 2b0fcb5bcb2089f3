// What waits to be stored while storage is away:
// bounded, and nothing that is kept is lost.
import t from 'tap'
import type { Slot } from '../../../../plugins/observability/tallies/contract.ts'
import { createWaiting } from '../../../../plugins/observability/tallies/waiting.ts'
import { emptySlot, emptyTally } from '../../../../plugins/observability/tallies/tally.ts'

const slot = (calls = 1): Slot => ({
  ...emptySlot(),
  tools: [['search', { ...emptyTally(), calls }]]
})

t.test('of more records than may wait, the oldest is dropped, and that is said (AS-03)', async (t) => {
  let lost = 0
  const waiting = createWaiting(() => { lost++ })
  for (let n = 0; n < 48; n++) waiting.put(`${n}`, n, slot())
  waiting.put('0', 0, slot())
  t.equal(lost, 0)
  waiting.put('48', 48, slot())
  t.equal(lost, 1)
  t.equal(waiting.size, 48)
  t.match(waiting.take(), { id: '1', endsAt: 1 })
})

t.test('a record for which many sums wait holds one of them all', async (t) => {
  const waiting = createWaiting(() => t.fail('nothing is lost'))
  for (let n = 0; n < 1_200; n++) waiting.put('day', 9, slot(2))
  t.equal(waiting.size, 1)
  t.match(waiting.take(), {
    id: 'day',
    slot: { tools: [['search', { calls: 2_400 }]] }
  })
  t.equal(waiting.take(), undefined)
})
