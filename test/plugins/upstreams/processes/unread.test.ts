// What a process has not read: what is canceled meanwhile is not written, and takes no room.
import { Writable } from 'node:stream'
import t from 'tap'
import { Unread } from '../../../../plugins/upstreams/processes/unread.ts'

const call = (id: number, length = 10_000) =>
  ({ jsonrpc: '2.0' as const, id, method: 'tools/call', params: { text: 'x'.repeat(length) } })

/** A process that reads nothing until it is told to; then `ids` are those of the requests that it has read. */
function start () {
  const ids: number[] = []
  let next: (() => void) | undefined
  let isReading = false
  const stdin = new Writable({
    highWaterMark: 16 * 1024,
    write (line: Buffer, _encoding, done) {
      ids.push((JSON.parse(line.toString()) as { id: number }).id)
      if (isReading) done()
      else next = done
    }
  })
  const read = async () => {
    isReading = true
    next?.()
    while (stdin.writableLength > 0) await new Promise(setImmediate)
    return ids
  }
  return { unread: new Unread(stdin, 100_000), read }
}

t.test('what many share has room, however much one of them sends and cancels (PR-23)', async (t) => {
  const { unread, read } = start()
  for (let id = 0; id < 100; id++) {
    t.ok(unread.send(call(id)))
    unread.cancel(id)
  }
  t.ok(unread.send(call(100, 0)))
  t.same(await read(), [0, 1, 100], 'two were written before they were canceled')
})

t.test('what is not canceled is written in order, and beyond the bound nothing is taken (PR-07)', async (t) => {
  const { unread, read } = start()
  let taken = 0
  while (unread.send(call(taken))) taken++
  t.equal(taken, 10)
  t.notOk(unread.cancel(0), 'that is on its way')
  t.same(await read(), Array.from({ length: taken }, (_, id) => id))
})
