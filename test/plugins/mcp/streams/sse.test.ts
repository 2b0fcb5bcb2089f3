// One connection of server-sent events: a client that does not read is cut off.
import { mock } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { openSseConnection, passEvents } from '../../../../plugins/mcp/streams/sse.ts'

t.test(
  'a client that does not read is cut off, but not for one large answer; after the end nothing is written',
  async (t) => {
    let closed = 0
    const lazy = openSseConnection(() => {
      closed++
    })
    lazy.write('x'.repeat(5_000_000), '1')
    lazy.end()
    lazy.write('late', '2')
    lazy.end()
    t.notOk(lazy.readable.destroyed)
    t.match((await lazy.readable.toArray()).join('').length, 5_000_000 + 'id: 1\nevent: message\ndata: \n\n'.length)
    const slow = openSseConnection(() => {
      closed++
    })
    for (let index = 0; index < 100 && !slow.readable.destroyed; index++) slow.write('x'.repeat(10_000), `${index}`)
    t.ok(slow.readable.destroyed)
    await delay(0)
    t.equal(closed, 2)
  }
)

t.test('what nobody reads waits in the connection, where it counts, and not in front of it (SW-06)', async (t) => {
  const unread = new PassThrough()
  const { readable, write, end } = openSseConnection(() => {})
  passEvents(readable, unread)
  write('x'.repeat(100_000), '1')
  write('x'.repeat(5_000_000), '2')
  end()
  await delay(0)
  t.ok(unread.readableLength + unread.writableLength > 5_100_000)
  t.equal(readable.readableLength, 0)
  t.ok(unread.writableEnded)
  t.notOk(unread.destroyed, 'an answer that has ended may be read for a while')
  t.match((await unread.toArray()).join('').length, 5_100_000 + 2 * 'id: 1\nevent: message\ndata: \n\n'.length)
})

t.test('who is behind when more comes is cut off, and a stream that breaks breaks the connection', async (t) => {
  const slow = new PassThrough()
  const sent = Array.from({ length: 10 }, () => Buffer.alloc(100_000))
  passEvents(Readable.from(sent), slow)
  const broken = new PassThrough()
  const events = new PassThrough()
  passEvents(events, broken)
  events.destroy()
  const failed = new PassThrough()
  const failing = new PassThrough()
  passEvents(failing, failed)
  failing.destroy(new Error('it fails'))
  await delay(10)
  t.ok(slow.destroyed)
  t.ok(broken.destroyed)
  t.ok(failed.destroyed)
})

t.test('a silent stream is kept alive until it ends, and one whose rest nobody reads is cut off', async (t) => {
  mock.timers.enable({ apis: ['setInterval', 'setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { readable, end } = openSseConnection(() => {})
  mock.timers.tick(14_999)
  t.equal(readable.read(), null)
  mock.timers.tick(1)
  t.equal(String(readable.read()), ': keep-alive\n\n')
  end()
  mock.timers.tick(15_000)
  t.notOk(readable.destroyed)
  mock.timers.tick(105_000)
  t.ok(readable.destroyed)
  t.equal(readable.read(), null)
})
