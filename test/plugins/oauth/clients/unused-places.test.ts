// How many registrations may wait to be used: a bounded list for each few addresses (RFC 7591 §5).
import t from 'tap'
import { createUnusedPlaces, UNUSED_BOUNDS, type UnusedList } from '../../../../plugins/oauth/clients/unused-places.ts'
import { createSealing } from '../../../../plugins/secrets.ts'
import { openSqliteStorage } from '../../../../plugins/storage/sqlite/index.ts'
import { folder } from '../../../helpers/tool-context.ts'

const sealing = createSealing(['x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'])

t.test('the oldest of a list gives way to one more than it holds, and no other list pays (CL-05)', async (t) => {
  let now = 1_800_000_000
  const storage = openSqliteStorage(await folder(t), () => now)
  t.teardown(() => storage.close())
  const lists = storage.collection<UnusedList>('unused')
  const places = createUnusedPlaces(lists, sealing, () => now, 100)
  for (let count = 0; count < UNUSED_BOUNDS.perList; count++) t.same(await places.take(`a${count}`, 1), [])
  t.same(await places.take('other', 2), [])
  t.same(await places.take('a0', 1), [], 'who is on the list takes no second place')
  t.same(await places.take('more', 1), ['a1'], 'and moved to its end')
  t.equal((await lists.find('1'))!.made.length, UNUSED_BOUNDS.perList)

  now += 99
  t.same(await places.take('late', 1), ['a2'])
  now += 1
  t.same(await places.take('later', 1), [], 'those of before have expired')
  t.same((await lists.find('1'))!.made.map(([key]) => key), ['late', 'later'])
})

t.test('nobody pushes out what is of another address on the same list (OW-42)', async (t) => {
  const storage = openSqliteStorage(await folder(t), () => 0)
  t.teardown(() => storage.close())
  const lists = storage.collection<UnusedList>('unused')
  const places = createUnusedPlaces(lists, sealing, () => 0, 100, {
    lists: 1,
    perList: 4
  })
  t.same(await places.take('app', 0, 'their site'), [])
  t.same(await places.take('shared', 0, 'their site'), [])
  t.same(await places.take('shared', 0, 'ours'), [])
  const gone: string[][] = []
  for (let count = 0; count < 4; count++) {
    gone.push(await places.take(`flood${count}`, 0, 'ours'))
  }
  t.same(gone, [[], [], ['flood0'], ['flood1']], 'of shared one place is left')
  t.same(
    await places.giveUpAll(0),
    ['app', 'shared', 'flood2', 'flood3']
  )
})

t.test('an address has one list, which nobody without the key can compute', async (t) => {
  const at = (keys: string[]) => createUnusedPlaces({} as never, createSealing(keys), () => 0, 1)
  const ours = at(['x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'])
  const others = at(['another-key-0123456789-abcdefghij'])
  const addresses = Array.from({ length: 500 }, (_, index) => `203.0.113.${index}`)
  const listed = addresses.map(ours.listOf)
  t.same(addresses.map(ours.listOf), listed)
  t.notSame(addresses.map(others.listOf), listed)
  t.ok(listed.every((list) => list >= 0 && list < UNUSED_BOUNDS.lists))
  t.ok(new Set(listed).size > UNUSED_BOUNDS.lists * 0.9, 'and all lists are used')
})
