// How often the last use of a key is written, and that nothing is written for a key that is gone.
import type { AccessKey } from '../../../plugins/access-keys/contract.ts'
import { createLastUses } from '../../../plugins/access-keys/last-use.ts'
import type { Collection } from '../../../plugins/storage/contract.ts'
import { eachStorage } from '../../helpers/each-storage.ts'

const key = { id: 'k', hash: 'h', userId: 'u', name: 'n', scopes: [], createdAt: 0 }
const silent = { warn () {} }

/** Counts the writes of a collection. */
function counting (store: Collection<AccessKey>) {
  const counted = {
    writes: 0,
    update: ((id, decide) =>
      store.update(id, (record) => {
        const change = decide(record)
        if (change.write) counted.writes++
        return change
      })) as Collection<AccessKey>['update']
  }
  return counted
}

eachStorage('a use is written once a minute, over all instances', async (t, open) => {
  let now = Date.now() / 1000
  const clock = () => now
  const store = (await open(clock)).collection<AccessKey>('accessKey')
  const endsAt = now + 1_000
  await store.put('k', { ...key, endsAt }, 1_000)
  const counted = counting(store)
  const [one, two] = [createLastUses(counted, clock, silent), createLastUses(counted, clock, silent)]
  const use = async (uses: typeof one, address: string) => {
    for (let calls = 0; calls < 20; calls++) uses.note('k', address)
    await uses.idle()
  }
  await use(one, '192.0.2.1')
  await use(two, '192.0.2.2')
  t.equal(counted.writes, 1)
  t.match(
    await store.find('k'),
    { endsAt, lastUse: { at: now, address: '192.0.2.1' } }
  )
  now += 61
  await use(two, '192.0.2.2')
  t.equal(counted.writes, 2)
  t.match(
    await store.find('k'),
    { lastUse: { at: now, address: '192.0.2.2' } }
  )
})

eachStorage('a use that is written late does not bring back a key that was revoked (AK-04)', async (t, open) => {
  const clock = () => Date.now() / 1000
  const store = (await open(clock)).collection<AccessKey>('accessKey')
  const uses = createLastUses(store, clock, silent)
  uses.note('k', '192.0.2.1')
  await uses.idle()
  t.equal(await store.find('k'), undefined)
})

eachStorage('where storage does not answer, a use is lost, and no call', async (t) => {
  const lines: string[] = []
  const away = { update: () => Promise.reject(new Error('away')) }
  const uses = createLastUses(away, () => 0, { warn: (...line: unknown[]) => lines.push(String(line[1])) } as never)
  uses.note('k', '192.0.2.1')
  await uses.idle()
  t.same(lines, ['the last use of an access key could not be stored'])
})
