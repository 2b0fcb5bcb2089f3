// The account with a password that somebody has here, whatever other ways they sign in by.
import t from 'tap'
import type { AuthBackend } from '../../../auth-backends/contract.ts'
import { findOwnAccount } from '../../../plugins/accounts/own-account.ts'

const account = { subject: 'ann', email: 'ann@example.com' }
const local = { accounts: { findBySubject: async (subject: string) => (subject === 'ann' ? account : undefined) } }
const backends = new Map<string, AuthBackend>([['github', {}], ['local', local]] as never)

t.test('it is found behind ways without an account, and none where there is none', async (t) => {
  const find = (...ways: Array<[string, string]>) =>
    findOwnAccount(backends, { identities: ways.map(([backend, subject]) => ({ backend, subject })) as never })
  const found = { backend: 'local', account }
  t.same(await find(['local', 'ann']), found)
  t.same(await find(['github', '7'], ['local', 'ann']), found)
  t.same(await find(['local', 'gone'], ['local', 'ann'], ['github', '7']), found)
  t.same(await find(['removed', '1'], ['local', 'ann']), found)
  t.equal(await find(), undefined)
  for (const way of [['github', 'ann'], ['local', 'gone']] satisfies Array<[string, string]>) {
    t.equal(await find(way), undefined)
  }
})
