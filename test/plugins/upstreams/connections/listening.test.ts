// One stream for all that is followed: each takes the place of the one before, and a refusal leaves everything as it was.
import t from 'tap'
import { Listening } from '../../../../plugins/upstreams/connections/listening.ts'

const follow = (listening: Listening, uri: string) =>
  listening.change(({ resourceSubscriptions = [] }) => ({ resourceSubscriptions: [...resourceSubscriptions, uri] }))

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
  t.same((await Promise.allSettled(asked)).map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  t.same(open, [['a://1', 'a://2', 'a://3']])
})

t.test('where no stream is needed, what is followed is known all the same', async (t) => {
  const listening = new Listening(async () => undefined)
  await follow(listening, 'a://1')
  t.ok(listening.follows('a://1'))
})
