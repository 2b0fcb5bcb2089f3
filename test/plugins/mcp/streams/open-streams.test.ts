// What is open: bounded for a grant, a person and in all, and ended with what allowed it.
import t from 'tap'
import { accessOf, openStreams } from './open.ts'

t.test(
  'the oldest of a grant and of a person is closed, and what has no person is bounded in all',
  async (t) => {
    const { add, ended, hasRoom, remove } = openStreams(t)
    const first = add('a', accessOf('ann', 'g1'))
    add('b', accessOf('ann', 'g1'))
    t.strictSame(ended, [])
    remove(first)
    add('c', accessOf('ann', 'g1'))
    t.strictSame(ended, [], 'what has ended by itself makes room')
    add('d', accessOf('ann', 'g1'))
    t.strictSame(ended.splice(0), ['b: Too much is open: the oldest is closed'])
    add('e', accessOf('ann', 'g2'))
    t.strictSame(ended, [])
    add('f', accessOf('ann', 'g3'))
    t.strictSame(ended.splice(0), ['c: Too much is open: the oldest is closed'], 'over all apps of the person')
    add('g', accessOf('bob', 'g4'))
    for (const name of ['h', 'i']) add(name, null)
    t.strictSame(ended, [])
    t.notOk(hasRoom({ access: accessOf('ann', 'g2') }), 'nobody holds so much more that it would have to give way')
  }
)

t.test('where all is full, the oldest of whoever holds most gives way: a few keep out nobody (TF-06)', async (t) => {
  const { add, ended, hasRoom } = openStreams(t)
  for (const name of ['ann', 'bob']) {
    for (const number of [1, 2, 3]) add(`${name} ${number}`, accessOf(name, `${name} ${Math.ceil(number / 2)}`))
  }
  t.ok(hasRoom({ access: accessOf('cid', 'c') }), 'two people hold everything, and a third comes')
  t.notOk(hasRoom({ access: accessOf('ann', 'a') }), 'one who holds most gets no more')
  add('cid 1', accessOf('cid', 'c'))
  add('cid 2', accessOf('cid', 'c'))
  t.strictSame(ended.splice(0), ['ann 1', 'bob 1'].map((name) => `${name}: Too much is open: the oldest is closed`))
  t.notOk(hasRoom({ access: accessOf('cid', 'c') }), 'everybody has the same now')

  const open = openStreams(t)
  for (const number of [1, 2, 3, 4, 5, 6]) open.add(`one ${number}`, null, Infinity, '192.0.2.1')
  t.notOk(open.hasRoom({ access: null, address: '192.0.2.1' }))
  t.ok(open.hasRoom({ access: null, address: '192.0.2.2' }), 'without sign-in one address does not keep out another')
  open.add('two', null, Infinity, '192.0.2.2')
  t.strictSame(open.ended, ['one 1: Too much is open: the oldest is closed'])
})
