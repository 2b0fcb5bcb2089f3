// One connection of server-sent events: a client that does not read is cut off.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { openSseConnection } from '../../../../plugins/mcp/streams/sse.ts'

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
