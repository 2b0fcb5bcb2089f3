// How many apps one person makes known: bounded, and what others use stays.
import t from 'tap'
import { CONNECTED_BOUNDS, createConnectedClients, type Holders } from '../../../../plugins/oauth/clients/connected-clients.ts'
import type { UnusedList } from '../../../../plugins/oauth/clients/unused-places.ts'
import { openSqliteStorage } from '../../../../plugins/storage/sqlite/index.ts'
import { CALLBACK, newClient, tokensFor } from '../../../helpers/oauth.ts'
import { userOf } from '../../../helpers/second-factors.ts'
import { startServer } from '../../../helpers/server.ts'
import { storageTest } from '../../../helpers/storages.ts'
import { folder } from '../../../helpers/tool-context.ts'

t.test('beyond the bound the app that was used least recently is nobody\'s, unless others use it (OW-25)', async (t) => {
  const storage = openSqliteStorage(await folder(t), () => 1_800_000_000)
  t.teardown(() => storage.close())
  const lists = storage.collection<UnusedList>('lists')
  const holders = storage.collection<Holders>('holders')
  const people = { find: async () => ({}) }
  const connected = createConnectedClients({ lists, holders, people }, () => 1_800_000_000, { perPerson: 2, ofFormerPeople: 2 })
  const counted = async () => {
    const all = await Array.fromAsync(holders.all())
    return Object.fromEntries(all.map(({ id, record }) => [id, record.lists]))
  }

  t.same(await connected.hold('ann', 'a', true), [])
  t.same(await connected.hold('ann', 'b', true), [])
  t.same(await connected.hold('ann', 'a', true), [], 'used again')
  t.same(await connected.hold('ann', 'b', false), [], 'seen again')
  t.same(await connected.hold('bob', 'a', true), [])
  t.same(await connected.hold('ann', 'c', true), ['b'])
  t.same(await connected.hold('ann', 'd', true), [], 'somebody else uses it')
  t.same(await counted(), { a: 1, c: 1, d: 1 })

  t.same(await connected.leave('ann'), [])
  t.same(await counted(), { a: 1, c: 1, d: 1 }, 'the apps of those who were deleted may come back')
  t.same(await connected.hold('bob', 'c', true), [])
  t.same(await connected.leave('bob'), ['d'], 'in all no more than are left room for')
  t.same(await counted(), { a: 1, c: 1 })
  const before = await Array.fromAsync(lists.all())
  t.same(await connected.leave('nobody'), [])
  t.same(await Array.fromAsync(lists.all()), before)
  t.notMatch(JSON.stringify(await Array.fromAsync(lists.all())), /ann|bob/)

  const e = () => connected.hold('eve', 'e', true)
  t.same(await Promise.all([e(), e(), e()]), [[], [], []])
  t.equal((await counted())['e'], 1, 'counted once')
})

t.test('a person who connects ever new apps leaves a bounded number of registrations (OW-25)', async (t) => {
  const server = await startServer(t)
  const { app } = server
  const [ann, bob] = [(await userOf(server, 'ann@example.com')).id, (await userOf(server, 'bob@example.com')).id]
  const request = { ip: '203.0.113.5' } as never
  const connect = async (userId: string, name: string) => {
    const metadata = { redirect_uris: [CALLBACK], client_name: name }
    const { id } = await app.clients.register(metadata, request, 'a'.repeat(16))
    const client = (await app.clients.recall(id))!
    await app.clients.keep(client, app.now() + 3_600, userId)
    return id
  }
  const isKnown = async (id: string) => (await app.clients.recall(id)) !== undefined
  await connect(bob, 'Shared')
  const ids = [await connect(ann, 'Shared'), await connect(ann, 'Oldest'), await connect(ann, 'Next')]
  const lists = app.storage.collection<UnusedList>('connectedClients')
  const { made } = (await lists.find(ann))!
  const length = CONNECTED_BOUNDS.perPerson - made.length
  const others = Array.from(
    { length },
    (_, count): [string, number] => [`other ${count}`, 0]
  )
  await lists.put(ann, { made: [...made, ...others] }, null)

  ids.push(await connect(ann, 'Newer'), await connect(ann, 'Newest'))
  t.same(await Promise.all(ids.map(isKnown)), [true, false, true, true, true])
  t.equal((await lists.find(ann))!.made.length, CONNECTED_BOUNDS.perPerson)
})

storageTest('whoever is deleted while an app gets its tokens leaves no list of apps (AC-34)', async (t, start) => {
  const { app, url } = await start({ env: { AUTH_BACKEND: 'demo' } })
  const { keep } = app.clients
  app.clients.keep = async (client, until, userId) => {
    await app.signIn.lifecycle.delete(userId)
    return keep(client, until, userId)
  }
  await tokensFor(url, await newClient(url))
  t.same(await Array.fromAsync(app.signIn.lifecycle.all()), [])
  const lists = await Array.fromAsync(app.storage.collection<UnusedList>('connectedClients').all())
  t.match(lists, [{ id: 'former people', record: { made: [[/^mcp_client_/]] } }], 'what was theirs gives way with that of others')
  t.equal(lists.length, 1)
})
