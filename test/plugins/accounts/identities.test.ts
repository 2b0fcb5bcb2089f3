// Identities: what is listed of each, and what of the person's address stays when one goes.
import t from 'tap'
import { parseEmail } from '../../../auth-backends/contract.ts'
import {
  addressAfterRemoval,
  hasIdentity,
  keyOf,
  linkedIdentity,
  withAddressChanged,
  withIdentity
} from '../../../plugins/accounts/identities.ts'
import type { LinkedIdentity, User } from '../../../plugins/sign-in/contract.ts'

const [ann, other] = [parseEmail('ann@example.com'), parseEmail('ann@other.example')]
const local: LinkedIdentity = { backend: 'local', subject: 's', email: ann, emailVerified: true }
const user = (identities: LinkedIdentity[], more: Partial<User> = {}) => ({ id: 'u', identities, ...more }) as User

t.test('a key is of one backend and one subject, however the two are put together', async (t) => {
  t.equal(keyOf(local), keyOf({ backend: 'local', subject: 's' }))
  const keys = [['a', 'b'], ['ab', ''], ['', 'ab'], ['a"', 'b'], ['a', '"b'], ['b', 'a']] as const
  t.equal(new Set(keys.map(([backend, subject]) => keyOf({ backend, subject }))).size, keys.length)
  t.match(keyOf(local), /^[\w-]{43}$/, 'as the form of its removal takes it')
})

t.test('a person has an identity of the same backend and subject only', async (t) => {
  t.equal(hasIdentity(user([local]), { backend: 'local', subject: 's' }), true)
  t.equal(hasIdentity(user([local]), { backend: 'local', subject: 'S' }), false)
  t.equal(hasIdentity(user([local]), { backend: 'oidc', subject: 's' }), false)
})

t.test('what the backend said is listed with the address in its one spelling, and nothing besides', async (t) => {
  t.same(linkedIdentity('oidc', { subject: 'o', email: ' Ann@Example.COM', emailVerified: true, name: 'Ann' }), {
    backend: 'oidc',
    subject: 'o',
    email: ann,
    emailVerified: true,
    name: 'Ann'
  })
  t.same(linkedIdentity('oidc', { subject: 'o', token: 'secret' } as never), { backend: 'oidc', subject: 'o' })
})

t.test('an identity that is listed is replaced in its place, another is added', async (t) => {
  const oidc: LinkedIdentity = { backend: 'oidc', subject: 'o' }
  const newer = { ...local, email: other }
  t.same(withIdentity([local, oidc], newer), [newer, oidc])
  t.same(withIdentity([local], oidc), [local, oidc])
})

t.test('an address that only a removed identity had is not the person\'s any more', async (t) => {
  const mine = user([], { email: ann, emailVerified: true })
  const at = (email: User['email'], emailVerified?: boolean): LinkedIdentity => ({
    backend: 'oidc',
    subject: 'o',
    ...(email && { email }),
    ...(emailVerified !== undefined && { emailVerified })
  })
  t.same(addressAfterRemoval(mine, [at(ann)]), { email: ann, emailVerified: true })
  t.same(addressAfterRemoval(mine, [at(other), at(parseEmail('proven@example.com'), true)]), {
    email: 'proven@example.com',
    emailVerified: true
  })
  t.same(addressAfterRemoval(mine, [at(other)]), { email: other, emailVerified: undefined })
  t.same(addressAfterRemoval(mine, [at(undefined)]), { email: ann, emailVerified: undefined }, 'kept, and proven no more')
})

t.test('another address is listed where the old one was, and its proof does not come along', async (t) => {
  const elsewhere: LinkedIdentity = { backend: 'oidc', subject: 'o', email: other, emailVerified: true }
  const change = { identity: local, from: ann, to: parseEmail('new@example.com'), verified: false }
  t.same(withAddressChanged([local, elsewhere], change), [
    { ...local, email: 'new@example.com', emailVerified: undefined },
    elsewhere
  ])
})
