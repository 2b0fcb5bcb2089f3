// The name of one existing server that nobody answers for holds back no lookup of anything else.
import type { LookupAddress } from 'node:dns'
import { promisify } from 'node:util'
import t from 'tap'
import { createLookup } from '../../../../plugins/upstreams/http/lookup.ts'
import { until } from '../../../helpers/until.ts'

/** Names that are looked up, in order, and how each is answered. */
function start () {
  const asked: Array<{ name: string; answer: PromiseWithResolvers<LookupAddress[]> }> = []
  const find = (name: string) => {
    const answer = Promise.withResolvers<LookupAddress[]>()
    asked.push({ name, answer })
    return answer.promise
  }
  const lookup = promisify(createLookup(find)) as unknown as (name: string, options: object) => Promise<unknown>
  return { asked, lookup }
}

const HOME = [{ address: '127.0.0.1', family: 4 }, { address: '::1', family: 6 }]

t.test('one lookup runs at a time, for all who wait for the same name (UH-11)', async (t) => {
  const { asked, lookup } = start()
  const dead = Array.from(
    { length: 20 }, () => t.rejects(lookup('crm.internal', { all: true }), { code: 'EAI_AGAIN' })
  )
  const alive = lookup('localhost', { all: true })
  t.ok(await until(() => asked.length === 1))
  asked[0]!.answer.reject(Object.assign(new Error('no answer'), { code: 'EAI_AGAIN' }))
  await Promise.all(dead)
  t.ok(await until(() => asked.length === 2))
  asked[1]!.answer.resolve(HOME)
  t.same(await alive, HOME)
  t.same(asked.map(({ name }) => name), ['crm.internal', 'localhost'])
})

t.test('while another name is not answered, a server is reached at the addresses that it had (UH-11)', async (t) => {
  const { asked, lookup } = start()
  const first = lookup('localhost', { all: true })
  t.ok(await until(() => asked.length === 1))
  asked[0]!.answer.resolve(HOME)
  await first
  lookup('crm.internal', { all: true }).catch(() => {})
  t.same(await lookup('localhost', { all: true }), HOME)
  t.equal(asked.length, 2)
})

t.test('an address of one kind is given where one is asked for', async (t) => {
  const { asked, lookup } = start()
  const one = lookup('localhost', { family: 6 })
  t.ok(await until(() => asked.length === 1))
  asked[0]!.answer.resolve(HOME)
  t.equal(await one, '::1')
  const none = t.rejects(lookup('v4.internal', { family: 6 }), { code: 'ENOTFOUND' })
  t.ok(await until(() => asked.length === 2))
  asked[1]!.answer.resolve(HOME.slice(0, 1))
  await none
})
