// The journals in storage: one that is full pushes out nothing of another (threat GR-11).
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { AuditEvent, EventName } from '../../../../plugins/observability/audit/contract.ts'
import { openAuditJournals, topicOfUser } from '../../../../plugins/observability/audit/journals.ts'
import { JOURNAL_BOUNDS } from '../../../../plugins/storage/contract.ts'
import { openRedisStorage } from '../../../../plugins/storage/redis/index.ts'
import { openSqliteStorage } from '../../../../plugins/storage/sqlite/index.ts'
import { noRedis, startRedis } from '../../../helpers/redis.ts'

const START = Date.UTC(2026, 10, 23)
const event = (name: EventName, more: Partial<AuditEvent> = {}, second = 0): AuditEvent => ({
  at: new Date(START + second * 1_000).toISOString(),
  event: name,
  ...more
})

const redis = await startRedis()
t.teardown(() => redis?.stop())
const places = {
  async SQLite () {
    const folder = await mkdtemp(join(tmpdir(), 'mcp-audit-'))
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    return async () => openSqliteStorage(folder, () => START / 1_000)
  },
  ...(redis && { Redis: async () => () => openRedisStorage(redis.url, { warn () {} }) })
}
/**
 * More than is kept. On Redis each journal is a stream with a length of its own, whatever is in the others: fewer show
 * that.
 */
const FLOOD = { SQLite: JOURNAL_BOUNDS.entries + 2_000, Redis: 3_000 }

for (const name of ['SQLite', 'Redis'] as const) {
  t.test(
    `a journal that is full gives way to itself alone (${name}) (GR-11)`,
    { skip: places[name] ? false : noRedis },
    async (t) => {
      const open = await places[name]!()
      const storage = await open()
      const journals = openAuditJournals(storage)
      const mine = [event('sign_in', { user: 'ann' }), event('consent', { user: 'ann' })]
      await journals.append('security', mine)
      const flood = Array.from({ length: FLOOD[name] }, () => event('limit', { reason: 'registration' }, 1))
      await journals.append('public', flood)
      await journals.append(
        'calls',
        Array.from({ length: 1_100 }, (_, count) => event('tool_call', { user: 'ann', tool: 'calculate' }, 2 + count))
      )
      await journals.append('tokens', [event('refresh', { user: 'ann' }, 1)])
      await storage.close()

      const again = await open()
      t.teardown(() => again.close())
      let counts: Partial<Record<EventName, number>> = {}
      // SQLite deletes what is beyond the bound a little at a time.
      for (let tries = 0; tries < 50 && !(counts.limit! <= JOURNAL_BOUNDS.entries); tries++) {
        await sleep(100)
        counts = {}
        for await (const { event } of openAuditJournals(again).all()) counts[event] = (counts[event] ?? 0) + 1
      }
      t.match(counts, { sign_in: 1, consent: 1, refresh: 1, tool_call: 1_100 })
      t.equal(counts.limit, Math.min(FLOOD[name], JOURNAL_BOUNDS.entries), 'and it has its bound')

      const newest = await openAuditJournals(again).newest(topicOfUser('ann'), 20)
      t.equal(newest.length, 20)
      t.same(
        newest.slice(-3).map(({ event }) => event),
        ['refresh', 'consent', 'sign_in'],
        'many calls leave room for the rest'
      )
      t.same(
        newest.map(({ at }) => at),
        newest
          .map(({ at }) => at)
          .sort()
          .reverse(),
        'newest first'
      )
      await openAuditJournals(again).forget(topicOfUser('ann'))
      t.same(await openAuditJournals(again).newest(topicOfUser('ann'), 20), [], 'and all of it is forgotten')
    }
  )

  t.test(
    `a journal of before there were classes is read with the rest (${name})`,
    { skip: places[name] ? false : noRedis },
    async (t) => {
      const storage = await (await places[name]!())()
      t.teardown(() => storage.close())
      const old = [
        event('sign_in', { user: 'bob' }),
        event('tool_call', { user: 'bob', tool: 'search' }, 1),
        event('limit', { reason: 'registration' }, 2)
      ]
      await storage
        .journal<AuditEvent>('audit')
        .append(old.map((entry) => ({ topic: entry.user && topicOfUser(entry.user), entry })))
      const journals = openAuditJournals(storage)
      await journals.append('calls', [event('tool_call', { user: 'bob', tool: 'fetch' }, 1.5)])
      const all = (await Array.fromAsync(journals.all())).filter(({ at, user }) => user === 'bob' || at === old[2]!.at)
      t.same(
        all.slice(0, 4).map(({ event, tool }) => tool ?? event),
        ['sign_in', 'search', 'fetch', 'limit'],
        'in order of time'
      )
      t.same(
        (await journals.newest(topicOfUser('bob'), 9)).map(({ event, tool }) => tool ?? event),
        ['fetch', 'search', 'sign_in']
      )
    }
  )
}
