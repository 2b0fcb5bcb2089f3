// Many queries of one caller wait for each other, and leave room to others.
import t from 'tap'
import { createTurns } from '../../../tools/database/postgres-turns.ts'

t.test('of one caller twenty queries are taken, one after the other; what has left before its turn is not run', async (t) => {
  const turn = createTurns()
  const gate = Promise.withResolvers<void>()
  const { signal } = new AbortController()
  const ran: number[] = []
  const ask = (number: number, caller = 'ann', by = signal) =>
    turn(caller, by, async () => {
      ran.push(number)
      await gate.promise
      return number
    })
  const left = new AbortController()
  const taken = Array.from({ length: 19 }, (_, number) => ask(number))
  const leaving = ask(19, 'ann', left.signal).catch((error: Error) => error)
  await t.rejects(ask(20), { name: 'ToolError', message: /Your other queries are still running/ })
  left.abort()
  const other = ask(100, 'bob')
  await new Promise(setImmediate)
  t.same(ran, [0, 100], 'one of each')
  gate.resolve()
  t.same(await Promise.all(taken), Array.from({ length: 19 }, (_, number) => number))
  t.match(await leaving, { name: 'ToolError' })
  t.equal(await other, 100)
  t.notOk(ran.includes(19))
  t.equal(await ask(21), 21, 'there is room again')
})
