// On whose behalf key sets are fetched, and which are stored (threat OW-03).
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { createKeyRing, type KeptKeys } from '../../../../plugins/oauth/clients/assertion-keys.ts'
import type { Wanted } from '../../../../plugins/oauth/clients/fetch-gate.ts'
import type { Collection } from '../../../../plugins/storage/contract.ts'

const request = {} as FastifyRequest
const ID = 'https://app.example/client.json'

function open () {
  const lanes: string[] = []
  const stored = new Map<string, KeptKeys>()
  const ring = createKeyRing({
    store: {
      find: async (id: string) => stored.get(id),
      async put (id: string, keys: KeptKeys) {
        stored.set(id, keys)
      }
    } as unknown as Collection<KeptKeys>,
    gate: {
      async fetch<T> ({ lane, read }: Wanted<T>) {
        lanes.push(lane)
        return { value: read({ keys: [] }), maxAge: 1 }
      }
    },
    now: () => 1_000
  })
  const find = (jwksUri: string, isAllowed: boolean, holder?: string) =>
    ring.find({ id: ID, keys: { jwksUri, isAllowed }, findHolder: async () => holder }, request, false)
  return { lanes, stored, find }
}

t.test('keys of an app that no person has allowed are a stranger\'s, held in memory and not stored (OW-03)', async (t) => {
  const { lanes, stored, find } = open()
  await find('https://app.example/keys', false)
  await find('https://app.example/keys', false)
  t.same(lanes, ['stranger'])
  t.equal(stored.size, 0)
})

t.test('keys of an allowed app are stored, and those at another host fetched apart', async (t) => {
  const { lanes, stored, find } = open()
  await find('https://app.example/keys', true, 'ann')
  await find('https://other.example/keys', true, 'ann')
  await find('https://app.example/keys', true, 'ann')
  t.same(lanes, ['known', 'known elsewhere'])
  t.equal(stored.size, 2)
})

t.test('a request without a code or token of an allowed app has its keys fetched as a stranger\'s (CL-10)', async (t) => {
  const { lanes, stored, find } = open()
  await find('https://app.example/keys', true)
  t.same([lanes, stored.size], [['stranger'], 1])
})
