// How many sessions a person may have: the oldest makes room.
import {
  ADDRESS_PLACES,
  countersAt,
  createSessionsByPerson,
  LIFETIME_SECONDS,
  MAX_PER_ADDRESS,
  MAX_PER_GRANT,
  MAX_PER_PERSON
} from '../../../../plugins/mcp/sessions/by-person.ts'
import { createSealing } from '../../../../plugins/secrets.ts'
import { eachStorage } from '../../../helpers/each-storage.ts'

const sum = (numbers: readonly number[]) => numbers.reduce((one, other) => one + other, 0)
const sealing = createSealing(['x7Fq2LmZp9Rt4Vb8Ny1Kc6Wd3Hs5Jg0A'])

eachStorage(
  'the oldest session of a grant and of a person makes room; others are not touched (ME-05)',
  async (t, open) => {
    const now = () => Date.now() / 1000
    const lists = createSessionsByPerson({ storage: await open(now), sealing, now })
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

eachStorage('when there are very many sessions in all, each person may have only a few', async (t, open) => {
  const now = () => Date.now() / 1000
  const storage = await open(now)
  const lists = createSessionsByPerson({ storage, sealing, now })
  const begin = (key: string) => lists.add('ann', { key, grant: 'g', endsAt: now() + 3_600 })
  for (let index = 0; index < 6; index++) t.strictSame(await begin(`${index}`), [])
  await storage.count([{ key: countersAt(now())[3]!, by: 10_000, ttl: 3_600 }])
  t.strictSame(await begin('6'), ['0', '1'])
  t.strictSame(await begin('7'), ['2'])
  t.equal(sum(await storage.counts(countersAt(now()))), 10_005, 'those that gave way are taken off')
})

eachStorage('sessions count for as long as they live, and no longer (ME-14)', async (t, open) => {
  let time = Math.floor(Date.now() / 1000)
  const now = () => time
  const storage = await open(now)
  const lists = createSessionsByPerson({ storage, sealing, now })
  const begin = (key: string) =>
    lists.add('ann', { key, grant: 'g', endsAt: now() + LIFETIME_SECONDS })
  const inAll = async () => sum(await storage.counts(countersAt(now())))
  await begin('first')
  time += LIFETIME_SECONDS - 60
  for (let index = 0; index < 5; index++) await begin(`${index}`)
  t.equal(await inAll(), 6)
  time += 3_660
  t.equal(await inAll(), 5, 'the first has expired; the others live')
  t.strictSame(await lists.removeAll('ann'), ['0', '1', '2', '3', '4'])
  t.equal(await inAll(), 0)
  await begin('another')
  t.equal(await inAll(), 1)
  time += LIFETIME_SECONDS + 3_600
  t.equal(await inAll(), 0)
})

eachStorage('networks of one site have a bounded number of sessions, and the oldest gives way (ME-13)', async (t, open) => {
  const now = () => Date.now() / 1000
  const storage = await open(now)
  const lists = createSessionsByPerson({ storage, sealing, now })
  const begin = (address: string) =>
    lists.add(`address ${address}`, { key: address, grant: null, endsAt: now() + 3_600 }, address)
  await begin('192.0.2.1')
  await lists.add('ann', { key: 'of ann', grant: 'g', endsAt: now() + 3_600 })
  const gone: string[] = []
  for (let network = 0; network < ADDRESS_PLACES.perList + 6; network++) {
    gone.push(...(await begin(`2001:db8:0:${network.toString(16)}::`)))
  }
  t.strictSame(gone, ['0', '1', '2', '3', '4', '5'].map((network) => `2001:db8:0:${network}::`))
  t.equal(sum(await storage.counts(countersAt(now()))), ADDRESS_PLACES.perList + 2)
  const left = await Array.fromAsync(storage.collection('mcpSessionList').all())
  t.equal(left.length, ADDRESS_PLACES.perList + 2, 'another address and a person keep theirs')
})
