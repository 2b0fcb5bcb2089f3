// Which keys a person has: at most so many, also when they are made at once, on SQLite and on Redis.
import { createKeysByPerson, type KeyList } from '../../../plugins/access-keys/by-person.ts'
import { MAX_KEYS_PER_PERSON } from '../../../plugins/access-keys/contract.ts'
import { eachStorage } from '../../helpers/each-storage.ts'

eachStorage('a person has at most 50 keys, however many are made at once; another has their own (AK-07)', async (t, open) => {
  let now = Date.now() / 1000
  const clock = () => now
  const keys = createKeysByPerson((await open(clock)).collection<KeyList>('accessKeyList'), clock)
  const add = (id: string, endsAt = now + 100, userId = 'ann') => keys.add({ id, userId, endsAt })
  const added = await Promise.all(Array.from({ length: 60 }, (_, index) => add(`k${index}`)))
  t.equal(added.filter(Boolean).length, MAX_KEYS_PER_PERSON)
  t.equal((await keys.ids('ann')).length, MAX_KEYS_PER_PERSON)
  t.equal(await add('b', now + 100, 'bob'), true)

  await keys.drop('ann', (await keys.ids('ann')).slice(0, 1))
  t.equal(await add('short', now + 10), true, 'one place is free')
  t.equal(await add('none'), false)
  now += 10
  t.equal(
    await add('next', now + 100),
    true,
    'an expired key takes no place'
  )
})

eachStorage('a list is gone with its last key', async (t, open) => {
  const clock = () => Date.now() / 1000
  const lists = (await open(clock)).collection<KeyList>('accessKeyList')
  const keys = createKeysByPerson(lists, clock)
  await keys.add({ id: 'k', userId: 'ann', endsAt: clock() + 100 })
  await keys.drop('ann', ['k'])
  t.equal(await lists.find('ann'), undefined)
})

eachStorage('a clock that leaps takes no key from the list (SG-12)', async (t, open) => {
  let now = Date.now() / 1000
  const clock = () => now
  const lists = (await open(clock)).collection<KeyList>('accessKeyList')
  const keys = createKeysByPerson(lists, clock)
  const add = (id: string) => keys.add({ id, userId: 'ann', endsAt: now + 100 })
  await add('before')
  now += 90 * 86_400
  await add('meanwhile')
  await keys.drop('ann', ['meanwhile'])
  now -= 90 * 86_400
  t.same(await keys.ids('ann'), ['before'])
})
