// What is open: bounded for a grant, a person and in all, and ended with what allowed it.
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { createOpenStreams, type OpenStream } from '../../../../plugins/mcp/streams/open-streams.ts'
import type { Access } from '../../../../plugins/oauth/grants/contract.ts'
import { StorageUnavailable } from '../../../../plugins/storage/contract.ts'

const accessOf = (user: string, grantId: string): Access => ({
  grantId,
  clientId: 'c',
  user: { id: user },
  scopes: ['mcp:read'],
  resource: 'r',
  expiresAt: 4e9,
  clientName: 'App',
  backend: 'local',
  attempt: 'a'
})

function openStreams (
  t: { teardown(work: () => void): void },
  stillAllows?: (access: Access) => boolean | Promise<boolean>
) {
  let now = 1_000
  const streams = createOpenStreams({ perGrant: 2, perPerson: 3, inAll: 6 }, () => now, stillAllows)
  t.teardown(streams.close)
  const ended: string[] = []
  const add = (name: string, access: Access | null, until = Infinity, address?: string) => {
    const stream: OpenStream = {
      access,
      address,
      until,
      end: (reason) => {
        ended.push(`${name}: ${reason}`)
      }
    }
    streams.add(stream)
    return stream
  }
  return {
    ...streams,
    add,
    ended,
    pass: (seconds: number) => {
      now += seconds
    }
  }
}

t.test(
  'the oldest of a grant and of a person is closed, and what has no person is bounded in all',
  async (t) => {
    const { add, ended, hasRoom, remove } = openStreams(t)
    const first = add('a', accessOf('ann', 'g1'))
    add('b', accessOf('ann', 'g1'))
    t.strictSame(ended, [])
    remove(first)
    add('c', accessOf('ann', 'g1'))
    t.strictSame(ended, [], 'what has ended by itself makes room')
    add('d', accessOf('ann', 'g1'))
    t.strictSame(ended.splice(0), ['b: Too much is open: the oldest is closed'])
    add('e', accessOf('ann', 'g2'))
    t.strictSame(ended, [])
    add('f', accessOf('ann', 'g3'))
    t.strictSame(ended.splice(0), ['c: Too much is open: the oldest is closed'], 'over all apps of the person')
    add('g', accessOf('bob', 'g4'))
    for (const name of ['h', 'i']) add(name, null)
    t.strictSame(ended, [])
    t.notOk(hasRoom({ access: accessOf('ann', 'g2') }), 'nobody holds so much more that it would have to give way')
  }
)

t.test('where all is full, the oldest of whoever holds most gives way: a few keep out nobody (TF-06)', async (t) => {
  const { add, ended, hasRoom } = openStreams(t)
  for (const name of ['ann', 'bob']) {
    for (const number of [1, 2, 3]) add(`${name} ${number}`, accessOf(name, `${name} ${Math.ceil(number / 2)}`))
  }
  t.ok(hasRoom({ access: accessOf('cid', 'c') }), 'two people hold everything, and a third comes')
  t.notOk(hasRoom({ access: accessOf('ann', 'a') }), 'one who holds most gets no more')
  add('cid 1', accessOf('cid', 'c'))
  add('cid 2', accessOf('cid', 'c'))
  t.strictSame(ended.splice(0), ['ann 1', 'bob 1'].map((name) => `${name}: Too much is open: the oldest is closed`))
  t.notOk(hasRoom({ access: accessOf('cid', 'c') }), 'everybody has the same now')

  const open = openStreams(t)
  for (const number of [1, 2, 3, 4, 5, 6]) open.add(`one ${number}`, null, Infinity, '192.0.2.1')
  t.notOk(open.hasRoom({ access: null, address: '192.0.2.1' }))
  t.ok(open.hasRoom({ access: null, address: '192.0.2.2' }), 'without sign-in one address does not keep out another')
  open.add('two', null, Infinity, '192.0.2.2')
  t.strictSame(open.ended, ['one 1: Too much is open: the oldest is closed'])
})

t.test(
  'a stream ends with its token and with its grant; while storage is away, after ten seconds',
  async (t) => {
    let answer: () => boolean | Promise<boolean> = () => true
    const { add, ended, pass } = openStreams(t, ({ grantId }) => (grantId === 'g1' ? answer() : true))
    const within = async (what: string[]) => {
      for (let waited = 0; waited < 5_000 && ended.length < what.length; waited += 50) await delay(50)
      t.strictSame(ended.splice(0), what)
    }
    add('nobody', null)
    add('token', accessOf('ann', 'g2'), 1_005)
    add('grant', accessOf('bob', 'g1'))
    pass(5)
    await within(['token: The access token has expired'])
    answer = async () => false
    await within(['grant: The connection of this app has ended'])
    for (const away of [
      () => {
        throw new StorageUnavailable('away')
      },
      async () => {
        throw new StorageUnavailable('away')
      }
    ]) {
      answer = away
      add('doubt', accessOf('bob', 'g1'))
      pass(10)
      await delay(1_200)
      t.strictSame(ended, [], 'a storage that is away for a moment ends nothing')
      pass(1)
      await within(['doubt: The storage of this server does not answer'])
    }
  }
)
