// A new password is checked outside this process, in a queue that fits
// the person, and never accepted unchecked (threats
// WK-05, WS-07).
import t from 'tap'
import { parseEmail, BackendUnavailable } from '../../auth-backends/contract.ts'
import { openLocal } from '../../auth-backends/local.ts'
import { person, houseWithPerson } from './person.ts'

t.test(
  'a new password is estimated outside this process wherever one is chosen, and none is taken unseen (WK-05)',
  async (t) => {
    const { house } = await houseWithPerson()
    const asked: string[] = []
    house.runInWorker = async (task, input) => {
      asked.push(`${task.pathname.split('/').at(-1)} ${(input as { password: string }).password}`)
      throw new Error('no worker is free')
    }
    const backend = await openLocal(house)
    const before = structuredClone(house.book)
    await t.rejects(
      backend.signUp!.create({ email: 'bob@example.com', password: 'Copper kettle one' }),
      BackendUnavailable
    )
    await t.rejects(backend.accounts!.passwordProblem(parseEmail(person.identifier), 'Copper kettle two'), BackendUnavailable)
    t.same(asked, ['password-strength-task.ts Copper kettle one', 'password-strength-task.ts Copper kettle two'])
    t.same(house.book, before, 'nothing was written')
    t.match(await backend.accounts!.passwordProblem(parseEmail(person.identifier), 'x'.repeat(500_000)), { key: 'sign-up.longPassword', values: { max: 128 } })
    t.equal(asked.length, 2, 'what the rules refuse is not estimated')
  }
)

t.test('an owner who chooses a password waits for no stranger, takes turns with other owners, and all have ten seconds (WS-07, WS-08)', async (t) => {
  const { house } = await houseWithPerson()
  const asked: unknown[] = []
  house.runInWorker = async (_task, _input, options) => {
    asked.push(options)
    return undefined as never
  }
  const backend = await openLocal(house)
  t.equal(await backend.accounts!.passwordProblem(parseEmail(person.identifier), 'Copper kettle two'), undefined)
  t.match(await backend.signUp!.create({ email: 'bob@example.com', password: 'Copper kettle one' }), { kind: 'signed-up' })
  t.same(asked, [{ timeout: 10_000, queue: 'passwords', share: person.identifier }, { timeout: 10_000 }])
  for (const email of [person.identifier, 'no address']) {
    t.match(await backend.signUp!.create({ email, password: 'Copper kettle one' }), { kind: 'refused', field: 'email' })
  }
  t.equal(asked.length, 2, 'what is refused anyway is not estimated')
  house.sendsMail = true
  t.match(await backend.signUp!.create({ email: person.identifier, password: 'Copper kettle one' }), { kind: 'confirm' })
  t.equal(asked.length, 3, 'where mail is sent, a taken address takes as long as a free one')
})
