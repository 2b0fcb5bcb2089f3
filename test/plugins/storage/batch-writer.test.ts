// Batches: one write at a time, soon or now, and an outage that is logged once with what was lost.
import t from 'tap'
import { createBatchWriter, createOutage } from '../../../plugins/storage/batch-writer.ts'

t.test('one write at a time, and none after close', async (t) => {
  let running = 0
  let writes = 0
  const writer = createBatchWriter(async () => {
    t.equal(++running, 1)
    await null
    running--
    writes++
  }, 1)
  await Promise.all([writer.flush(), writer.flush()])
  writer.schedule()
  writer.schedule()
  await writer.close()
  t.equal(writes, 3)
})

t.test('an outage is logged when it begins and when it ends', async (t) => {
  const lines: unknown[][] = []
  const outage = createOutage({ warn: (...line: unknown[]) => lines.push(line) } as never, {
    begins: 'begins',
    ends: 'ends',
    stops: 'stops'
  })
  outage.end()
  outage.begin(new Error('away'))
  outage.begin(new Error('away'))
  outage.lose(2)
  outage.end()
  outage.begin(new Error('away'))
  outage.lose(4)
  outage.close(3)
  t.same(lines.map(([, message]) => message), ['begins', 'ends', 'begins', 'stops'])
  t.match(lines, [[{}, 'begins'], [{ lost: 2 }], [{}], [{ lost: 7 }]])
})
