// What is open: bounded for a grant, a person and in all, and ended with what allowed it.
import t from 'tap'
import type { OpenStream } from '../../../../plugins/mcp/streams/contract.ts'
import { createOpenStreams } from '../../../../plugins/mcp/streams/open-streams.ts'
import type { Access } from '../../../../plugins/oauth/grants/contract.ts'

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
  const add = (name: string, access: Access | null, until = Infinity) => {
    const stream: OpenStream = {
      access,
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
    t.notOk(hasRoom())
  }
)
