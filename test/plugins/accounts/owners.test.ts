// Who owns the server: an address counts only once the person has shown to read it. And whose links count.
import t from 'tap'
import { parseEmail } from '../../../auth-backends/contract.ts'
import { createStillGives, isNamedOwner, isOwner } from '../../../plugins/accounts/owners.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'

const named = parseEmail('ann@example.com')
const email = parseEmail('bob@example.com')
const config = {
  ownerEmails: [named],
  allowedEmails: [named, email]
}
const user = (more: Partial<User>): User => ({ id: 'u', identities: [], backend: 'local', createdAt: 0, lastSignInAt: 0, ...more })

t.test('owners are the people of OWNER_EMAIL, and those who were made owners', async (t) => {
  const ann = parseEmail(' Ann@Example.com')
  t.ok(isOwner(config, user({ email: ann, emailVerified: true })))
  t.notOk(isOwner(config, user({ email: ann })), 'an address that nobody has shown to read')
  t.notOk(isOwner(config, user({ email: ann, emailVerified: false })))
  t.notOk(isOwner(config, user({ email, emailVerified: true })))
  t.notOk(isOwner(config, user({})))
  t.ok(isOwner(config, user({ isOwner: true })))
  t.notOk(isNamedOwner(config, user({ isOwner: true })), 'the variable does not name them')
  t.notOk(isOwner({ ownerEmails: [] }, user({ emailVerified: true })))
})

t.test('a link counts while who handed it out is an owner: the operator always is (AD-06)', async (t) => {
  const people = [
    user({ id: 'owner', email, isOwner: true }),
    user({ id: 'named', email: named, emailVerified: true }),
    user({ id: 'person' }),
    user({ id: 'locked', email, isOwner: true, locked: true }),
    user({ id: 'ended', email, isOwner: true, endsAt: 99 }),
    user({ id: 'not allowed', isOwner: true })
  ]
  const find = async (id: string) => people.find((one) => one.id === id)
  const stillGives = createStillGives(find, () => 100, config)
  for (const by of ['operator', 'owner', 'named']) {
    t.equal(await stillGives(by), true, by)
  }
  for (const by of ['person', 'locked', 'ended', 'not allowed', 'deleted']) {
    t.equal(await stillGives(by), false, by)
  }
})
