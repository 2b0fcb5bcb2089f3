// Which resources are followed: bounded for each connection and for all of them, with a share for each person.
import type { McpServer } from '@modelcontextprotocol/server'
import t from 'tap'
import { Followed } from '../../../plugins/upstreams/followed.ts'
import { callerOf, startUpstream } from '../../helpers/memory-upstream.ts'
import { until } from '../../helpers/until.ts'

t.test('of a full connection, the oldest resource of the person who follows the most makes room', async (t) => {
  const followed = new Followed(() => {})
  t.equal(followed.add('', 'bob://1', 'bob'), undefined)
  for (let number = 1; number < 100; number++) t.equal(followed.add('', `ann://${number}`, 'ann'), undefined)
  t.equal(followed.add('', 'bob://2', 'bob'), 'ann://1')
  t.equal(followed.add('', 'ann://100', 'ann'), 'ann://2')
  t.ok(followed.has('', 'bob://1'))
  t.equal(followed.add('', 'bob://1', 'bob'), undefined, 'again')
  t.equal(followed.of('').length, 100)
})

t.test('connections that were used longest ago are forgotten', async (t) => {
  const followed = new Followed(() => {})
  for (let key = 0; key <= 1_000; key++) followed.add(String(key), 'a://b', 'ann')
  t.notOk(followed.has('0', 'a://b'))
  t.ok(followed.has('1', 'a://b'))
})

t.test('a change is told once, however often it is reported, and to the person whose connection reports it', async (t) => {
  const told: unknown[] = []
  const followed = new Followed((...change) => told.push(change))
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
  for (let number = 0; number <= 100; number++) await upstream.subscribe(`demo://${number}`, callerOf('ann'))
  await upstream.subscribe('demo://bob', callerOf('bob'))
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
  for (let number = 0; number <= 100; number++) await upstream.subscribe(`demo://${number}`, callerOf('ann'))
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
