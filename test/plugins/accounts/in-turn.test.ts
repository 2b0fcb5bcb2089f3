// What is done with one account by one request at a time.
import t from 'tap'
import { createInTurn } from '../../../plugins/accounts/in-turn.ts'
import { StorageUnavailable } from '../../../plugins/storage/contract.ts'

function start () {
  const held = new Set<string>()
  const turns = {
    create: async (id: string) => !held.has(id) && held.add(id) !== undefined,
    delete: async (id: string) => { held.delete(id) }
  }
  return { turns, inTurn: createInTurn(turns) }
}

t.test('of two requests at once one waits for the other, and people do not wait for each other', async (t) => {
  const { inTurn } = start()
  const order: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = inTurn('ann', async () => {
    order.push('first begins')
    await gate.promise
    order.push('first ends')
  })
  const second = inTurn('ann', async () => {
    order.push('second')
  })
  await inTurn('bob', async () => {
    order.push('of another')
  })
  gate.resolve()
  await Promise.all([first, second])
  t.same(order, ['first begins', 'of another', 'first ends', 'second'])
})

t.test('where storage fails at the end of a turn, what was done counts, and so does why it failed', async (t) => {
  const { turns, inTurn } = start()
  turns.delete = async () => {
    throw new StorageUnavailable('away')
  }
  t.equal(await inTurn('ann', async () => 'removed'), 'removed')
  const failing = inTurn('bob', async () => {
    throw new Error('not allowed')
  })
  await t.rejects(failing, { message: 'not allowed' })
})

t.test('whoever has waited for as long as a turn lasts does nothing, and ends no turn of another', async (t) => {
  const { turns, inTurn } = start()
  await turns.create('ann')
  const { now } = performance
  let time = 0
  performance.now = () => (time += 20_000)
  t.teardown(() => { performance.now = now })
  let isDone = false
  const refused = inTurn('ann', async () => { isDone = true })
  await t.rejects(refused, { name: 'BackendUnavailable', reason: 'busy' })
  t.equal(isDone, false)
  t.equal(await turns.create('ann'), false, 'it is still the turn of the other')
})
