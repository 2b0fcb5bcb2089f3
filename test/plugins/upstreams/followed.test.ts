// Which resources are followed: bounded for each connection and for all of them, with a share for each person.
import type { McpServer } from '@modelcontextprotocol/server'
import t from 'tap'
import { Followed } from '../../../plugins/upstreams/followed.ts'
import { callerOf, settingsOf, startUpstream } from '../../helpers/memory-upstream.ts'
import { until } from '../../helpers/until.ts'

const followedBy = (onChange: (uri: string, user: string | undefined) => unknown = () => {}) => new Followed(onChange, async () => true)

t.test('of a full connection, the oldest resource of the person who follows the most makes room', async (t) => {
  const followed = followedBy()
  t.same(followed.add('', 'bob://1', 'bob'), [])
  for (let number = 1; number < 100; number++) t.same(followed.add('', `ann://${number}`, 'ann'), [])
  t.same(followed.add('', 'bob://2', 'bob'), ['ann://1'])
  t.same(followed.add('', 'ann://100', 'ann'), ['ann://2'])
  t.ok(followed.has('', 'bob://1'))
  t.same(followed.add('', 'bob://1', 'bob'), [], 'again')
  t.equal(followed.of('').length, 100)
})

t.test('whoever follows what another follows cannot end it for them (UP-12)', async (t) => {
  const followed = followedBy()
  followed.add('', 'crm://shared', 'bob')
  for (let number = 1; number < 50; number++) followed.add('', `ann://${number}`, 'ann')
  followed.add('', 'crm://shared', 'ann')
  for (let number = 50; number < 250; number++) followed.add('', `ann://${number}`, 'ann')
  t.ok(followed.has('', 'crm://shared'))
  t.equal(followed.of('').length, 100)
})

t.test('long names count for what they are, so that a server as strict as ours takes all of them (UP-12)', async (t) => {
  const followed = followedBy()
  for (let number = 1; number <= 20; number++) followed.add('', `bob://${number}`, 'bob')
  for (let number = 1; number <= 20; number++) {
    followed.add('', `ann://${number}/`.padEnd(2_048, 'x'), 'ann')
    t.ok(followed.of('').join('').length + 2_048 <= 16 * 1024)
  }
  t.equal(followed.of('').filter((uri) => uri.startsWith('bob:')).length, 20)
})

t.test('connections that were used longest ago are forgotten', async (t) => {
  const followed = followedBy()
  for (let key = 0; key <= 1_000; key++) followed.add(String(key), 'a://b', 'ann')
  t.notOk(followed.has('0', 'a://b'))
  t.ok(followed.has('1', 'a://b'))
})

t.test('a change is told once, however often it is reported, and to the person whose connection reports it', async (t) => {
  const told: unknown[] = []
  const followed = followedBy((...change) => told.push(change))
  t.teardown(() => followed.close())
  followed.add('ann', 'a://b', 'ann')
  for (let report = 1; report <= 1_000; report++) followed.changed('ann', 'a://b', 'ann')
  followed.changed('', 'a://b', undefined)
  followed.changed('ann', 'a://c', 'ann')
  t.ok(await until(() => told.length > 0))
  t.same(told, [['a://b', 'ann']])
})

const followable = (server: McpServer) => {
  server.server.registerCapabilities({ resources: { subscribe: true } })
  server.server.setRequestHandler('resources/subscribe', () => ({}))
  server.server.setRequestHandler('resources/unsubscribe', () => ({}))
}

t.test('what it says of resources that nobody follows is not told', async (t) => {
  const { upstream, opened, changes } = await startUpstream(t, followable)
  await upstream.subscribe('demo://followed', callerOf('ann'))
  for (const uri of ['demo://other', `demo://${'x'.repeat(1_000_000)}`, 'demo://followed', 'demo://followed']) {
    await opened[0]!.server.server.sendResourceUpdated({ uri })
  }
  t.ok(await until(() => changes.some(({ kind }) => kind === 'resource')))
  t.same(changes.filter(({ kind }) => kind === 'resource'), [
    { kind: 'resource', upstream: 'files', uri: 'demo://followed', user: undefined }
  ])
})

t.test('one person does not keep others from following a resource of a process that all share', async (t) => {
  const { upstream, opened, changes } = await startUpstream(t, followable)
  for (let number = 0; number <= 100; number++) {
    await upstream.subscribe(`demo://${number}`, callerOf('ann'))
  }
  await upstream.subscribe('demo://bob', callerOf('bob'))
  await opened[0]!.server.server.sendResourceUpdated({ uri: 'demo://bob' })
  t.ok(await until(() => changes.some((change) => change.kind === 'resource' && change.uri === 'demo://bob')))
})

t.test('one address does not keep others from following, where nobody signs in (UP-12, WK-08)', async (t) => {
  const { upstream, opened, changes } = await startUpstream(t, followable)
  await upstream.subscribe('demo://bob', undefined, '192.0.2.1')
  for (let number = 0; number <= 100; number++) {
    await upstream.subscribe(`demo://${number}`, undefined, '198.51.100.7')
  }
  await opened[0]!.server.server.sendResourceUpdated({ uri: 'demo://bob' })
  t.ok(await until(() => changes.some((change) => change.kind === 'resource' && change.uri === 'demo://bob')))
})

