// Which ways the sign-in page shows, and in which order.
import t from 'tap'
import type { AuthBackend } from '../../../auth-backends/contract.ts'
import { arrange, PASSKEY, wayId, waysOf, type Wishes } from '../../../plugins/sign-in/ways.ts'

const verify = async () => null
const password = (title: string): AuthBackend => ({ title, password: { label: 'E-mail address', verify } })
const google: AuthBackend = {
  title: 'Google',
  redirect: {
    providers: [{ id: 'google', label: 'Continue with Google' }],
    begin: async () => ({ url: '', continuation: '' }),
    finish: verify
  }
}
const mail: AuthBackend = {
  ...password('Both'),
  emailCode: { label: 'E-mail address', send: async () => ({ prompt: '' }), verify }
}
const demo: AuthBackend = {
  title: 'Demo',
  oneClick: { label: 'Try it', signIn: async () => ({ subject: '' }) }
}
const ways = waysOf([
  ['demo', demo],
  ['local', password('Local')],
  ['oidc', google],
  ['both', mail]
])

const ids = (wishes: Wishes) => {
  const { buttons, form, others, oneClick, first } = arrange(ways, wishes)
  const [shown, behind, last] = [buttons, others, oneClick].map((list) => list.map(({ id }) => id))
  return { buttons: shown, form: form?.id, others: behind, oneClick: last, first }
}

t.test('buttons, one form, links to the others, and demonstrations last', async (t) => {
  t.same(ids({}), {
    buttons: ['redirect oidc google'],
    form: 'password local',
    others: ['password both', 'code both'],
    oneClick: ['one click demo'],
    first: undefined
  })
  t.same(arrange([], {}), {
    buttons: [],
    form: undefined,
    others: [],
    oneClick: [],
    first: undefined
  })
})

t.test('the form is the one that failed, else that was asked for, else that was used last', async (t) => {
  t.equal(
    ids({ failed: 'code both', chosen: 'password both', last: 'password local' }).form,
    'code both'
  )
  t.equal(ids({ chosen: 'password both', last: 'password local' }).form, 'password both')
  t.match(ids({ last: 'code both' }), { form: 'code both', first: 'code both' })
  t.equal(
    ids({ chosen: 'password both', last: 'code both' }).first, undefined,
    'a form that is not shown is not marked'
  )
})

t.test('only a way that is offered counts, whatever a link or a cookie says', async (t) => {
  const madeUp = [
    '',
    'password',
    'password nobody',
    'one click demo',
    '__proto__',
    'x'.repeat(5_000)
  ]
  for (const made of madeUp) {
    t.equal(ids({ failed: made, chosen: made, last: made }).form, 'password local')
  }
  t.equal(ids({ last: 'password nobody' }).first, undefined)
  t.equal(ids({ last: 'redirect oidc google' }).first, 'redirect oidc google')
  t.equal(ids({ last: PASSKEY }).first, PASSKEY)
  t.equal(wayId('redirect', 'oidc:google', 'oidc'), 'redirect oidc:google oidc')
})
