// On whose behalf key sets are fetched, which are stored and which keys are taken (threats OW-03, CL-04).
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { temporarilyUnavailable } from '../../../../errors.ts'
import { createKeyRing, readKeys, type KeptKeys } from '../../../../plugins/oauth/clients/assertion-keys.ts'
import type { Wanted } from '../../../../plugins/oauth/clients/fetch-gate.ts'
import { hashSecret } from '../../../../plugins/secrets.ts'
import type { Collection } from '../../../../plugins/storage/contract.ts'

const broken = (error: Error) => () => { throw error }
const request = {} as FastifyRequest
const ID = 'https://app.example/client.json'

function open (answer: () => unknown = () => ({ keys: [] })) {
  const clock = { now: 1_000 }
  const lanes: string[] = []
  const stored = new Map<string, KeptKeys>()
  const ring = createKeyRing({
    store: {
      find: async (id: string) => stored.get(id),
      async put (id: string, keys: KeptKeys) {
        stored.set(id, keys)
      },
      async delete (id: string) {
        stored.delete(id)
      }
    } as unknown as Collection<KeptKeys>,
    gate: {
      async fetch<T> ({ lane, read }: Wanted<T>) {
        lanes.push(lane)
        return { value: read(answer()), maxAge: 1 }
      }
    },
    now: () => clock.now
  })
  const find = (jwksUri: string, isAllowed: boolean, holder?: string) =>
    ring.find(
      { id: ID, keys: { jwksUri, isAllowed }, findHolder: async () => holder }, request, false
    )
  return { clock, lanes, ring, stored, find }
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
  await find('https://app.example/keys', true, 'ann')
  await find('https://other.example/keys', true, 'ann')
  t.same(lanes, ['known', 'known elsewhere'])
  t.equal(stored.size, 1)
})

t.test('an app whose document names ever other addresses of its keys leaves one record, which goes with it (OW-25)', async (t) => {
  const { lanes, ring, stored, find } = open()
  for (let count = 0; count < 5; count++) await find(`https://app.example/keys/${count}`, true, 'ann')
  t.equal(stored.size, 1)
  await find('https://app.example/keys/3', true, 'ann')
  t.equal(lanes.length, 6, 'what was at another address does not count for this one')
  await ring.forget(hashSecret(ID))
  t.equal(stored.size, 0)
})

t.test('a request without a code or token of an allowed app has its keys fetched as a stranger\'s (CL-10)', async (t) => {
  const { lanes, stored, find } = open()
  await find('https://app.example/keys', true)
  t.same([lanes, stored.size], [['stranger'], 1])
})

t.test('a key is taken from 2048 bits to 4096, and with members as long as those of its kind (CL-04)', async (t) => {
  const rsa = { kty: 'RSA', n: 'x'.repeat(342), e: 'AQAB' }
  const ec = { kty: 'EC', crv: 'P-256', x: 'x'.repeat(43), y: 'x'.repeat(43) }
  const okp = { kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43) }
  for (const key of [rsa, ec, okp]) t.same(readKeys([key]), [key])
  const edges: Array<[key: object, member: string, min: number, max: number]> = [
    [rsa, 'n', 342, 683],
    [rsa, 'e', 1, 8],
    [ec, 'x', 43, 64],
    [ec, 'y', 43, 64],
    [okp, 'x', 43, 43],
    ...[rsa, ec, okp].flatMap((key) => ['kid', 'use', 'alg'].map((member): typeof edges[number] => [key, member, 0, member === 'kid' ? 200 : 20]))
  ]
  for (const [key, member, min, max] of edges) {
    for (const [length, isTaken] of [[min - 1, false],
      [min, true],
      [max, true],
      [max + 1, false]] as const) {
      if (length >= 0) t.equal(readKeys([{ ...key, [member]: 'x'.repeat(length) }]).length, Number(isTaken), `${member} of ${length}`)
    }
  }
})

t.test('without usable keys there are none, and nothing is stored', async (t) => {
  for (const answer of [undefined, 'keys', {}, { keys: {} }]) {
    const { stored, find } = open(() => answer)
    await t.rejects(find('https://app.example/keys', true, 'ann'), {
      name: 'FetchRefused', message: /key set is malformed/
    })
    t.equal(stored.size, 0)
  }
  const { lanes, find } = open()
  for (const uri of [undefined, 'no address']) {
    await t.rejects(find(uri as string, true, 'ann'), {
      name: 'FetchRefused', message: /names no keys/
    })
  }
  t.same(lanes, [])
})

t.test('keys of before do while the app does not answer, and not where this server is at fault', async (t) => {
  const key = { kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43) }
  let answer: () => unknown = () => ({ keys: [key] })
  const { clock, find } = open(() => answer())
  const ask = () => find('https://app.example/keys', true, 'ann')
  await ask()
  clock.now += 86_400
  answer = () => 'malformed'
  t.same(await ask(), [key])
  answer = broken(temporarilyUnavailable('busy'))
  t.same(await ask(), [key])
  answer = broken(new TypeError('a fault of ours'))
  await t.rejects(ask(), { message: 'a fault of ours' })
})
