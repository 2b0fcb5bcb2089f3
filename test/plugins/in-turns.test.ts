// A walk over many records lets what else is due run in between.
import t from 'tap'
import { createTurns, inTurns, mapInTurns } from '../../plugins/in-turns.ts'

async function * numbers (count: number, onEnd: () => void = () => {}) {
  try {
    for (let number = 0; number < count; number++) yield number
  } finally {
    onEnd()
  }
}

t.test('every record comes once and in order, and others have a turn after each fifty (AW-02)', async (t) => {
  for (const [count, turns] of [[49, 0], [50, 1], [151, 3]] as const) {
    let others = 0
    let waiting = setImmediate(function turn () {
      others++
      waiting = setImmediate(turn)
    })
    const seen = await Array.fromAsync(inTurns(numbers(count)))
    clearImmediate(waiting)
    t.same(seen, Array.from({ length: count }, (_, number) => number))
    t.equal(others, turns, `${count} records`)
  }
})

t.test('who stops early reads no further', async (t) => {
  let read = -1
  let isClosed = false
  for await (const number of inTurns(numbers(1_000, () => { isClosed = true }))) {
    read = number
    if (number === 60) break
  }
  t.equal(read, 60)
  t.equal(isClosed, true)
})

t.test('what is looked up for each of many items comes in order, one after the other, and others have their turns (AW-02)', async (t) => {
  let [others, open, most] = [0, 0, 0]
  let waiting = setImmediate(function turn () {
    others++
    waiting = setImmediate(turn)
  })
  const doubled = await mapInTurns(Array.from({ length: 200 }, (_, number) => number), async (number) => {
    most = Math.max(most, ++open)
    await Promise.resolve()
    open--
    return number * 2
  })
  clearImmediate(waiting)
  t.same([doubled.length, doubled[199], most, others], [200, 398, 1, 4])
})

t.test('for what anybody may ask for, others come first after each piece, and before what is made of it (AW-02, BW-26)', async (t) => {
  let now = 0
  let asked = 0
  t.teardown(() => { performance.now = real })
  const real = performance.now
  performance.now = () => now
  await mapInTurns(
    Array.from({ length: 10 }),
    async () => { now += 2 },
    async () => { asked++ }
  )
  t.equal(asked, 4, 'after each six milliseconds, and at the end')
})

t.test('a turn by time lasts five milliseconds, and the next one begins anew', async (t) => {
  let now = 0
  t.teardown(() => { performance.now = real })
  const real = performance.now
  performance.now = () => now
  const turn = createTurns()
  for (const milliseconds of [0, 4.9]) {
    now = milliseconds
    t.equal(turn(), undefined, `after ${milliseconds} ms`)
  }
  for (const [end, during, next] of [[5, 9.9, 10], [17, 21, 22]] as const) {
    now = end
    await t.resolves(turn()!)
    now = during
    t.equal(turn(), undefined, `${during - end} ms into the next`)
    now = next
    await t.resolves(turn()!)
  }
})
