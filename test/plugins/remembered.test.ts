// What is made of a text is made once, and takes a bounded part of the memory.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { remembered } from '../../plugins/remembered.ts'

t.test('a text is remembered unless it is long, and all are forgotten where there are too many', async (t) => {
  const asked: string[] = []
  const shout = remembered((text) => {
    asked.push(text)
    return text.toUpperCase()
  }, { most: 2, length: 3 })
  t.same(['a', 'a', 'long', 'long'].map(shout), ['A', 'A', 'LONG', 'LONG'])
  t.same(asked.splice(0), ['a', 'long', 'long'], 'nothing long is kept')
  t.same(['b', 'a', 'b', 'c', 'a'].map(shout), ['B', 'A', 'B', 'C', 'A'])
  t.same(asked, ['b', 'c', 'a'])
})

t.test('a short piece of a long text does not keep all of it (BW-42)', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const same = remembered((text) => text, { most: 1_000, length: 45 })
  collect()
  const before = process.memoryUsage().heapUsed
  for (let n = 0; n < 1_000; n++) same(Buffer.alloc(16_000, `${n} `).toString('latin1').slice(-40))
  collect()
  const kilobytes = (process.memoryUsage().heapUsed - before) / 1024
  t.ok(kilobytes < 2_000, `${Math.round(kilobytes)} KB`)
  t.equal(same('\ud800 é'), '\ud800 é', 'a text is what it was')
})
