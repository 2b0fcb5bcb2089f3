// An organization gives an address of one who left to another
// person: what the former one keeps (threats EM-08..10).
import t from 'tap'
import { backendOfIssuer } from '../../../plugins/accounts/organizations.ts'
import { createOrganizationAdmission } from '../../../plugins/sign-in/organization-people.ts'

const ISSUER = 'https://acme.example'
const email = 'ann@example.com'

t.test('only what this organization said of the address is taken from who had it before (EM-10)', async (t) => {
  const backend = backendOfIssuer(ISSUER)
  const own = { backend, subject: 'old', email }
  const identities = [
    own,
    { backend, subject: 'older', email: 'a@example.com' },
    { backend: 'local', subject: 'l', email }
  ]
  const changed: unknown[] = []
  const users = {
    findBy: async () => undefined,
    findByVerifiedEmail: async () => ({ id: 'former', identities }),
    findHolders: async () => [],
    changeAddress: async (id: string, { identity, verified }: Record<string, unknown>) => {
      changed.push([id, identity, verified])
    },
    signIn: async () => ({ id: 'new' })
  }
  const admit = createOrganizationAdmission({
    users: users as never,
    allowedEmails: [],
    newcomersNeedInvitation: false,
    now: () => 0
  })
  const issuer = { issuer: ISSUER, domains: ['example.com'] }
  const enter = await admit({ issuer: issuer as never, subject: 'new', email, deniesEmail: false })
  t.same(changed, [], 'nothing before they come in')
  t.match(await enter(), { user: { id: 'new' }, isLinked: false })
  t.same(changed, [['former', own, false]])
})

t.test('who is deleted while they come in by their organization gets nothing', async (t) => {
  const backend = backendOfIssuer(ISSUER)
  const identities = [{ backend, subject: 'ann', email }]
  const admit = createOrganizationAdmission({
    users: {
      findBy: async () => ({ id: 'ann', identities }),
      findByVerifiedEmail: async () => undefined,
      findHolders: async () => [],
      signInAgain: async () => undefined,
      signIn: async () => t.fail('made somebody new')
    } as never,
    allowedEmails: [],
    newcomersNeedInvitation: false,
    now: () => 0
  })
  const issuer = { issuer: ISSUER, domains: ['example.com'] } as never
  const enter = await admit({ issuer, subject: 'ann', email, deniesEmail: false })
  await t.rejects(enter(), { code: 'invalid_grant', message: /deleted meanwhile/ })
})
