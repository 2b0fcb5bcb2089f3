// The share of one person in the requests that an upstream has at once.
import t from 'tap'
import { createInFlight } from '../../../plugins/upstreams/in-flight.ts'

t.test('there is room for all, and for each, until it is taken', async (t) => {
  const { enter } = createInFlight(3, 2)
  const first = enter('ann')!
  t.ok(enter('ann'))
  t.equal(enter('ann'), undefined, 'her share')
  t.ok(enter('bob'))
  t.equal(enter('eve'), undefined, 'all')
  first()
  t.ok(enter('eve'))
  t.equal(enter('ann'), undefined)
})

t.test('an address without sign-in has as much room as is left for all others (WK-08)', async (t) => {
  const { enter } = createInFlight(8, 2)
  const taken = Array.from({ length: 9 }, () => enter(undefined, '192.0.2.1')).filter((leave) => leave !== undefined)
  t.equal(taken.length, 4)
  t.ok(enter(undefined, '192.0.2.2'))
  t.ok(enter('ann'), 'people as well')
  taken[0]!()
  t.equal(enter(undefined, '192.0.2.1'), undefined, 'less is left for others now')
})

t.test('a few people with all of their shares leave room for many others (UP-10)', async (t) => {
  const { enter } = createInFlight(200, 20)
  const take = (person: string, times: number) =>
    Array.from({ length: times }, () => enter(person)).filter((leave) => leave !== undefined).length
  const taken = Array.from({ length: 10 }, (_, index) => take(`greedy ${index}`, 40))
  t.same(taken, [20, 20, 20, 20, 20, 4, 4, 4, 4, 4])
  for (let index = 0; index < 20; index++) t.equal(take(`other ${index}`, 4), 4)
  t.equal(enter('late'), undefined)
  const http = createInFlight(200, 20, 64)
  const held = ['a', 'b', 'c', 'd'].flatMap((person) => Array.from({ length: 20 }, () => http.enter(person)))
  t.equal(held.filter((leave) => leave !== undefined).length, 40, 'four people leave others some of 64 connections')
})
