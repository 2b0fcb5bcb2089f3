// One stream for all that is followed: each takes the place of the one before, and a refusal leaves everything as it was.
import { mock } from 'node:test'
import t from 'tap'
import { Listening } from '../../../../plugins/upstreams/connections/listening.ts'

const follow = (listening: Listening, uri: string) =>
  listening.change(
    ({ resourceSubscriptions = [] }) => ({ resourceSubscriptions: [...resourceSubscriptions, uri] })
  )

/** Streams that are open, oldest first, of an upstream that takes no URI with `bad` in it. */
function start () {
  const open: string[][] = []
  const listening = new Listening(async ({ resourceSubscriptions = [] }) => {
    await new Promise(setImmediate)
    if (resourceSubscriptions.some((uri) => uri.includes('bad'))) throw new Error('refused')
    open.push(resourceSubscriptions)
    return { close: async () => { open.splice(open.indexOf(resourceSubscriptions), 1) } }
  })
  return { listening, open }
}

t.test('what the upstream refuses keeps nobody from following something else (UP-12)', async (t) => {
  const { listening, open } = start()
  await follow(listening, 'a://1')
  await t.rejects(follow(listening, 'a://bad'), { message: 'refused' })
  t.notOk(listening.follows('a://bad'))
  await follow(listening, 'a://2')
  t.same(open, [['a://1', 'a://2']], 'and no stream is left over')
})

t.test('those who ask at the same time are all told of', async (t) => {
  const { listening, open } = start()
  const asked = ['a://1', 'a://bad', 'a://2', 'a://3'].map((uri) => follow(listening, uri))
  t.same(
    (await Promise.allSettled(asked)).map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled', 'fulfilled']
  )
  t.same(open, [['a://1', 'a://2', 'a://3']])
})

t.test('where no stream is needed, what is followed is known all the same', async (t) => {
  const listening = new Listening(async () => undefined)
  await follow(listening, 'a://1')
  t.ok(listening.follows('a://1'))
})

t.test('a stream that ends by itself is opened again with growing pauses, until the connection is closed (UC-22)', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const streams: Array<{ filter: unknown; end(cause: 'remote'): void }> = []
  let again = 0
  let isAway = false
  const listening = new Listening(async (filter) => {
    if (isAway) throw new Error('away')
    const { promise: closed, resolve: end } = Promise.withResolvers<'remote'>()
    streams.push({ filter, end })
    return { close: async () => {}, closed }
  }, () => again++)
  const after = async (pause: number) => {
    mock.timers.tick(pause)
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    return [streams.length, again]
  }
  await follow(listening, 'a://1')
  isAway = true
  streams[0]!.end('remote')
  await after(0)
  t.same(await after(1_000), [1, 0])
  isAway = false
  t.same(await after(1_999), [1, 0])
  t.same(await after(1), [2, 1])
  t.same(streams[1]!.filter, { resourceSubscriptions: ['a://1'] })
  streams[1]!.end('remote')
  listening.close()
  await after(0)
  t.same(await after(60_000), [2, 1])
})

t.test('after a stream that lasted the pauses begin again, and one that another change opened meanwhile stays (UC-22)', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const now = mock.method(performance, 'now', () => 0)
  t.teardown(() => {
    mock.timers.reset()
    now.mock.restore()
  })
  const ends: Array<() => void> = []
  let again = 0
  const listening = new Listening(async () => {
    const { promise: closed, resolve } = Promise.withResolvers<'remote'>()
    ends.push(() => resolve('remote'))
    return { close: async () => {}, closed }
  }, () => again++)
  t.teardown(() => listening.close())
  const after = async (pause: number) => {
    mock.timers.tick(pause)
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    return [ends.length, again]
  }
  const end = () => {
    ends.at(-1)!()
    return after(0)
  }
  await follow(listening, 'a://1')
  await end()
  t.same(await after(1_000), [2, 1])
  await end()
  t.same(await after(1_000), [2, 1], 'it did not last')
  t.same(await after(1_000), [3, 2])
  now.mock.mockImplementation(() => 10_000)
  await end()
  t.same(await after(1_000), [4, 3], 'it did')
  await end()
  await follow(listening, 'a://2')
  t.same(await after(2_000), [5, 4], 'no other is opened')
})
