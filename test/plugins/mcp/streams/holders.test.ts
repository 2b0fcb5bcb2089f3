// What one connection and one person may hold open.
import t from 'tap'
import { createHolders } from '../../../../plugins/mcp/streams/holders.ts'
import type { OpenStream } from '../../../../plugins/mcp/streams/contract.ts'

const stream = (grantId: string): OpenStream => ({
  address: undefined,
  access: { grantId, user: { id: 'ann' } } as OpenStream['access'],
  until: Infinity,
  end () {}
})

t.test('beyond a bound the oldest is named; what was removed no longer counts', async (t) => {
  const holders = createHolders({ perGrant: 1, perPerson: 2, inAll: 9 })
  const [first, second, third] = [stream('a'), stream('a'), stream('b')]
  t.equal(holders.add(first).size, 0)
  t.same([...holders.add(second)], [first], 'the grant has one place')
  holders.remove(first)
  t.equal(holders.add(third).size, 0, 'the person has two')
  t.same([...holders.add({ ...third, access: null })], [], 'no one holds a stream without a sign-in')
})

t.test('of who holds nothing any more nothing is kept (OW-12)', async (t) => {
  const maps = new Set<Map<unknown, unknown>>()
  const all = Object.getPrototypeOf(new Map()) as Map<unknown, unknown>
  const { set } = all
  t.teardown(() => { all.set = set })
  const holders = createHolders({ perGrant: 9, perPerson: 9, inAll: 9 })
  const open = [stream('a'), stream('a'), stream('b'), { ...stream('c'), access: null, address: '192.0.2.1' }]
  all.set = function (this: Map<unknown, unknown>, key, value) {
    if (value instanceof Set) maps.add(this)
    return set.call(this, key, value)
  }
  for (const one of open) holders.add(one)
  all.set = set
  t.equal(maps.size, 2)
  for (const one of open) holders.remove(one)
  t.same([...maps].map(({ size }) => size), [0, 0])
})
