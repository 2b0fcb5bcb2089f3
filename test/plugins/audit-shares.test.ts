// What shares a bound in the audit log: nothing that a stranger sends, no number of tool calls and no busy person
// pushes out a security event, in storage, in a person's activity, or while storage is away (threats WB-13, GR-11..13).
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify from 'fastify'
import fp from 'fastify-plugin'
import t from 'tap'
import { createClassifier, MAX_EVENTS } from '../../plugins/observability/audit/event-classes.ts'
import { eventNames, type AuditEvent, type EventName } from '../../plugins/observability/audit/contract.ts'
import audit from '../../plugins/observability/audit/index.ts'
import { openAuditJournals, topicOfUser } from '../../plugins/observability/audit/journals.ts'
import { JOURNAL_BOUNDS, StorageUnavailable } from '../../plugins/storage/contract.ts'
import { openRedisStorage } from '../../plugins/storage/redis/index.ts'
import { openSqliteStorage } from '../../plugins/storage/sqlite/index.ts'
import { newClient, register, tokensFor } from '../helpers/oauth.ts'
import { noRedis, startRedis } from '../helpers/redis.ts'
import { storageTest } from '../helpers/storages.ts'

/** Without credentials, or as somebody else each time. */
const STRANGERS: EventName[] = [
  'challenge',
  'registration',
  'registration_refused',
  'authorization',
  'authorization_refused',
  'sign_in_failed',
  'sign_up',
  'token_refused',
  'limit'
]
const START = Date.UTC(2026, 10, 23)
const event = (name: EventName, more: Partial<AuditEvent> = {}, second = 0): AuditEvent => ({
  at: new Date(START + second * 1_000).toISOString(),
  event: name,
  ...more
})

t.test('GR-11: each event has a class, and what a stranger can cause is in none with what a person did', async (t) => {
  const classOf = createClassifier(
    () => 0,
    (backend) => backend === 'demo'
  )
  const byName = new Map(eventNames.map((name) => [name, classOf(event(name))]))
  t.same(eventNames.filter((name) => byName.get(name) === 'public').sort(), [...STRANGERS].sort())
  t.same(
    eventNames.filter((name) => byName.get(name) === 'calls'),
    ['tool_call']
  )
  t.same(
    eventNames.filter((name) => byName.get(name) === 'tokens'),
    ['refresh', 'retry']
  )
  t.equal(classOf(event('consent', { user: 'u', backend: 'demo' })), 'public', 'anybody may be a demo user')
  t.equal(classOf(event('consent', { user: 'u', backend: 'local' })), 'security')
})

t.test('GR-12: one person has a share of the security events in an hour, and takes nothing from others', async (t) => {
  let now = 0
  const classOf = createClassifier(
    () => now,
    () => false
  )
  const classes = (user: string | undefined, count: number) =>
    Array.from({ length: count }, () => classOf(event('consent', { user })))
  t.same([...new Set(classes('busy', 200))], ['security'])
  t.same([...new Set(classes('busy', 50))], ['excess'], 'beyond it they push out nothing but their like')
  t.same(classes('quiet', 1), ['security'])
  const refreshes = Array.from({ length: MAX_EVENTS.tokens + 1 }, () => classOf(event('refresh', { user: 'busy' })))
  t.same([refreshes.at(-2), refreshes.at(-1)], ['tokens', 'excess'], 'refreshes have a share, too (OW-06)')
  t.equal(classOf(event('refresh', { user: 'quiet' })), 'tokens')
  const calls = Array.from({ length: MAX_EVENTS.calls + 1 }, () => classOf(event('tool_call', { address: '192.0.2.1' })))
  t.same([calls.at(-2), calls.at(-1)], ['calls', 'excess'], 'without a sign-in, each address has one')
  t.same([...new Set(classes(undefined, 300))], ['security'], 'the operator has no share')
  now += 3_600
  t.same(classes('busy', 1), ['security'])
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
    `GR-11: a journal that is full gives way to itself alone (${name})`,
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
        .append(old.map((entry) => ({ topics: entry.user ? [topicOfUser(entry.user)] : [], entry })))
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

storageTest(
  'GR-13: what anybody can repeat is told a few times for an address, whatever it calls itself',
  async (t, start) => {
    let now = 1_800_000_000
    const { url, app } = await start({
      now: () => now,
      env: { RATE_LIMITS: 'registration=5', TRUST_PROXY: '127.0.0.1' }
    })
    const told: EventName[] = []
    app.audit.listen(({ event }) => told.push(event))
    const count = (name: EventName) => told.filter((each) => each === name).length
    const probe = (agent: string, address = '192.0.2.1') =>
      fetch(`${url}/mcp`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': agent, 'x-forwarded-for': address },
        body: '{}'
      })
    const attempt = () => register(url, { redirect_uris: ['http://elsewhere.example/'] })

    for (let n = 0; n < 60; n++) await probe(`agent ${n}`)
    t.equal(count('challenge'), 20, 'several programs of one address are told, and no more of them')
    await probe('another', '192.0.2.2')
    t.equal(count('challenge'), 21, 'another address has its own')
    for (let n = 0; n < 30; n++) await attempt()
    t.equal(count('limit'), 1, 'one for the address and the minute')
    now += 61
    for (let n = 0; n < 30; n++) await attempt()
    t.equal(count('limit'), 2)
    now += 3_600
    await probe('agent 1')
    t.equal(count('challenge'), 22, 'an hour later it is told again')
  }
)

storageTest("GR-12: a thief with a token cannot push the sign-in out of the person's activity", async (t, start) => {
  const { url, app } = await start()
  const client = await newClient(url)
  await tokensFor(url, client)
  const { id } = (await Array.fromAsync(app.signIn.lifecycle.all()))[0]!
  for (let n = 0; n < 1_020; n++) app.audit.note('tool_call', { user: id, tool: 'calculate', outcome: 'ok' })
  const shown = await app.audit.ofUser(id, 20)
  for (const name of ['sign_in', 'consent', 'token', 'tool_call'] as const) {
    t.ok(
      shown.some(({ event }) => event === name),
      name
    )
  }
})

t.test('GR-11: while storage is away, a flood leaves what else waits its place', async (t) => {
  const written: AuditEvent[] = []
  let away = true
  const journal = {
    async append (entries: Array<{ entry: AuditEvent }>) {
      if (away) throw new StorageUnavailable('away')
      written.push(...entries.map(({ entry }) => entry))
    }
  }
  const app = Fastify()
  app.register(
    fp(
      async function storage (app) {
        app.decorate('storage', { journal: () => journal, collection: () => ({}) } as never)
        app.decorate('sealing', {} as never)
        app.decorate('now', () => 0)
      },
      { name: 'storage' }
    )
  )
  app.register(audit)
  await app.ready()
  app.audit.note('lock', { user: 'ann' })
  for (let count = 0; count < 12_000; count++) app.audit.note('limit', { reason: 'registration' })
  away = false
  await app.close()
  t.match(
    written.filter(({ event }) => event === 'lock'),
    [{ user: 'ann' }]
  )
  t.equal(written.filter(({ event }) => event === 'limit').length, 10_000)
})