t.test('what makes room is no longer followed at the upstream either', async (t) => {
  const ended: string[] = []
  const { upstream } = await startUpstream(t, (server) => {
    followable(server)
    server.server.setRequestHandler('resources/unsubscribe', ({ params }) => {
      ended.push(params.uri)
      return {}
    })
  })
  for (let number = 0; number <= 100; number++) {
    await upstream.subscribe(`demo://${number}`, callerOf('ann'))
  }
  t.same(ended, ['demo://0'])
})

t.test('whoever names many resources at once has one request open at the upstream (UP-10)', async (t) => {
  let open = 0
  let most = 0
  const { upstream } = await startUpstream(t, (server) => {
    followable(server)
    server.server.setRequestHandler('resources/subscribe', async () => {
      most = Math.max(most, ++open)
      await new Promise(setImmediate)
      open--
      return {}
    })
  })
  const follow = (number: number) => upstream.subscribe(`demo://${number}`, callerOf('ann'))
  const all = await Promise.allSettled(Array.from({ length: 210 }, (_, number) => follow(number)))
  t.equal(most, 1)
  const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
  t.equal(refused.length, 10)
  t.match(refused[0], { fault: 'busy', wasSent: false })
  await upstream.subscribe('demo://again', callerOf('ann'))
})

t.test('of somebody who has been locked or deleted nothing is told, though their connection goes on for a while (UH-48)', async (t) => {
  const gone = new Set<string>()
  const isHere = async (id: string) => {
    if (id === 'unknown') throw new Error('storage is away')
    return !gone.has(id)
  }
  const { upstream, opened, changes } = await startUpstream(t, followable, { settings: settingsOf({}, 'per-user'), isHere })
  for (const id of ['ann', 'bob', 'unknown']) {
    await upstream.subscribe('demo://one', callerOf(id))
  }
  gone.add('ann')
  for (const { server } of opened) {
    await server.server.sendResourceUpdated({ uri: 'demo://one' })
  }
  t.ok(await until(() => changes.some(({ kind }) => kind === 'resource')))
  t.same(changes.flatMap((change) => (change.kind === 'resource' ? change.user : [])), ['bob', 'unknown'], 'while nobody can say, all are told')
})

t.test('what somebody wanted to follow is not asked for any more once they may not ask, and nothing is opened for it (UH-57)', async (t) => {
  const asked: string[] = []
  const { upstream, opened } = await startUpstream(t, (server) => {
    followable(server)
    server.server.setRequestHandler('resources/subscribe', async ({ params }) => {
      asked.push(params.uri)
      if (params.uri === 'demo://2') mayAnn = false
      return {}
    })
  }, { settings: settingsOf({}, 'per-user') })
  let mayAnn = true
  const follow = (id: string, mayBegin: () => Promise<boolean>) =>
    Promise.allSettled(Array.from({ length: 5 }, (_, number) => upstream.subscribe(`demo://${number}`, callerOf(id), '', mayBegin)))
  const anns = await follow('ann', async () => mayAnn)
  t.same(asked, ['demo://0', 'demo://1', 'demo://2'])
  t.match(anns.map(({ status }) => status), ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
  await follow('bob', async () => false)
  t.same(opened.map(({ caller }) => caller), ['ann'])
  t.ok((await follow('cid', async () => { throw new Error('storage is away') })).every(({ status }) => status === 'fulfilled'))
})

t.test('twenty people are known to follow one resource: who asked longest ago counts for it no more', async (t) => {
  const followed = followedBy()
  for (let person = 0; person <= 20; person++) followed.add('', 'crm://shared', `person ${person}`)
  for (let person = 1; person <= 20; person++) {
    t.ok(followed.has('', 'crm://shared'))
    for (let number = 1; number <= 100; number++) {
      followed.add('', `crm://${person}/${number}`, `person ${person}`)
    }
  }
  t.notOk(followed.has('', 'crm://shared'), 'the twenty have given it up, and the first is not known')
})

t.test('a connection that takes the place of another follows the same; what is refused then is logged without secrets', async (t) => {
  const asked: string[] = []
  const settings = settingsOf({ secrets: ['s3cret-key'] })
  const { upstream, opened, lines } = await startUpstream(t, (server) => {
    followable(server)
    server.server.setRequestHandler('resources/subscribe', ({ params }) => {
      asked.push(params.uri)
      if (asked.length > 2) throw new Error('wrong key s3cret-key')
      return {}
    })
  }, { settings })
  for (const uri of ['demo://1', 'demo://2']) await upstream.subscribe(uri, callerOf('ann'))
  await opened[0]!.end()
  await upstream.restart()
  t.ok(await until(() => lines.some((line) => line.includes('are not told any more'))))
  t.same(asked, ['demo://1', 'demo://2', 'demo://1', 'demo://2'])
  const line = lines.find((line) => line.includes('are not told any more'))!
  t.match(JSON.parse(line), { level: 40, msg: /wrong key \[secret\]/ })
})
