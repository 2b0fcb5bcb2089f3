// What begins in one turn of the event loop: of one caller as much as takes a moment, and something of everybody.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { createCallerTurns } from '../../plugins/caller-turns.ts'
import { startServer } from '../helpers/server.ts'

/** Counts the turns of the event loop while something is waited for. */
async function turnsOf (waited: Promise<unknown>): Promise<number> {
  const over = waited.then(() => true)
  for (let turns = 0; ; turns++) {
    if (await Promise.race([over, nextTurn(false)])) return turns
  }
}

function begin () {
  let time = 0
  const turns = createCallerTurns(() => time)
  const begun: string[] = []
  /** Something that takes so many milliseconds, after what it does in microtasks. */
  const ask = (caller: string, ms: number) =>
    new Promise<void>((resolve) => turns.begin(caller, () => {
      begun.push(caller)
      Promise.resolve().then(() => {
        time += ms
        resolve()
      })
    }))
  return { turns, begun, ask }
}

/** As packets come one after the other: what one begins is done before the next. */
const oneByOne = async (count: number, ask: () => Promise<void>) => {
  const asked: Array<Promise<void>> = []
  for (let n = 0; n < count; n++) {
    asked.push(ask())
    await new Promise<void>((resolve) => process.nextTick(resolve))
    await undefined
  }
  return Promise.all(asked)
}

t.test('what takes long begins once in a turn, and others begin in between (BW-32)', async (t) => {
  const { begun, ask } = begin()
  const long = oneByOne(20, () => ask('ann', 50))
  await ask('bob', 50)
  t.ok(begun.indexOf('bob') <= 1, `after ${begun.indexOf('bob')} of the other`)
  t.ok((await turnsOf(long)) >= 18, 'each of the others in a turn of its own')
  t.equal(begun.length, 21)
})

t.test('what takes a moment begins at once, and what came in one packet soon', async (t) => {
  const { begun, ask } = begin()
  oneByOne(20, () => ask('ann', 0.1))
  for (let waited = 0; waited < 50; waited++) await new Promise<void>((resolve) => process.nextTick(resolve))
  t.ok(begun.length >= 19, `${begun.length} without a turn`)
  const packet = Array.from({ length: 33 }, () => ask('bob', 0.1))
  t.equal(
    begun.filter((caller) => caller === 'bob').length, 1, 'one, until it is seen what it takes'
  )
  t.ok((await turnsOf(Promise.all(packet))) <= 6, 'the others many in a turn')
})

t.test('the order of a caller stays, also of what waits for a later turn; what begins something itself does not wait', async (t) => {
  const { turns } = begin()
  const order: number[] = []
  turns.begin('ann', () => {
    order.push(1)
    turns.begin('ann', () => order.push(2))
  })
  t.same(order, [1, 2])
  turns.begin('ann', () => order.push(3))
  const later = turns.next('ann').then(() => order.push(4))
  turns.begin('ann', () => order.push(5))
  t.same(order, [1, 2])
  await later
  await nextTurn()
  t.same(order.toSorted(), [1, 2, 3, 4, 5])
  t.ok(order.indexOf(3) < order.indexOf(4))
})

t.test('what waited for its turn goes on as a part of its own request', async (t) => {
  const { turns } = begin()
  const place = new AsyncLocalStorage<string>()
  const seen: unknown[] = []
  for (const name of ['first', 'second', 'third']) {
    place.run(name, () => turns.begin('ann', () => seen.push(place.getStore())))
  }
  await turns.next('ann')
  t.same(seen, ['first', 'second', 'third'])
})

t.test('a registration is parsed in the turn of its sender (BW-35)', async (t) => {
  const { app, url } = await startServer(t)
  const { begin } = app.callerTurns
  const begun: string[] = []
  app.callerTurns.begin = (caller, work) => {
    begun.push(caller)
    begin(caller, work)
  }
  const { status } = await fetch(`${url}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{'
  })
  t.equal(status, 400)
  t.match(begun, [/site/], 'before the handler, which it never came to')
})

t.test('a request is not worked on whose client has gone while it waited (OW-43)', async (t) => {
  const { turns, ask } = begin()
  const socket = { destroyed: false }
  const request = { raw: { socket } }
  const seen: Array<string | undefined> = []
  const beginOne = () =>
    new Promise<void>((resolve) => {
      turns.begin('ann', (gone) => {
        seen.push(gone?.message)
        resolve()
      }, request)
    })
  const busy = oneByOne(2, () => ask('ann', 50))
  const waiting = beginOne()
  await Promise.all([busy, waiting])
  const left = oneByOne(2, () => ask('ann', 50))
  const gone = beginOne()
  socket.destroyed = true
  await Promise.all([left, gone])
  // What is here at once is done, also for who does not wait.
  await nextTurn()
  await nextTurn()
  await beginOne()
  t.match(seen, [undefined, /gone/, undefined])
})
