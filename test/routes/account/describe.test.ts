// What the account page says of a person, their sign-in methods and their apps.
import t from 'tap'
import { english } from '../../../languages/index.ts'
import { paths } from '../../../paths.ts'
import { parseEmail, type AuthBackend } from '../../../auth-backends/contract.ts'
import { keyOf } from '../../../plugins/accounts/identities.ts'
import { describeIdentity } from '../../../plugins/accounts/removed-methods.ts'
import type { Grant } from '../../../plugins/oauth/grants/contract.ts'
import type { User } from '../../../plugins/sign-in/contract.ts'
import {
  describeApp,
  describeEnd,
  describeMethods,
  describeOthers,
  describeOwn,
  describePerson
} from '../../../routes/account/describe.ts'
import type { LocalAccount } from '../../../routes/account/password-account.ts'

const ann = parseEmail('ann@example.com')
const local = { backend: 'local', subject: 'l', email: ann }
const oidc = { backend: 'oidc', subject: 'o', name: 'Ann' }
const demo = { backend: 'demo', subject: 'd' }
const user: User = { id: 'u', identities: [local], backend: 'local', email: ann, createdAt: 0, lastSignInAt: 0 }
const backends = new Map<string, AuthBackend>([
  ['local', { title: 'Password' }],
  ['oidc', { title: 'Example' }],
  ['demo', { title: 'Demo', oneClick: {} as never }]
])

t.test('the last sign-in method that works cannot be removed, whatever else is listed', async (t) => {
  const removable = (identities: User['identities']) =>
    describeMethods(english, { ...user, identities }, backends, paths.accountUnlink).methods.map(({ remove }) => remove)
  const remove = (identity: { backend: string; subject: string }) => `/account/sign-in/remove?way=${keyOf(identity)}`
  const gone = { backend: 'ldap', subject: 'x' }
  t.same(removable([local]), [undefined])
  t.same(removable([local, gone]), [undefined, remove(gone)])
  t.same(removable([local, oidc]), [remove(local), remove(oidc)])
})

t.test('a method is offered where there is another backend, and not to an account of one click', async (t) => {
  const canAdd = (more: Partial<User>, of = backends) =>
    describeMethods(english, { ...user, ...more }, of, paths.accountUnlink).canAddMethod
  t.equal(canAdd({}), true)
  t.equal(canAdd({ identities: [local, oidc] }), false)
  t.equal(canAdd({ identities: [demo] }), false)
  t.equal(canAdd({ identities: [demo, local] }), true)
  t.equal(canAdd({ endsAt: 1 }), false, 'a temporary account')
  t.equal(canAdd({}, new Map([...backends].slice(0, 1))), false)
})

t.test('a method has its address before its name, and says when its backend is gone', async (t) => {
  t.equal(
    describeIdentity(english, { ...local, name: 'Ann' }, backends),
    'Password: ann@example.com'
  )
  t.equal(describeIdentity(english, oidc, backends), 'Example: Ann')
  t.equal(describeIdentity(english, demo, backends), 'Demo')
  t.equal(
    describeIdentity(english, { backend: 'ldap', email: 'a@b.c' }, backends),
    'ldap (not in use): a@b.c'
  )
  t.same(describeOthers(english, { ...user, identities: [local, oidc] }, { apps: 2, keys: 1 }, ({ backend }) => backend === 'local', backends), {
    apps: 2,
    keys: 1,
    ticked: false,
    methods: ['Example: Ann']
  })
})

t.test('the person, the end of a temporary account, and the account whose password is here', async (t) => {
  t.same(describePerson({ ...user, name: 'Ann' }), { name: 'Ann', detail: 'ann@example.com' })
  t.same(describePerson(user), { name: 'ann@example.com' })
  t.same(describeEnd(english, user), {})
  t.same(describeEnd(english, { ...user, endsAt: 0 }), { until: english.minute(0) })
  t.same(describeOwn({ backend: './my own.ts', account: { email: ann } } as LocalAccount, paths), {
    email: 'ann@example.com',
    actions: {
      password: '/account/password?backend=.%2Fmy%20own.ts',
      address: '/account/email?backend=.%2Fmy%20own.ts'
    }
  })
})

t.test('an app is shown with a verified host only where the code goes to a server', async (t) => {
  const appAt = (redirectUri: string, clientName = 'Claude') =>
    describeApp(
      english,
      { id: 'g', clientName, scopes: ['mcp:read'], createdAt: 86_400, endsAt: 864_000, code: { redirectUri } } as Grant,
      { host: 'claude.ai', isKnown: true, isElsewhere: false },
      { calls: 3, lastCallDay: 172_800 }
    )
  const app = appAt('https://claude.ai/callback?secret')
  t.match(app, { host: 'claude.ai', verifiedHost: 'claude.ai', loopback: false, connected: { iso: '1970-01-02', text: 'Jan 2, 1970' }, ends: { iso: '1970-01-11' }, lastUsed: { iso: '1970-01-03' } })
  t.equal('firstUsed' in app, false)
  t.notMatch(app.scopes, ['mcp:read'], 'in words')
  t.match(appAt('http://127.0.0.1:33418/'), { host: '127.0.0.1:33418', loopback: true, verifiedHost: undefined })
  t.equal(appAt('https://claude.ai/', '\u202e').name, 'An app without a name')
})
