// How many sessions a person may have: the oldest makes room.
import {
  createSessionsByPerson,
  MAX_PER_ADDRESS,
  MAX_PER_GRANT,
  MAX_PER_PERSON
} from '../../../../plugins/mcp/sessions/by-person.ts'
import { eachStorage } from '../../../helpers/each-storage.ts'

eachStorage(
  'the oldest session of a grant and of a person makes room; others are not touched (ME-05)',
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

eachStorage('when there are very many sessions in all, each person may have only a few', async (t, open) => {
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
