// A stream is read again in the second after it brought too much.
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { createThrottle } from '../../../../plugins/upstreams/processes/throttle.ts'
import { createSharedBudget } from '../../../../plugins/upstreams/shared-budget.ts'
import { until } from '../../../helpers/until.ts'

t.test('beyond its maximum a stream waits for the end of the second (PR-03)', async (t) => {
  const stream = new PassThrough()
  t.teardown(() => stream.destroy())
  let seconds = 0
  const count = createThrottle(stream, 10, () => {
    seconds++
  })
  stream.on('data', (chunk: Buffer) => count(chunk.length))
  stream.write(Buffer.alloc(10))
  await until(() => stream.readableLength === 0)
  t.notOk(stream.isPaused())
  stream.write(Buffer.alloc(1))
  await until(() => stream.isPaused())
  t.ok(await until(() => !stream.isPaused()))
  t.equal(seconds, 1)
})

t.test('the last second ends with the stream', async (t) => {
  const stream = new PassThrough()
  let seconds = 0
  createThrottle(stream, 10, () => {
    seconds++
  })(1)
  stream.destroy()
  await once(stream, 'close')
  t.equal(seconds, 1)
})

t.test('what is shared with other streams keeps it waiting as well; what costs nothing does not count (UH-08)', async (t) => {
  const stream = new PassThrough()
  t.teardown(() => stream.destroy())
  const share = createSharedBudget(10)
  const count = createThrottle(stream, 1_000, undefined, share)
  stream.on('data', (chunk: Buffer) => count(chunk.length))
  share({ pause () {} }, () => {}).count(10)
  count(0)
  t.notOk(stream.isPaused())
  stream.write(Buffer.alloc(1))
  await until(() => stream.isPaused())
  t.ok(await until(() => !stream.isPaused()))
})
