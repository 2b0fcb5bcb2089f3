// What a connected app can make the endpoint keep and hold open, part by part: bytes of events, sessions, streams, what
// nobody reads.
import { PassThrough } from 'node:stream'
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Access } from '../../plugins/oauth/grants/contract.ts'
import { createLocalEventBus } from '../../plugins/mcp/streams/event-bus.ts'
import { createChangeLog } from '../../plugins/mcp/streams/change-log.ts'
import { createSubscriptions } from '../../plugins/mcp/streams/subscriptions.ts'
import { createOpenStreams, type OpenStream } from '../../plugins/mcp/streams/open-streams.ts'
import { createStoredBytes } from '../../plugins/mcp/sessions/stored-bytes.ts'
import { openSseConnection } from '../../plugins/mcp/streams/sse.ts'
import {
  createSessionsByPerson,
  MAX_PER_ADDRESS,
  MAX_PER_GRANT,
  MAX_PER_PERSON
} from '../../plugins/mcp/sessions/by-person.ts'
import { StorageUnavailable } from '../../plugins/storage/contract.ts'
import { eachStorage } from '../helpers/each-storage.ts'

/** Beside its events each record costs 512 bytes. */
const KB = 1024
const most = { session: 4 * KB, person: 8 * KB, all: 16 * KB }

function openBytes () {
  let now = 1_000
  const bytes = createStoredBytes(() => now, most)
  let next = 0
  return {
    /** Keeps a stream of a kilobyte. @returns its id, and what gave way. */
    put (session: string, person: string, { id = `s${next++}`, size = KB - 512, seconds = 600 } = {}) {
      return { id, gone: bytes.put(id, { session, person, bytes: size, until: now + seconds }) }
    },
    pass (seconds: number) {
      now += seconds
    }
  }
}

t.test('ME-01: kept bytes: the oldest of a session, of a person and of all give way', async (t) => {
  const { put } = openBytes()
  for (let index = 0; index < 4; index++) t.strictSame(put('one', 'ann').gone, [])
  t.strictSame(put('one', 'ann').gone, ['s0'], 'beyond the bound of the session')
  for (let index = 0; index < 4; index++) t.strictSame(put('two', 'ann').gone, [])
  t.strictSame(put('three', 'ann').gone, ['s1'], 'beyond the bound of the person')
  t.strictSame(put('one', 'ann', { id: 's2' }).gone, [], 'what is written again takes the place of what it was')
  t.strictSame(put('four', 'ann').gone, ['s3'], 'and is the newest then')
  t.strictSame(
    put('five', 'ann', { id: 'big', size: 20 * KB }).gone.at(-1),
    'big',
    'what is larger than the bound is not kept at all'
  )
})

t.test('kept bytes: in all, whoever has more than their part pays for it, and nobody else', async (t) => {
  const { put } = openBytes()
  for (const person of ['eve', 'mallory']) { for (let index = 0; index < 8; index++) put(`${person} ${index >> 2}`, person) }
  t.strictSame(put('ann', 'ann').gone, ['s0'], 'a newcomer takes the place of the oldest')
  t.strictSame(put('eve 3', 'eve').gone, ['s1'], 'eve pushes out her own')
  for (let index = 0; index < 4; index++) {
    const { gone } = put('eve 4', 'eve')
    t.ok(
      gone.every((id) => Number(id.slice(1)) < 8 || Number(id.slice(1)) > 16),
      `${gone} was hers`
    )
  }
})

t.test('kept bytes: what has expired does not count', async (t) => {
  const { put, pass } = openBytes()
  for (let index = 0; index < 4; index++) put('one', 'ann', { seconds: 10 })
  pass(11)
  t.strictSame(put('one', 'ann').gone, [])
})

eachStorage(
  'ME-05: sessions: the oldest of a grant and of a person give way; others are not touched',
  async (t, open) => {
    const now = () => Date.now() / 1000
    const lists = createSessionsByPerson(await open(now), now)
    const begin = (caller: string, key: string, grant: string | null) =>
      lists.add(caller, { key, grant, endsAt: now() + 3_600 })
    const gone = async (caller: string, grant: string | null, count: number) => {
      const all: string[] = []
      for (let index = 0; index < count; index++) { all.push(...(await begin(caller, `${caller} ${grant} ${index}`, grant))) }
      return all
    }
    t.strictSame(await gone('ann', 'g1', MAX_PER_GRANT + 2), ['ann g1 0', 'ann g1 1'])
    t.strictSame(await gone('bob', 'g2', 1), [])
    t.strictSame(await gone('ann', 'g3', MAX_PER_PERSON - MAX_PER_GRANT), [], 'another app of hers has its own part')
    t.strictSame(await gone('ann', 'g4', 1), ['ann g1 2'], 'all of hers together are bounded, too')
    await lists.remove('ann', 'ann g4 0')
    t.strictSame(await begin('ann', 'again', 'g4'), [], 'what was ended makes room')
    t.strictSame(await gone('address 192.0.2.1', null, 60), [], `an address has ${MAX_PER_ADDRESS}`)
  }
)

eachStorage('sessions: when there are very many in all, everybody goes on with a few', async (t, open) => {
  const now = () => Date.now() / 1000
  const storage = await open(now)
  const lists = createSessionsByPerson(storage, now)
  const begin = (key: string) => lists.add('ann', { key, grant: 'g', endsAt: now() + 3_600 })
  for (let index = 0; index < 6; index++) t.strictSame(await begin(`${index}`), [])
  await storage.count([{ key: 'sessions in all', by: 10_000, ttl: 3_600 }])
  t.strictSame(await begin('6'), ['0', '1'])
  t.strictSame(await begin('7'), ['2'])
  t.strictSame(await storage.counts(['sessions in all']), [10_005], 'those that gave way are taken off')
})

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
  'open streams: the oldest of a grant and of a person end, and what has no person is bounded in all',
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

t.test(
  'open streams: one ends with its token, and when what allowed it has ended; while storage is away, after ten seconds',
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

t.test('ME-07: a listen stream that nobody reads is let go, and others are told', async (t) => {
  const changes = createChangeLog(
    createLocalEventBus(),
    {
      collection: () => ({
        update: async () => {
          throw new Error('not kept')
        }
      })
    } as never,
    () => 1,
    { warn () {} }
  )
  const subscriptions = createSubscriptions(changes, { name: 'x', version: '1' }, () => 1)
  t.teardown(subscriptions.close)
  const [lazy, reader] = [new PassThrough({ highWaterMark: 1 }), new PassThrough()]
  let heard = 0
  reader.on('data', () => {
    heard++
  })
  lazy.on('error', () => {})
  for (const raw of [lazy, reader]) { subscriptions.open(raw as unknown as ServerResponse, { id: 1, filter: { toolsListChanged: true }, access: null }) }
  let told = 0
  while (!lazy.destroyed && told < 10_000) {
    told++
    await changes.announce([{ kind: 'tools_list_changed' }])
    await new Promise(setImmediate)
  }
  t.ok(lazy.destroyed && lazy.writableLength + lazy.readableLength < 300 * KB, `after ${told} changes`)
  t.ok(told > 500 && !reader.destroyed && heard >= told, `${heard} were heard by the other`)
})

t.test(
  'a line: a client that does not read is let go; a large answer is no fault of it; what has ended is not written to',
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
